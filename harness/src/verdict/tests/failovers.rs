//! Failovers of an app of which nothing is known: what a request's own doing is, and what was lost.

use serde_json::json;

use super::any_app::broken;
use super::shop::{HAD, Shop, copied, copy, owned, shop};
use super::{holds, unknown};
use crate::history::{AttributeValue, ReplicaRole};
use crate::model::{Guarantee, Violation};
use crate::verdict::Status;

const KEPT: Guarantee = Guarantee::SessionKept;
const SURVIVE: Guarantee = Guarantee::AttributesSurvive;
const ANSWERS: Guarantee = Guarantee::AnswersKept;
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");
const B2: Option<&str> = Some("B1.n2");

#[test]
fn a_page_that_kept_the_session_before_and_is_given_a_fresh_one_has_lost_it() {
    let after = |has| shop(KEPT).alice().kill("n1").ask("alice", "n2", CART, A1, B2).look("n2", owned("B1.n2", has));
    // The app makes the same attributes anew.
    broken(&after(&[("cart", ""), ("user", "alice")]), KEPT, Violation::LostSession, &["a new session, B1.n2"]);
    // Be it that the app gives everybody the same.
    broken(&after(HAD), KEPT, Violation::LostSession, &["a new session, B1.n2"]);
}

#[test]
fn a_first_login_on_the_node_that_took_over_may_change_the_id() {
    let login = |shop: Shop| shop.kill("n1").ask("alice", "n2", "POST /shop/login", A1, B2);
    // A look at any later time shows what the session under the new id has.
    let later = login(shop(KEPT).alice()).ask("alice", "n2", CART, B2, None);
    holds(&later.clone().look("n2", owned("B1.n2", HAD)).scenario, KEPT);
    let other = later.clone().look("n2", owned("B1.n2", &[("cart", "pen"), ("user", "alice")]));
    unknown(&other.scenario, KEPT, &["excused: the new one has attributes of the same names"]);
    broken(&later.clone().look("n2", owned("B1.n2", &[("user", "bob")])), KEPT, Violation::LostSession, &["B1.n2"]);
    unknown(&later.scenario, KEPT, &["excused: it may have got another id, as by a login"]);
}

#[test]
fn a_session_of_a_node_that_lives_on_is_lost_by_the_end_of_another() {
    let asked =
        |shop: Shop| shop.ask("alice", "n1", CART, A1, Some("B1.n1")).look("n1", owned("B1.n1", &[("cart", "")]));
    broken(&asked(shop(KEPT).alice().kill("n2")), KEPT, Violation::LostSession, &["alice's session A1", "B1.n1"]);
    // A look that shows it gone meanwhile is no excuse, as no request ended it.
    let gone = ["n1 holds nothing of alice's session A1", "(and 1 more)"];
    broken(&asked(shop(KEPT).alice().kill("n2").look("n1", vec![])), KEPT, Violation::LostSession, &gone);
    // But a request of which nothing shows that it keeps a session, be it asked for twice.
    let bye =
        |shop: Shop| shop.ask("alice", "n1", "GET /shop/bye", A1, None).ask("alice", "n1", "GET /shop/bye", A1, None);
    let ended = asked(bye(shop(KEPT).alice()).look("n1", vec![]).kill("n2"));
    assert_ne!(ended.scenario.finding(KEPT).status, Status::Violated);
    // While nothing breaks, an app does with it on its own node what it likes.
    assert_ne!(asked(shop(KEPT).alice()).scenario.finding(KEPT).status, Status::Violated);
    // A page that had not been asked for before may be one that ends it.
    let bye = shop(KEPT).alice().kill("n2").ask("alice", "n1", "GET /shop/bye", A1, Some("B1.n1"));
    assert_ne!(bye.scenario.finding(KEPT).status, Status::Violated);
}

