//! Expectations of bodies, kept whole or not, and captures that found nothing.

use std::collections::BTreeMap;

use super::run::Run;
use super::shop::shop;
use crate::history::{Event, LookedFor, Outcome, Reply, Rest};
use crate::model::exchange::Capture;
use crate::model::{ClientName, Exchange, Expect, Guarantee, Load, NodeName, Step, StepKind};
use crate::verdict::{Expectation, Status};

/// A step that gets a page, with what comes of it.
fn step(exchange: Exchange, expect: Option<Expect>, outcome: impl FnOnce(&mut Outcome)) -> Run {
    let mut shop = shop(Guarantee::AnswersKept);
    let (client, node) = (ClientName::new("alice").expect("a good name"), NodeName::nth(0).into());
    let kind = StepKind::Http { client, node, exchange, load: Load::default() };
    shop.scenario.plan.steps.push(Step { expect, ..Step::new("ask", kind) });
    let step = u32::try_from(shop.scenario.plan.steps.len()).expect("few steps");
    shop.scenario.event(Event::StepBegins { step, title: "ask".to_owned() });
    let mut shop = shop.answered("alice", "n1", "GET /shop/cart", (None, Some("A1.n1")), 200, "items=11 of alice");
    shop.scenario.last_outcome(outcome);
    shop.scenario.event(Event::StepEnds { step });
    shop.scenario
}

fn reply(change: impl FnOnce(&mut Reply)) -> impl FnOnce(&mut Outcome) {
    move |outcome| match outcome {
        Outcome::Ok { reply } => change(reply),
        other => panic!("no answer: {other:?}"),
    }
}

fn told(scenario: &Run) -> Vec<(Status, String)> {
    let of = |it: Expectation| (it.status, format!("{}: {}", it.what, it.because));
    scenario.judge().expectations.into_iter().map(of).collect()
}

fn body(texts: &[&str]) -> Expect {
    Expect { body: texts.to_vec().into(), ..Expect::default() }
}

fn no_body(texts: &[&str]) -> Expect {
    Expect { no_body: texts.to_vec().into(), ..Expect::default() }
}

#[test]
fn each_text_of_a_body_is_judged_by_itself_and_the_place_that_differs_is_shown() {
    let page = || Exchange::get("/shop/cart");
    let judged = told(&step(page(), Some(body(&["items=11", "items=12", "alice"])), |_| {}));
    let statuses: Vec<Status> = judged.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [Status::Holds, Status::Violated, Status::Holds]);
    assert!(judged[0].1.ends_with("#1 (alice on n1) has \"items=11\" at byte 0 of its body"), "{judged:?}");
    let wanted = "\"items=12\" in the body: #1 (alice on n1) answered \"items=11 of alice\" and nowhere \"items=12\"";
    assert!(judged[1].1.ends_with(wanted), "{judged:?}");
    let judged = told(&step(page(), Some(no_body(&["bob", "alice"])), |_| {}));
    assert_eq!((judged[0].0, judged[1].0), (Status::Holds, Status::Violated), "{judged:?}");
    assert!(judged[1].1.contains("has \"alice\" at byte 12 of its body"), "{judged:?}");
}

#[test]
fn a_captured_value_is_looked_for_by_what_it_was() {
    let values = BTreeMap::from([("cart".to_owned(), "items=11".to_owned())]);
    let with = |texts: &[&str]| {
        let values = values.clone();
        told(&step(Exchange::get("/shop/cart"), Some(body(texts)), reply(|reply| reply.values = values))).remove(0)
    };
    assert_eq!(with(&["${cart} of"]).0, Status::Holds);
    let (status, because) = with(&["${cart}1"]);
    assert_eq!(status, Status::Violated);
    assert!(because.contains("nowhere \"items=111\" (${cart}1)"), "{because}");
    let (status, because) = with(&["${basket}"]);
    assert_eq!(status, Status::Violated);
    assert!(because.contains("cannot be judged: `${basket}` has no value"), "{because}");
}

#[test]
fn a_body_that_was_cut_is_judged_by_what_was_looked_for_and_never_as_whole() {
    let cut = |texts: Expect, looked_for: Vec<LookedFor>| {
        let rest = Some(Rest { bytes: 9000, sha256: "ab".to_owned() });
        let change = reply(|reply| (reply.rest, reply.looked_for) = (rest, looked_for));
        told(&step(Exchange::get("/shop/cart"), Some(texts), change)).remove(0)
    };
    let found = |text: &str, at| LookedFor { text: text.to_owned(), at, near: "…near…".to_owned() };
    assert_eq!(cut(body(&["total"]), vec![found("total", Some(9001))]).0, Status::Holds);
    assert_eq!(cut(body(&["items=11"]), vec![]).0, Status::Holds, "it is in what was kept");
    let (status, because) = cut(body(&["total"]), vec![found("total", None)]);
    assert_eq!(status, Status::Violated);
    assert!(because.contains("answered \"…near…\" and nowhere \"total\""), "{because}");
    let (status, because) = cut(no_body(&["total"]), vec![]);
    assert_eq!(status, Status::Violated, "nobody looked");
    assert!(because.contains("has 9000 more bytes, which were not kept"), "{because}");
    assert_eq!(cut(no_body(&["total"]), vec![found("total", Some(9001))]).0, Status::Violated);
    assert_eq!(cut(no_body(&["total"]), vec![found("total", None)]).0, Status::Holds);
}

#[test]
fn a_capture_that_finds_nothing_fails_its_step_unless_it_is_optional() {
    let captures = |capture: Capture| Exchange {
        capture: BTreeMap::from([("csrf".to_owned(), capture)]),
        ..Exchange::get("/shop/cart")
    };
    let missing = || {
        let not = BTreeMap::from([("csrf".to_owned(), "a field _csrf: the fields are []".to_owned())]);
        reply(|reply| reply.not_captured = not)
    };
    let judged = told(&step(captures(Capture::field("_csrf")), None, missing()));
    assert_eq!(judged.len(), 1);
    assert_eq!(judged[0].0, Status::Violated);
    let wanted = "captures csrf: #1 (alice on n1) answered HTTP 200, of which nothing can be captured as `csrf`: a field _csrf: \
                  the fields are []";
    assert!(judged[0].1.ends_with(wanted), "{judged:?}");
    assert_eq!(told(&step(captures(Capture::field("_csrf")), None, |_| {}))[0].0, Status::Holds);
    assert_eq!(told(&step(captures(Capture::field("_csrf").optional()), None, |_| {})), vec![]);
}

#[test]
fn a_request_that_could_not_be_made_fails_its_step() {
    let unsent = |outcome: &mut Outcome| *outcome = Outcome::not_sent("`${csrf}` has no value");
    let judged = told(&step(Exchange::get("/shop/cart?t=${csrf}"), None, unsent));
    assert_eq!(judged[0].0, Status::Violated);
    assert!(judged[0].1.ends_with("is sent: #1 (alice on n1) was not sent: `${csrf}` has no value"), "{judged:?}");
    let refused = |outcome: &mut Outcome| *outcome = Outcome::Failed { why: "connection refused".to_owned() };
    assert_eq!(told(&step(Exchange::get("/shop/cart"), None, refused)), vec![], "nobody was there: that is no mistake");
}
