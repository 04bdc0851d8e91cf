//! Apps of which nothing is known: copies that are seen while a request is under way, sessions that nobody saw where they were
//! made, and numbers that stand still.

use super::any_app::broken;
use super::run::Run;
use super::shop::{Shop, copied, on, owned, shop};
use super::{holds, unknown};
use crate::model::{Guarantee, Topology, Violation};
use crate::verdict::Status;

const REPLICATED: Guarantee = Guarantee::AttributesReplicated;
const ANSWERS: Guarantee = Guarantee::AnswersKept;
const ADD: &str = "POST /shop/add";
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");

fn later(mut run: Run) -> Run {
    run.wait(3_000);
    run
}

#[test]
fn a_copy_may_come_shortly_behind_an_answer_that_the_app_completed_itself() {
    let of = |count| [("count", count)];
    let seen = || {
        let shop = shop(REPLICATED).ask("alice", "n1", ADD, None, A1).ask("alice", "n1", ADD, A1, None);
        shop.look("n1", owned("A1.n1", &of("two"))).look("n2", copied("A1.n1", &of("one")))
    };
    holds(&seen().look("n2", copied("A1.n1", &of("two"))).scenario, REPLICATED);
    for stale in [seen(), seen().look("n2", copied("A1.n1", &of("one")))] {
        broken(&stale, REPLICATED, Violation::StaleReplica, &["on n2 is not what n1 holds: count is"]);
    }
    let late = seen().then(later).ask("bob", "n1", CART, None, Some("B1.n1")).look("n2", copied("A1.n1", &of("two")));
    broken(&late, REPLICATED, Violation::StaleReplica, &["on n2 is not what n1 holds: count is"]);
}

/// Alice's cart on its owner, and the copy while the only request is under way that changes it from two to three.
fn seen_under_way(has: &str, next: &str) -> Shop {
    let of = |count| [("count", count)];
    shop(REPLICATED)
        .ask("alice", "n1", ADD, None, A1)
        .ask("alice", "n1", ADD, A1, None)
        .look("n1", owned("A1.n1", &of("two")))
        .then(later)
        .begins("alice", "n1", ADD, A1)
        .look("n2", copied("A1.n1", &of(has)))
        .ends(3, None)
        .ask("alice", "n1", next, A1, None)
        .look("n1", owned("A1.n1", &of("three")))
        .look("n2", copied("A1.n1", &of("three")))
}

#[test]
fn a_copy_is_what_the_owner_had_until_it_is_what_the_owner_has() {
    holds(&seen_under_way("two", CART).scenario, REPLICATED);
    holds(&seen_under_way("three", CART).scenario, REPLICATED);
    // It missed a change of before, and has it with the next one. A page that came between may have made it three.
    let excused = ["neither what n1 held before #3", "excused: #4 (GET /shop/cart on n1) came between"];
    unknown(&seen_under_way("one", CART).scenario, REPLICATED, &excused);
    // Another change came before anybody looked: the copy may be what it was in between.
    holds(&seen_under_way("one", ADD).scenario, REPLICATED);
}

#[test]
fn a_copy_that_is_seen_under_way_and_lacks_a_change_of_before_is_stale() {
    let of = |count| [("count", count)];
    let seen = |has| {
        shop(REPLICATED)
            .ask("alice", "n1", ADD, None, A1)
            .look("n1", owned("A1.n1", &of("two")))
            .then(later)
            .begins("alice", "n1", ADD, A1)
            .look("n2", copied("A1.n1", &of(has)))
            .ends(2, None)
            .look("n1", owned("A1.n1", &of("three")))
            .look("n2", copied("A1.n1", &of("three")))
    };
    broken(&seen("one"), REPLICATED, Violation::StaleReplica, &["on n2 was neither what n1 held before #2"]);
    holds(&seen("two").scenario, REPLICATED);
}

/// Alice's session is made on n1, which is lost before anybody looks at it; Bob's is made on another node, or used otherwise.
fn lost_where_it_was_made(alices: &[(&str, &str)], bob_asks: &str) -> Shop {
    let bobs = &[("cart", "pen"), ("user", "bob")];
    let both = |id: &str| [copied(id, alices), owned("B1.n2", bobs)].concat();
    on(Topology::of(3).expect("three nodes"), REPLICATED, &["/shop"])
        .ask("alice", "n1", ADD, None, A1)
        .ask("bob", "n2", ADD, None, Some("B1.n2"))
        .ask("bob", "n2", bob_asks, Some("B1.n2"), None)
        .kill("n1")
        .look("n2", both("A1.n1"))
        .look("n3", [copied("A1.n1", alices), copied("B1.n2", bobs)].concat())
        .ask("alice", "n2", ADD, A1, A2)
        .look("n2", both("A1.n2"))
        .look("n3", [copied("A1.n2", alices), copied("B1.n2", bobs)].concat())
}

