//! What came and went of an app on each node, and what that says of a node that no longer serves it.

use rstest::rstest;

use super::run::{Run, context, node, scenario};
use super::shop::{HAD, Shop, path, shop};
use super::{says, violated};
use crate::history::{Event, RecordKind};
use crate::model::{ContextPath, Guarantee};
use crate::verdict::{Finding, Status};

const EVERYWHERE: Guarantee = Guarantee::DeployedEverywhere;
const ANSWERS: Guarantee = Guarantee::AnswersKept;

fn dropped(on: &str, alone: bool, context: ContextPath) -> Event {
    Event::WarDropped { node: node(on), alone, context, sha256: "ab".to_owned(), served_sha256: None }
}

fn removed(on: &str, context: ContextPath) -> Event {
    Event::WarRemoved { node: node(on), context }
}

fn deployed(on: &str, context: ContextPath) -> Event {
    Event::Deployed { node: node(on), context }
}

fn undeployed(on: &str, context: ContextPath) -> Event {
    Event::Undeployed { node: node(on), context }
}

fn other() -> ContextPath {
    path("/other")
}

/// Whether it is wrong that n2 does not serve the app, behind these events.
fn is_missed(deploy: Run, events: &[Event]) -> bool {
    let mut scenario = deploy;
    for event in events {
        scenario.event(event.clone());
    }
    let mut gone = scenario.observe().seeing("n2", |state| state.contexts.clear());
    if events.iter().any(|event| matches!(event, Event::Undeployed { node: of, .. } if *of == node("n1"))) {
        gone = gone.seeing("n1", |state| state.contexts.clear());
    }
    let finding = gone.finding(EVERYWHERE);
    if finding.status == Status::Violated {
        says(&finding, &["n2 did not serve /counter"]);
    }
    finding.status == Status::Violated
}

fn by_farm() -> Run {
    scenario().deciding(EVERYWHERE).start().deploy().observe()
}

/// Each node has a copy of its own.
fn by_copies() -> Run {
    let mut scenario = scenario().deciding(EVERYWHERE).start().deploy();
    for record in &mut scenario.history.records {
        if let RecordKind::Event(Event::WarDropped { alone, .. }) = &mut record.kind {
            *alone = true;
        }
    }
    scenario.event(dropped("n2", true, context()));
    scenario.event(deployed("n2", context()));
    scenario.observe()
}

#[rstest]
#[case(&[], true)]
#[case(&[removed("n1", context())], false)]
#[case(&[removed("n1", other())], true)]
#[case(&[undeployed("n2", context())], false)]
#[case(&[undeployed("n1", context())], true)]
#[case(&[undeployed("n2", other())], true)]
#[case(&[dropped("n1", false, context())], false)]
#[case(&[dropped("n1", false, other())], true)]
#[case(&[dropped("n1", true, context())], true)]
#[case(&[dropped("n2", true, context())], false)]
#[case(&[dropped("n1", false, context()), deployed("n2", context())], true)]
#[case(&[dropped("n1", false, context()), deployed("n1", context())], false)]
#[case(&[dropped("n1", false, context()), deployed("n2", other())], false)]
fn what_was_deployed_through_the_farm_is_served_until_it_goes(#[case] events: &[Event], #[case] missed: bool) {
    assert_eq!(is_missed(by_farm(), events), missed);
}

/// What is taken from one node is there on the other.
#[rstest]
#[case(&[], true)]
#[case(&[removed("n1", context()), undeployed("n1", context())], true)]
#[case(&[removed("n2", context()), undeployed("n2", context())], false)]
#[case(&[removed("n2", context())], false)]
fn what_was_copied_to_each_node_is_taken_from_each_alone(#[case] events: &[Event], #[case] missed: bool) {
    assert_eq!(is_missed(by_copies(), events), missed);
}

/// A page is asked for on n2 behind these events after the kill of n1, and is not there.
fn lost_page(then: impl Fn(Shop) -> Shop) -> Finding {
    let cart = "GET /shop/cart";
    let shop = shop(ANSWERS).ask("alice", "n1", cart, None, Some("A1.n1"));
    let shop = then(shop.kill("n1")).answered("alice", "n2", cart, (Some("A1.n1"), Some("A1.n2")), 404, "no");
    shop.scenario.finding(ANSWERS)
}

fn behind(events: &[Event]) -> Finding {
    lost_page(|shop| {
        shop.then(|mut run| {
            for event in events {
                run.event(event.clone());
            }
            run
        })
    })
}

#[rstest]
#[case(&[], true)]
#[case(&[undeployed("n2", path("/shop"))], false)]
#[case(&[undeployed("n1", path("/shop"))], true)]
#[case(&[removed("n1", path("/shop"))], false)]
#[case(&[removed("n1", other())], true)]
#[case(&[dropped("n1", false, path("/shop"))], false)]
#[case(&[dropped("n1", true, path("/shop"))], true)]
#[case(&[dropped("n2", true, path("/shop"))], false)]
#[case(&[dropped("n1", false, path("/shop")), deployed("n2", path("/shop"))], true)]
#[case(&[dropped("n1", false, path("/shop")), deployed("n1", path("/shop"))], false)]
fn a_page_is_lost_where_the_node_serves_the_app(#[case] events: &[Event], #[case] is_lost: bool) {
    assert_eq!(behind(events).status == Status::Violated, is_lost);
}

/// A node that was started anew serves it when a look has shown it.
#[test]
fn a_node_that_came_back_serves_what_a_look_shows() {
    let back = |shop: Shop| shop.kill("n2").restart("n2");
    // Both nodes had ended, so that nobody promises it.
    let lost = |finding: Finding| !finding.violations.is_empty() && finding.status == Status::Unknown;
    assert!(!lost(lost_page(back)));
    let looked = |shop: Shop| back(shop).look("n2", super::shop::copied("A1.n1", HAD));
    assert!(lost(lost_page(looked)));
    let elsewhere = |shop: Shop| {
        back(shop).look_at("n2", "/other", vec![], |_| {}).look_at("n2", "/shop", vec![], |it| it.available = false)
    };
    assert!(!lost(lost_page(elsewhere)));
}

/// Versions are served side by side, each from a WAR of its own; else the last look is at what was dropped last.
#[test]
fn the_last_look_shows_what_was_dropped_last_unless_versions_stand_side_by_side() {
    let dropped_anew = |version: &str| {
        let mut scenario = by_farm();
        scenario.event(Event::WarDropped {
            node: node("n1"),
            alone: false,
            context: context(),
            sha256: "cd".to_owned(),
            served_sha256: None,
        });
        for on in ["n1", "n2"] {
            scenario.event(deployed(on, context()));
        }
        scenario
            .observe()
            .seeing("n1", |state| state.contexts[0].war_sha256 = Some("cd".to_owned()))
            .seeing("n2", |state| state.contexts[0].version = version.to_owned())
    };
    violated(&dropped_anew(""), EVERYWHERE, &["n2 served /counter", "ab", "where cd had been dropped"]);
    assert_ne!(dropped_anew("2").finding(EVERYWHERE).status, Status::Violated);
}

#[test]
fn it_is_said_how_each_node_came_by_the_app() {
    says(&by_farm().finding(EVERYWHERE), &["n1, n2 serve /counter, dropped on n1"]);
    says(&by_copies().finding(EVERYWHERE), &["n1, n2 serve /counter, copied to each node"]);
}
