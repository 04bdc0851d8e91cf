//! What looks like a loss of any app's and is none, each beside the loss that it looks like.

use rstest::rstest;

use super::shop::{HAD, Shop, copied, on, owned, shop};
use super::{unknown, violated};
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

const CART: &str = "GET /shop/cart";
const ADD: &str = "POST /shop/add";
const LOGIN: &str = "POST /shop/login";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");

/// A minute in which nobody asks.
fn waited(mut shop: Shop) -> Shop {
    shop.scenario.wait(60_000);
    shop
}

fn status(shop: &Shop, of: Guarantee) -> Status {
    shop.scenario.finding(of).status
}

/// Alice on n1 and Bob on n2 have the same number of items; then n1 dies.
fn two_items() -> Shop {
    let page = |shop: Shop, client: &str, on: &str, sent, received| {
        shop.answered(client, on, CART, (sent, received), 200, "You have 2 items")
    };
    let shop =
        shop(Guarantee::AnswersKept).ask("alice", "n1", ADD, None, A1).ask("bob", "n2", ADD, None, Some("B1.n2"));
    let shop = page(page(shop, "alice", "n1", A1, None), "alice", "n1", A1, None);
    page(page(shop, "bob", "n2", Some("B1.n2"), None), "bob", "n2", Some("B1.n2"), None).kill("n1")
}

#[rstest]
#[case(two_items(), A1, "You have 1 items", true)]
// What she put into it is no loss, though another one's page still says what hers had said.
#[case(two_items().ask("alice", "n2", ADD, A1, A2), A2, "You have 3 items", false)]
// A page of another session is another page.
#[case(two_items(), Some("C1.n2"), "You have 1 items", false)]
fn a_page_that_says_something_else(
    #[case] shop: Shop,
    #[case] sent: Option<&str>,
    #[case] page: &str,
    #[case] lost: bool,
) {
    let shop = shop.answered("alice", "n2", CART, (sent, None), 200, page);
    let shop = shop.answered("bob", "n2", CART, (Some("B1.n2"), None), 200, "You have 2 items");
    assert_eq!(status(&shop, Guarantee::AnswersKept) == Status::Violated, lost, "{:?}", shop.scenario.judge());
}

/// The copy on the node that had been asked before has more than the owner: the owner lost it.
#[test]
fn what_a_copy_has_and_its_owner_does_not_is_lost() {
    let moved = |has: &[(&str, &str)]| {
        let shop = shop(Guarantee::AttributesReplicated).alice().ask("alice", "n2", CART, A1, A2);
        shop.look("n1", copied("A1.n2", HAD)).look("n2", owned("A1.n2", has))
    };
    let words = "the copy of alice's session A1 of /shop on n1 is not what n2 holds: it holds user, which n2 does not";
    violated(&moved(&HAD[..1]).scenario, Guarantee::AttributesReplicated, &[words]);
    assert_eq!(status(&moved(HAD), Guarantee::AttributesReplicated), Status::Holds);
    // What only a copy ever had may be a listener's.
    let listened = shop(Guarantee::AttributesReplicated).ask("alice", "n1", CART, None, A1);
    let listened = listened.look("n1", owned("A1.n1", &HAD[..1])).look("n2", copied("A1.n1", HAD));
    assert_eq!(status(&listened, Guarantee::AttributesReplicated), Status::Holds);
}

/// A login that failed does not make a page that keeps the id of the next one.
#[rstest]
#[case(500, false)]
#[case(200, true)]
fn an_id_that_changes_where_it_had_been_kept(#[case] first: u16, #[case] lost: bool) {
    let shop = on(Topology::of(3).expect("three nodes"), Guarantee::SessionKept, &["/shop"]);
    // Its answer would say if there had been none.
    let shop = shop.ask("bob", "n1", LOGIN, None, Some("B1.n1")).ask("alice", "n1", CART, None, A1);
    let shop = shop.answered("alice", "n1", LOGIN, (A1, None), first, "hello").look("n1", owned("A1.n1", HAD));
    let shop = shop.kill("n3").ask("alice", "n1", LOGIN, A1, Some("C1.n1"));
    assert_eq!(status(&shop, Guarantee::SessionKept) == Status::Violated, lost, "{:?}", shop.scenario.judge());
}