#[test]
fn what_all_others_hold_and_nobody_saw_of_a_session_may_be_lost() {
    let words = ["was never seen to hold user, which bob's session B1", "nobody saw it on n1, where it was made"];
    unknown(&lost_where_it_was_made(&[("cart", "book")], ADD).scenario, REPLICATED, &words);
    holds(&lost_where_it_was_made(&[("cart", "book"), ("user", "alice")], ADD).scenario, REPLICATED);
    // What another one was used for beside may have put it there.
    holds(&lost_where_it_was_made(&[("cart", "book")], "POST /shop/login").scenario, REPLICATED);
}

/// Alice adds on n1, and on n2 after its end, each time with so many in her cart; Bob does likewise.
fn counted(alice: &[u32], bob: &[u32], at: usize) -> Shop {
    let mut shop = shop(ANSWERS);
    for place in 0..alice.len().max(bob.len()) {
        if place == at {
            shop = shop.kill("n1");
        }
        for (client, id, counts) in [("alice", "A1", alice), ("bob", "B1", bob)] {
            let Some(count) = counts.get(place) else { continue };
            let (node, last) = (if place < at { "n1" } else { "n2" }, if place <= at { "n1" } else { "n2" });
            let (sent, received) = (format!("{id}.{last}"), format!("{id}.{node}"));
            let sent = Some(sent.as_str()).filter(|_| 0 < place);
            let received = Some(received.as_str()).filter(|received| sent != Some(received));
            shop = shop.answered(client, node, ADD, (sent, received), 200, &format!("{count} in it"));
        }
    }
    shop
}

#[test]
fn a_number_that_stands_still_over_a_fault_and_goes_on_since_lost_a_write() {
    let words = ["says 2 after the kill of n1, as #3 did", "of bob goes on"];
    broken(&counted(&[1, 2, 2, 3], &[1, 2, 3, 4], 2), ANSWERS, Violation::AnswerLost, &words);
    // Nobody else is asked: so it was three times before, and is again.
    let alone = ["says 3 after the kill of n1", "excused: no answer to another client"];
    unknown(&counted(&[1, 2, 3, 3, 4], &[], 3).scenario, ANSWERS, &alone);
    for right in [&[1, 2, 3, 4][..], &[1, 2, 2, 2], &[1, 1, 1, 2]] {
        holds(&counted(right, &[1, 2, 3, 4], 2).scenario, ANSWERS);
    }
    // Once is not time and again.
    holds(&counted(&[1, 2, 2, 3], &[], 2).scenario, ANSWERS);
}

#[test]
fn a_number_is_a_witness_in_its_place_only() {
    let page = |count: u32, list: &str| format!("<h1>Cart</h1><p>{count} in it, [{list}]</p>");
    let asked = |bobs: &str| {
        let alice = |shop: Shop, node, ids, count| shop.answered("alice", node, CART, ids, 200, &page(count, ""));
        let bob = |shop: Shop, ids| shop.answered("bob", "n2", CART, ids, 200, bobs);
        let before = alice(alice(shop(ANSWERS), "n1", (None, A1), 0), "n1", (A1, None), 0);
        let after = bob(before, (None, Some("B1.n2"))).kill("n1").ask("alice", "n2", ADD, A1, A2);
        let after = after.ask("bob", "n2", ADD, Some("B1.n2"), None);
        bob(alice(after, "n2", (A2, None), 1), (Some("B1.n2"), None))
    };
    assert_ne!(asked(&page(2, "0")).scenario.finding(ANSWERS).status, Status::Violated, "of his list");
}

#[test]
fn a_session_that_was_logged_out_behind_the_last_look_is_not_gone() {
    let kept = Guarantee::SessionKept;
    let has = &[("cart", "book")];
    let asked = |shop: Shop| {
        let shop = shop.ask("alice", "n1", CART, None, A1).ask("alice", "n1", CART, A1, None);
        shop.look("n1", owned("A1.n1", has)).look("n2", copied("A1.n1", has)).kill("n2").look("n1", owned("A1.n1", has))
    };
    let read = |shop: Shop| shop.ask("alice", "n1", CART, A1, None).look("n1", vec![]);
    let gone = &["n1 holds alice's session A1 of /shop no more", "nobody asked for it since"];
    broken(&read(asked(shop(kept))), kept, Violation::LostSession, gone);
    let out = asked(shop(kept)).ask("alice", "n1", "POST /shop/logout", A1, None);
    assert_ne!(read(out).scenario.finding(kept).status, Status::Violated);
}