#[test]
fn a_session_made_anew_under_the_id_that_was_sent_leaves_the_old_one_behind() {
    let after = |received, fresh: &[(&str, &str)]| {
        let mut both = copied("A1.n1", HAD);
        both.extend(owned("A1.n2", fresh));
        shop(KEPT).alice().kill("n1").ask("alice", "n2", CART, A2, received).look("n2", both)
    };
    let anew = &[("cart", ""), ("user", "alice")];
    broken(&after(A2, anew), KEPT, Violation::LostSession, &["A1.n2", "under A1.n1"]);
    broken(&after(A2, HAD), KEPT, Violation::LostSession, &["A1.n2", "under A1.n1"]);
    let both = || [copied("A1.n1", HAD), owned("A1.n2", anew)].concat();
    let again = shop(KEPT).alice().kill("n1").ask("alice", "n2", CART, A2, A2).ask("alice", "n2", CART, A2, None);
    broken(&again.look("n2", both()), KEPT, Violation::LostSession, &["#3", "A1.n2", "under A1.n1"]);
    // A copy that a change of the route left behind, of before the last request.
    assert_ne!(after(None, anew).scenario.finding(KEPT).status, Status::Violated);
}

#[test]
fn what_a_request_takes_out_of_a_whole_copy_is_its_own_doing() {
    let flash = |copy: &[(&str, &str)]| {
        let shop = shop(SURVIVE).alice().look("n1", owned("A1.n1", HAD)).look("n2", copied("A1.n1", copy));
        shop.kill("n1").ask("alice", "n2", CART, A1, A2).look("n2", owned("A1.n2", &[("user", "alice")]))
    };
    // A page that had been asked and had left it there hardly takes it out behind the fault; another one may.
    unknown(&flash(HAD).scenario, SURVIVE, &["cart is missing", "may have taken it out, though it had not before"]);
    let other = shop(SURVIVE).alice().look("n1", owned("A1.n1", HAD)).look("n2", copied("A1.n1", HAD)).kill("n1");
    let other = other.ask("alice", "n2", "GET /shop/flash", A1, A2).look("n2", owned("A1.n2", &[("user", "alice")]));
    holds(&other.scenario, SURVIVE);
    broken(&flash(&[("user", "alice")]), SURVIVE, Violation::LostAttribute, &["cart"]);
}

#[test]
fn a_copy_that_was_whole_before_the_fault_and_is_answered_from_after_it_needs_no_other_look() {
    let post = |received| shop(SURVIVE).alice().kill("n1").ask("alice", "n2", "POST /shop/cart", A1, received);
    holds(&post(A2).scenario, SURVIVE);
    unknown(&post(B2).scenario, SURVIVE, &["the kill of n1"]);
    // A login that changed the id, and a look that shows all of it under the new one.
    holds(&post(B2).look("n2", owned("B1.n2", HAD)).scenario, SURVIVE);
    unknown(
        &post(B2).look("n2", owned("B1.n2", &[("cart", ""), ("user", "alice")])).scenario,
        SURVIVE,
        &["the kill of n1"],
    );
    let alone = shop(SURVIVE).ask("alice", "n1", CART, None, A1).look("n1", owned("A1.n1", HAD)).kill("n1");
    unknown(&alone.ask("alice", "n2", "POST /shop/cart", A1, A2).scenario, SURVIVE, &["no copy was looked at"]);
}

#[test]
fn what_stood_still_under_traffic_is_compared_and_the_rest_must_be_there() {
    let traffic = |after: &[(&str, &str)]| {
        let shop = shop(SURVIVE).ask("alice", "n1", CART, None, A1);
        let shop = shop.look("n1", owned("A1.n1", &[("cart", "book"), ("hits", "1")]));
        let shop =
            shop.ask("alice", "n1", CART, A1, None).look("n1", owned("A1.n1", &[("cart", "book"), ("hits", "2")]));
        let shop = shop.ask("alice", "n1", CART, A1, None).kill("n1").ask("alice", "n2", CART, A1, A2);
        shop.look("n2", owned("A1.n2", after)).scenario
    };
    holds(&traffic(&[("cart", "book"), ("hits", "4")]), SURVIVE);
    for lost in [&[("cart", "book")][..], &[("cart", ""), ("hits", "4")], &[]] {
        assert_ne!(traffic(lost).finding(SURVIVE).status, Status::Holds, "{lost:?}");
    }
}

