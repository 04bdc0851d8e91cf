//! What a page was seen to do with a session: whether an older value, or a new id, is its doing or a loss.

use super::any_app::broken;
use super::shop::{Shop, copied, owned, shop};
use super::unknown;
use crate::history::SessionReplica;
use crate::model::{Guarantee, Violation};
use crate::verdict::Status;

const KEPT: Guarantee = Guarantee::SessionKept;
const SURVIVE: Guarantee = Guarantee::AttributesSurvive;
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");
const B2: Option<&str> = Some("B1.n2");

/// The sessions of alice, whose owner is n1, and of bob, whose owner is n2, as both nodes show them.
fn looks(shop: Shop, alice: &str, bob: &str) -> Shop {
    let (alice, bob) = ([("flash", alice)], [("flash", bob)]);
    let both = |one: Vec<SessionReplica>, other: Vec<SessionReplica>| [one, other].concat();
    shop.look("n1", both(owned("A1.n1", &alice), copied("B1.n2", &bob)))
        .look("n2", both(copied("A1.n1", &alice), owned("B1.n2", &bob)))
}

fn asked() -> Shop {
    let asked = shop(SURVIVE).ask("alice", "n1", CART, None, A1).ask("alice", "n1", CART, A1, None);
    asked.ask("bob", "n2", CART, None, B2).ask("bob", "n2", CART, B2, None)
}

fn saved(shop: Shop) -> Shop {
    shop.ask("alice", "n1", "POST /shop/save", A1, None).ask("bob", "n2", "POST /shop/save", B2, None)
}

/// Behind the kill n2 shows that alice's message is the empty one again that it had been, and bob's is this.
fn failed_over(shop: Shop, bob: &str) -> Shop {
    let after = shop.kill("n1").ask("alice", "n2", CART, A1, A2).ask("bob", "n2", CART, B2, None);
    let shown = [owned("A1.n2", &[("flash", "")]), owned("B1.n2", &[("flash", bob)])].concat();
    after.look("n2", shown)
}

#[test]
fn an_older_value_is_lost_where_the_page_was_seen_to_leave_it_alone() {
    let before = || looks(saved(looks(asked(), "", "")), "saved", "saved");
    // The same page left bob's as it was.
    let words = ["A1 of /shop", "flash is \"\""];
    broken(&failed_over(before(), "saved"), SURVIVE, Violation::LostAttribute, &words);
    // Nobody knows: it may be shown once.
    assert_ne!(failed_over(before(), "").scenario.finding(SURVIVE).status, Status::Violated);
    // It was seen to be shown once.
    let shown_once = before().ask("bob", "n2", CART, B2, None);
    let shown_once = looks(shown_once, "saved", "");
    let finding = failed_over(shown_once, "").scenario.finding(SURVIVE);
    assert_eq!(finding.status, Status::Holds, "{}", finding.because);
}

/// Alice and bob hold the same on their own nodes, n2 ends, and alice is given another id where she is.
fn given_another(renewed_before: bool) -> Shop {
    const SAME: &[(&str, &str)] = &[("cart", "book")];
    let mut id = ("A1.n1", "C1.n1");
    let mut shop = shop(KEPT).ask("alice", "n1", CART, None, A1).ask("alice", "n1", CART, A1, None);
    if renewed_before {
        shop = shop.look("n1", owned("A1.n1", SAME)).ask("alice", "n1", CART, A1, Some("D1.n1"));
        shop = shop.ask("alice", "n1", CART, Some("D1.n1"), None);
        id = ("D1.n1", "C1.n1");
    }
    let shop = shop.ask("bob", "n2", CART, None, B2).ask("bob", "n2", CART, B2, None);
    let both = |one, other| [one, other].concat();
    let shop = shop.look("n1", both(owned(id.0, SAME), copied("B1.n2", SAME)));
    let shop = shop.look("n2", both(copied(id.0, SAME), owned("B1.n2", SAME))).kill("n2");
    let shop = shop.ask("alice", "n1", CART, Some(id.0), Some(id.1));
    shop.look("n1", both(owned(id.1, SAME), copied("B1.n2", SAME)))
}

#[test]
fn a_session_that_its_page_fills_again_with_what_each_has_is_lost() {
    let words = ["#5 (GET /shop/cart on n1)", "a new session, C1.n1"];
    broken(&given_another(false), KEPT, Violation::LostSession, &words);
    // An app that gives new ids now and then.
    let finding = given_another(true).scenario.finding(KEPT);
    assert_ne!(finding.status, Status::Violated, "{}", finding.because);
}

#[test]
fn a_form_that_makes_sessions_may_make_another_one() {
    let login = |made: bool| {
        let sent = if made { None } else { A1 };
        let shop = shop(KEPT);
        let shop = if made { shop } else { shop.ask("alice", "n1", CART, None, A1) };
        let shop = shop.ask("alice", "n1", "POST /shop/login", sent, A1.filter(|_| made));
        let shop = shop.ask("alice", "n1", "GET /shop/me", A1, None);
        let had = [("user", "alice"), ("cart", "book")];
        let shop = shop.look("n1", owned("A1.n1", &had)).look("n2", copied("A1.n1", &had)).kill("n1");
        let shop = shop.ask("alice", "n2", "POST /shop/login", A1, B2);
        shop.look("n2", owned("B1.n2", &[("user", "alice")]))
    };
    unknown(&login(true).scenario, KEPT, &["excused: it may have begun a new one"]);
    // One that had kept the session.
    broken(&login(false), KEPT, Violation::LostSession, &["a new session, B1.n2"]);
}

/// Alice's id is renamed behind the kill by this page, and the next look shows her session no more.
fn renamed_and_gone(before: &str, behind: &str) -> Shop {
    let had = [("user", "alice")];
    let shop = shop(KEPT).ask("alice", "n1", "POST /shop/login", None, A1).ask("alice", "n1", before, A1, None);
    let shop = shop.look("n1", owned("A1.n1", &had)).look("n2", copied("A1.n1", &had)).kill("n1");
    shop.ask("alice", "n2", behind, A1, A2).look("n2", vec![])
}

#[test]
fn a_session_that_was_renamed_and_is_in_no_look_is_lost() {
    let words = ["n2 holds no such session"];
    broken(&renamed_and_gone("GET /shop/offers", "GET /shop/offers"), KEPT, Violation::LostSession, &words);
    let other = renamed_and_gone("GET /shop/offers", "GET /shop/bye");
    unknown(&other.scenario, KEPT, &["excused: #3 (GET /shop/bye on n2) may have ended it"]);
}
