//! Which requests belong to a session of any app, when it was known to be there, and what a request may have done to it.

use super::shop::{HAD, Shop, on, owned, shop};
use super::{holds, unknown, violated};
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

const KEPT: Guarantee = Guarantee::SessionKept;
const CART: &str = "GET /shop/cart";
const PAY: &str = "POST /shop/pay";
const A1: Option<&str> = Some("A1.n1");
const B1: Option<&str> = Some("B1.n1");
const B2: Option<&str> = Some("B1.n2");

/// After the kill of its owner Alice's session is gone.
fn lost(shop: Shop) -> Shop {
    shop.kill("n1").ask("alice", "n2", CART, A1, B2)
}

fn is_wrong(shop: &Shop) -> bool {
    shop.scenario.finding(KEPT).status == Status::Violated
}

/// A form that was sent twice, and after which the client was given no other session, has not ended it.
#[test]
fn a_form_that_was_sent_again_keeps_the_session() {
    let form = |shop: Shop, received| shop.ask("alice", "n1", PAY, A1, received);
    unknown(&lost(form(shop(KEPT).alice(), None)).scenario, KEPT, &["(POST /shop/pay on n1) may have ended it"]);
    assert!(is_wrong(&lost(form(form(shop(KEPT).alice(), None), None))));
    // It gave the same id, so it did not end it.
    assert!(is_wrong(&lost(form(shop(KEPT).alice(), A1))));
    // Another one's form of another kind shows nothing of this one.
    let other = shop(KEPT).alice().ask("alice", "n1", "POST /shop/add", A1, None);
    assert!(!is_wrong(&lost(form(other.ask("alice", "n1", "POST /shop/add", A1, None), None))));
    // Nor does one that was not answered.
    let unanswered = form(form(shop(KEPT).alice(), None), None).unanswered();
    assert!(!is_wrong(&lost(unanswered)));
}

/// Who was answered first was given it first, whoever had asked before.
#[test]
fn a_session_is_of_whoever_was_given_it_first() {
    let given = |first: u32, second: u32| {
        let shop = shop(KEPT).begins("bob", "n1", CART, None).begins("alice", "n1", CART, None);
        shop.ends(first, A1).ends(second, A1)
    };
    violated(&given(2, 1).scenario, KEPT, &["#1 (GET /shop/cart on n1) gave bob the session A1", "had given alice"]);
    violated(&given(1, 2).scenario, KEPT, &["#2 (GET /shop/cart on n1) gave alice the session A1", "had given bob"]);
}

/// A request that changes the id while another one is under way takes it from that.
#[test]
fn an_id_that_changes_meanwhile_excuses_that_it_is_not_found() {
    let after = |login_on: &str, overlaps: bool, login_gives| {
        let shop = shop(KEPT).alice().begins("alice", login_on, "POST /shop/login", A1);
        if overlaps {
            shop.begins("alice", "n2", CART, A1).ends(3, login_gives).ends(4, Some("C1.n2"))
        } else {
            shop.ends(3, login_gives).begins("alice", "n2", CART, A1).ends(4, Some("C1.n2"))
        }
    };
    assert!(!is_wrong(&after("n1", true, B1)));
    // It gave no other one; or it was over, and that the session is another one now the client knew.
    assert!(is_wrong(&after("n1", true, A1)));
    // What is still under way may do it yet.
    let open = shop(KEPT).alice().begins("alice", "n1", "POST /shop/login", A1).ask("alice", "n2", CART, A1, B2);
    assert!(!is_wrong(&open));
    let before = shop(KEPT).alice().ask("alice", "n1", "GET /shop/a", A1, None).ask("alice", "n2", CART, A1, B2);
    assert!(is_wrong(&before));
}

/// What its client has left is not at stake any more.
#[test]
fn a_session_that_its_client_left_before_the_fault_is_not_at_stake() {
    let left = shop(KEPT).alice().ask("alice", "n1", "GET /shop/new", A1, B1).ask("alice", "n1", CART, B1, None);
    let after = left.look("n1", owned("B1.n1", HAD)).kill("n1").ask("alice", "n2", CART, B1, B2);
    holds(&after.scenario, KEPT);
    let stayed = shop(KEPT).alice().kill("n1");
    unknown(&stayed.scenario, KEPT, &["A1 of /shop: it was not asked for again"]);
}

/// A session is there once its id was given or a look has shown it.
#[test]
fn a_session_is_known_by_an_answer_or_by_a_look() {
    let given = shop(KEPT).ask("alice", "n1", CART, None, A1).ask("alice", "n1", CART, A1, None);
    assert!(is_wrong(&lost(given)));
    let older = shop(KEPT).ask("alice", "n1", CART, A1, None);
    assert!(is_wrong(&lost(older.clone().look("n1", owned("A1.n1", HAD)))));
    // Nobody knows whether such a session was ever there.
    assert!(!is_wrong(&lost(older)));
}

/// One that lives for ever has not expired.
#[test]
fn a_session_without_a_limit_does_not_expire() {
    for lives in [0, -1] {
        let mut sessions = owned("A1.n1", HAD);
        sessions[0].max_inactive_s = Some(lives);
        let mut shop = shop(KEPT).ask("alice", "n1", CART, None, A1).look("n1", sessions);
        shop.scenario.wait(5_000);
        assert!(is_wrong(&lost(shop)), "{lives}");
    }
}

/// Who did not answer has not taken it over, and a look at another app shows nothing of this one.
#[test]
fn what_was_not_answered_and_what_was_not_looked_at_shows_nothing() {
    let three = on(Topology::of(3).expect("three nodes"), KEPT, &["/shop"]).alice();
    let unanswered = three.ask("alice", "n3", "GET /shop/x", A1, None).unanswered().kill("n3");
    violated(&lost(unanswered).scenario, KEPT, &["#2 (GET /shop/cart on n1) had answered it last"]);
    let silent = || shop(KEPT).alice().kill("n1").ask("alice", "n2", CART, A1, None);
    assert!(is_wrong(&silent().look("n2", vec![])));
    assert!(!is_wrong(&silent().look_at("n2", "/other", vec![], |_| {})));
    assert!(!is_wrong(&silent().look_at("n2", "/shop", vec![], |context| context.available = false)));
    holds(&silent().look("n2", owned("A1.n1", HAD)).scenario, KEPT);
}