#[test]
fn copies_that_agree_while_somebody_goes_on_asking_are_compared() {
    let replicated = Guarantee::AttributesReplicated;
    // Each look is followed by another request before the other node is looked at.
    let under_traffic = |copy: &[(&str, &str)]| {
        let shop = shop(replicated).ask("alice", "n1", CART, None, A1).look("n1", owned("A1.n1", HAD));
        let shop = shop.ask("alice", "n1", CART, A1, None).look("n2", copied("A1.n1", copy));
        shop.ask("alice", "n1", CART, A1, None).scenario
    };
    holds(&under_traffic(HAD), replicated);
    unknown(&under_traffic(&[("user", "alice")]), replicated, &["never seen on its owner"]);
    unknown(&under_traffic(&[]), replicated, &["never seen on its owner"]);
}

#[test]
fn a_class_that_the_jvm_names_is_the_same_on_each_node() {
    let after = |class: &str, sha256: &str| {
        let value = |class: &str, sha256: &str| AttributeValue {
            sha256: Some(sha256.to_owned()),
            ..AttributeValue::new(class, json!("it"))
        };
        let one = |id, role, value| vec![copy(id, role, [("rule".to_owned(), value)].into())];
        let due = value("shop.Page$$Lambda$186/0x0000000800c8", "aa");
        let found = value(class, sha256);
        let shop = shop(SURVIVE).ask("alice", "n1", CART, None, A1).look("n1", one("A1.n1", ReplicaRole::Primary, due));
        shop.kill("n1").look("n2", one("A1.n1", ReplicaRole::Replica, found))
    };
    let asked = |shop: Shop| shop.ask("alice", "n2", CART, A1, A2);
    holds(&asked(after("shop.Page$$Lambda$181/0x0000000800d0", "aa")).scenario, SURVIVE);
    for (class, sha256) in [("shop.Page$$Lambda$181/0x0000000800d0", "bb"), ("shop.Rule", "bb")] {
        broken(&asked(after(class, sha256)), SURVIVE, Violation::LostAttribute, &["rule is"]);
    }
}

/// Alice's page before the kill of n1 and after it; Bob lives on n2 and has his page there all the time.
fn pages(before: &[&str], after: &str, bobs: Option<(&str, &str)>) -> Shop {
    let mut shop = shop(ANSWERS);
    let bob = |shop: Shop, body, ids| shop.answered("bob", "n2", CART, ids, 200, body);
    for (place, body) in before.iter().enumerate() {
        shop = shop.answered("alice", "n1", CART, if place == 0 { (None, A1) } else { (A1, None) }, 200, body);
    }
    if let Some((earlier, _)) = bobs {
        shop = bob(shop, earlier, (None, Some("B1.n2")));
    }
    shop = shop.kill("n1").answered("alice", "n2", CART, (A1, A2), 200, after);
    match bobs {
        Some((_, later)) => bob(shop, later, (Some("B1.n2"), None)),
        None => shop,
    }
}