/// What one side of a split renamed the other finds under the old route: nobody promises that it does not.
#[rstest]
#[case(true)]
#[case(false)]
fn a_session_under_another_route_than_its_clients(#[case] split: bool) {
    let cut = |shop: Shop| if split { shop.then(|run| run.partition("n2")) } else { shop };
    let healed = |shop: Shop| if split { shop.then(|run| run.heal("n2").reformed()) } else { shop };
    let shop = cut(shop(Guarantee::SessionKept).alice()).ask("alice", "n2", CART, A1, A2);
    let shop = healed(shop).ask("alice", "n1", ADD, A2, None);
    let shop = shop.look("n1", owned("A1.n1", HAD));
    let words = "was not answered from alice's session A1 of /shop: its client has the id A1.n2";
    if split {
        unknown(&shop.scenario, Guarantee::SessionKept, &[words, "had split alice's session A1"]);
    } else {
        violated(&shop.scenario, Guarantee::SessionKept, &[words]);
    }
}

/// An answer of a node that has ended proves that it had not.
#[test]
fn no_app_answers_on_a_node_that_has_ended() {
    let asked = |on: &str| shop(Guarantee::SessionKept).alice().kill("n1").ask("alice", on, CART, A1, A2);
    let unmet = |shop: &Shop| {
        let verdict = shop.scenario.judge();
        let one = verdict.assumptions.into_iter().find(|one| one.what == "no node answered after its end");
        one.is_some_and(|one| !one.met)
    };
    assert!(unmet(&asked("n1")));
    assert!(!unmet(&asked("n2")));
}

/// How long a session lives counts from when it was so: what a later request made of it says nothing of before.
#[test]
fn a_life_that_was_shortened_later_is_no_excuse_for_before() {
    let missing = |later: bool| {
        let shop = shop(Guarantee::AttributesReplicated).ask("alice", "n1", CART, None, A1);
        let shop = waited(shop).look("n1", owned("A1.n1", HAD)).look("n2", vec![]);
        let mut short = owned("A1.n1", HAD);
        short[0].max_inactive_s = Some(5);
        if later { shop.ask("alice", "n1", ADD, A1, None).look("n1", short) } else { shop }
    };
    for later in [false, true] {
        violated(
            &missing(later).scenario,
            Guarantee::AttributesReplicated,
            &["n2 holds no copy of alice's session A1"],
        );
    }
}

/// Alice's pages on n1 before its end, then hers and Bob's on n2 in this order.
fn pages(before: &[&str], after: &[(&str, &str)]) -> Shop {
    let shop =
        shop(Guarantee::AnswersKept).ask("alice", "n1", ADD, None, A1).ask("bob", "n2", ADD, None, Some("B1.n2"));
    let shop = before.iter().fold(shop, |shop, page| shop.answered("alice", "n1", CART, (A1, None), 200, page));
    let shop = shop.answered("bob", "n2", CART, (Some("B1.n2"), None), 200, before[before.len() - 1]).kill("n1");
    after.iter().fold(shop, |shop, (client, page)| match *client {
        "alice" => shop.answered("alice", "n2", CART, (A1, A2), 200, page),
        other => shop.answered(other, "n2", CART, (Some("B1.n2"), None), 200, page),
    })
}

#[rstest]
// A clock: nobody was told the old time after her.
#[case(pages(&["at 32"], &[("bob", "at 32"), ("alice", "at 33")]), false)]
#[case(pages(&["at 32", "at 32"], &[("alice", "at 31"), ("bob", "at 32")]), true)]
// One number is no other one's place.
#[case(pages(&["at 32"], &[("alice", "at 31"), ("bob", "at 32")]), false)]
// What was in stock for all, until somebody bought one.
#[case(pages(&["many left"], &[("bob", "many left"), ("bob", "few left"), ("alice", "few left")]), false)]
#[case(pages(&["many left"], &[("bob", "many left"), ("alice", "few left")]), true)]
// An advertisement that came and went before.
#[case(pages(&["buy lamps", "buy books", "buy lamps"], &[("alice", "buy books"), ("bob", "buy lamps")]), false)]
#[case(pages(&["buy lamps", "buy lamps", "buy lamps"], &[("alice", "buy books"), ("bob", "buy lamps")]), true)]
fn what_all_pages_say_is_no_state_of_a_session(#[case] shop: Shop, #[case] lost: bool) {
    assert_eq!(status(&shop, Guarantee::AnswersKept) == Status::Violated, lost, "{:?}", shop.scenario.judge());
}