#[test]
fn a_word_that_others_still_get_is_lost() {
    let cart = "in the cart: a book";
    let lost = pages(&[cart], "in the cart: nothing", Some((cart, cart)));
    let words = ["#3 (GET /shop/cart on n2) of alice", "without \"a\" after the kill of n1", "of bob still has it"];
    broken(&lost, ANSWERS, Violation::AnswerLost, &words);
    let fewer =
        pages(&["2 items, 1 new", "2 items, 1 new"], "1 items, 1 new", Some(("2 items, 1 new", "2 items, 1 new")));
    broken(&fewer, ANSWERS, Violation::AnswerLost, &["without \"2\""]);
    // The page of nobody else has it any more, be it the time or the weather.
    holds(&pages(&["it is noon"], "it is night", Some(("it is noon", "it is night"))).scenario, ANSWERS);
    // The other node says something else to everybody.
    let own = "served by left";
    let known = shop(ANSWERS).answered("carol", "n1", CART, (None, Some("C1.n1")), 200, own);
    let known =
        known.answered("alice", "n1", CART, (None, A1), 200, own).answered("alice", "n1", CART, (A1, None), 200, own);
    let right = |shop: Shop, client: &str, ids| shop.answered(client, "n2", CART, ids, 200, "served by right");
    let known = right(known, "bob", (None, Some("B1.n2"))).kill("n1");
    let known = right(right(known, "alice", (A1, A2)), "bob", (Some("B1.n2"), None));
    holds(&right(known, "carol", (Some("C1.n1"), None)).scenario, ANSWERS);
}

#[test]
fn an_answer_that_is_lost_is_reported_though_not_asked_for() {
    let cart = "in the cart: a book";
    let mut lost = pages(&[cart], "in the cart: nothing", Some((cart, cart)));
    lost.scenario.plan.guarantees = vec![Guarantee::MembersAgree];
    broken(&lost, ANSWERS, Violation::AnswerLost, &["of bob still has it"]);
    let mut unclear = pages(&[cart, cart], "in the cart: nothing", None);
    unclear.scenario.plan.guarantees = vec![Guarantee::MembersAgree];
    assert!(unclear.scenario.judge().guarantees.iter().all(|finding| finding.guarantee != ANSWERS));
}

#[test]
fn where_nobody_else_is_asked_a_word_that_was_always_there_may_be_lost() {
    let cart = "in the cart: a book";
    let alone = pages(&[cart, cart], "in the cart: nothing", None);
    unknown(
        &alone.scenario,
        ANSWERS,
        &["without \"a\"", "2 answers had before it", "excused: no answer to another client"],
    );
    holds(&pages(&[cart, cart], cart, None).scenario, ANSWERS);
    // Node, port and session differ legitimately; a number, a time and a hash may.
    let own = |node: &str, port: u16| format!("n{node} at {port} has A1.n{node}, up 12s, token 4f3a9c");
    holds(
        &pages(&[&own("1", 8080), &own("1", 8080)], &own("2", 8081).replace("4f3a9c", "77aa01"), None).scenario,
        ANSWERS,
    );
    // What was never the same twice is no page that was kept.
    holds(&pages(&["heads", "tails"], "edge", None).scenario, ANSWERS);
}

#[test]
fn a_token_that_a_page_has_anew_each_time_hides_no_loss() {
    let page = |token: &str, cart: &str| format!("the cart has {cart} <input name=_csrf value={token}>");
    let (one, two) = ("Q0imAwylOQaRxLLYxwDtavS20cza-VGS", "dPD3-eo9VygxkRlSUXfpADYN_NEyz4eg");
    let lost = pages(&[&page(one, "a book"), &page(two, "a book")], &page("MDAwMDAwMDE=", "nothing"), None);
    unknown(&lost.scenario, ANSWERS, &["without \"a\"", "2 answers had before it"]);
    let kept = pages(&[&page(one, "a book"), &page(two, "a book")], &page("MDAwMDAwMDE=", "a book"), None);
    holds(&kept.scenario, ANSWERS);
    let (cart, empty) = (page(one, "a book"), page(two, "nothing"));
    let broken_page = pages(&[&cart], &empty, Some((&cart, &page(two, "a book"))));
    broken(&broken_page, ANSWERS, Violation::AnswerLost, &["without \"a\"", "of bob still has it"]);
}
