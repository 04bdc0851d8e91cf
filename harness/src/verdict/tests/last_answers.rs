//! What the last answers to a page say: of any app, beside what they do not.

use rstest::rstest;

use super::shop::{HAD, Shop, copied, owned, shop};
use super::{holds, unknown, violated};
use crate::model::Guarantee;
use crate::verdict::Status;

const ANSWERS: Guarantee = Guarantee::AnswersKept;
const KEPT: Guarantee = Guarantee::SessionKept;
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");
const BOOK: &str = "in the cart: a book";

/// Alice's cart twice on n1 and, after its end, twice on n2.
fn kept() -> Shop {
    let page = |shop: Shop, on, ids| shop.answered("alice", on, CART, ids, 200, BOOK);
    let shop = page(page(shop(ANSWERS), "n1", (None, A1)), "n1", (A1, None)).kill("n1");
    page(page(shop, "n2", (A1, A2)), "n2", (A2, None))
}

fn at_last(shop: Shop, status: u16, body: &str) -> Shop {
    shop.answered("alice", "n2", CART, (A2, None), status, body)
}

#[rstest]
#[case(500, BOOK, "was answered with HTTP 500 at last")]
#[case(302, "", "was answered with HTTP 302 at last")]
#[case(404, "", "was answered with HTTP 404 at last")]
#[case(200, "in the cart: nothing", "without \"a\", which 4 answers had before it, #4 of the same node at last")]
fn a_page_that_is_given_no_more_at_last(#[case] status: u16, #[case] body: &str, #[case] words: &str) {
    holds(&at_last(kept(), 200, BOOK).scenario, ANSWERS);
    let words = if status < 400 { words } else { "excused: #3 (GET /shop/cart on n2) had been answered well since" };
    unknown(&at_last(kept(), status, body).scenario, ANSWERS, &["#5", words]);
    // Nor where it is given again: nobody had asked for anything that takes it away, or brings it back.
    let again = at_last(at_last(kept(), status, body), 200, BOOK).scenario.finding(ANSWERS);
    assert_eq!(again.status == Status::Unknown, body != BOOK || status != 200, "{}", again.because);
    // What was asked meanwhile may have changed it; but no form makes an error of the server right.
    let bought = at_last(kept().ask("alice", "n2", "POST /shop/pay", A2, None), status, body);
    assert_eq!(bought.scenario.finding(ANSWERS).status == Status::Unknown, status == 500, "{status}");
    let out = at_last(kept().ask("alice", "n2", "POST /shop/logout", A2, None), status, body);
    holds(&out.scenario, ANSWERS);
}

#[test]
fn a_page_that_nobody_answers_at_last() {
    unknown(&at_last(kept(), 200, BOOK).unanswered().scenario, ANSWERS, &["#5", "was answered with nothing at last"]);
    holds(&at_last(at_last(kept(), 200, BOOK).unanswered(), 200, BOOK).scenario, ANSWERS);
}

#[test]
fn what_ran_out_of_time_after_a_fault_is_settled_by_the_next_answer() {
    let late = || {
        let shop = shop(ANSWERS).answered("alice", "n1", CART, (None, A1), 200, BOOK).kill("n1");
        shop.answered("alice", "n2", CART, (A1, None), 200, BOOK).unanswered()
    };
    holds(&late().answered("alice", "n2", CART, (A1, A2), 200, BOOK).scenario, ANSWERS);
    violated(&late().answered("alice", "n2", CART, (A1, None), 302, "").scenario, ANSWERS, &["#3", "HTTP 302"]);
    unknown(&late().scenario, ANSWERS, &["#2", "excused: it was not made again"]);
}

#[rstest]
#[case("DELETE /shop/item", 404, false)]
#[case("POST /shop/order", 409, false)]
#[case("POST /shop/order", 500, true)]
#[case(CART, 404, true)]
fn what_was_done_before_is_not_done_again(#[case] target: &str, #[case] status: u16, #[case] lost: bool) {
    let shop = shop(ANSWERS).answered("alice", "n1", CART, (None, A1), 200, BOOK).ask("alice", "n1", target, A1, None);
    let shop = shop.kill("n1").answered("alice", "n2", target, (A1, A2), status, "");
    let finding = shop.scenario.finding(ANSWERS);
    assert_eq!(finding.status == Status::Violated, lost, "{}", finding.because);
}

#[test]
fn a_page_that_leads_to_the_login_when_its_session_is_over_or_has_no_copy_left() {
    let waited = |lives: i64| {
        let mut sessions = owned("A1.n1", HAD);
        sessions[0].max_inactive_s = Some(lives);
        let mut shop = shop(ANSWERS).ask("alice", "n1", CART, None, A1).look("n1", sessions).kill("n1");
        shop.scenario.wait(5_000);
        shop.answered("alice", "n2", CART, (A1, None), 302, "").scenario
    };
    unknown(&waited(3), ANSWERS, &["excused: alice's session A1 of /shop may have expired"]);
    violated(&waited(1800), ANSWERS, &["HTTP 302"]);
    let both =
        |shop: Shop| shop.restart("n2").look("n2", vec![]).answered("alice", "n2", CART, (A1, None), 302, "").scenario;
    let none_left = both(shop(ANSWERS).alice().kill("n1").kill("n2"));
    unknown(&none_left, ANSWERS, &["excused: no other node held a copy when n2 ended"]);
    violated(&both(shop(ANSWERS).alice().kill("n2")), ANSWERS, &["HTTP 302"]);
}

#[test]
fn a_page_that_was_read_first_may_change_what_another_says() {
    let home =
        |shop: Shop, client: &str, on: &str, ids, body| shop.answered(client, on, "GET /shop/home", ids, 200, body);
    let read = |before: bool| {
        let inbox = |shop: Shop| shop.ask("alice", "n1", "GET /shop/inbox", A1, None);
        let mut shop = home(shop(ANSWERS), "alice", "n1", (None, A1), "unread mail");
        if before {
            shop = inbox(shop);
        }
        let shop = home(shop, "alice", "n1", (A1, None), "unread mail");
        let shop = inbox(home(shop, "bob", "n2", (None, Some("B1.n2")), "unread mail")).kill("n1");
        let shop = home(shop, "alice", "n2", (A1, A2), "mail");
        home(shop, "bob", "n2", (Some("B1.n2"), None), "unread mail").scenario
    };
    unknown(&read(false), ANSWERS, &["without \"unread\"", "(GET /shop/inbox on n1) came between"]);
    violated(&read(true), ANSWERS, &["without \"unread\""]);
}

#[test]
fn a_number_that_goes_back_in_each_answer_may_be_lost() {
    let counted = |before: &[&str], after: &[&str]| {
        let mut shop = shop(ANSWERS).ask("alice", "n1", "POST /shop/add", None, A1);
        for body in before {
            shop = shop.answered("alice", "n1", CART, (A1, None), 200, body);
        }
        shop = shop.kill("n1");
        for body in after {
            shop = shop.answered("alice", "n2", CART, (A1, None), 200, body);
        }
        shop.scenario
    };
    let three = ["3 items"; 3];
    for times in [2, 3] {
        let gone = counted(&three[..times], &["0 items", "0 items"]);
        unknown(&gone, ANSWERS, &["without \"3\"", "no answer to another client"]);
    }
    let once = counted(&three[..1], &["2 items", "2 items"]);
    unknown(&once, ANSWERS, &["with 2 in the place of 3", "whether it is kept for this client"]);
    for (before, after) in [
        (&three[..], &["3 items", "3 items"][..]),
        // It goes up and down.
        (&three, &["2 items", "4 items"]),
        (&three[..1], &["2 items", "4 items"]),
        (&["took 3 ms"], &["took 2 ms", "took 1 ms"]),
        // How long it took.
        (&["took 3 ms"; 3], &["took 2 ms", "took 1 ms"]),
        // A time.
        (&["at 9:59"; 3], &["at 10:00", "at 10:00"]),
    ] {
        holds(&counted(before, after), ANSWERS);
    }
}

#[test]
fn a_client_that_is_not_asked_for_again_was_not_tested() {
    let two = |again: bool| {
        let shop = shop(ANSWERS).ask("alice", "n1", CART, None, A1).ask("bob", "n1", CART, None, Some("B1.n1"));
        let shop = shop.kill("n1").ask("alice", "n2", CART, A1, A2);
        if again { shop.ask("bob", "n2", "GET /shop/home", Some("B1.n1"), None).scenario } else { shop.scenario }
    };
    unknown(&two(false), ANSWERS, &["the kill of n1 tested nothing of bob"]);
    holds(&two(true), ANSWERS);
}

/// A session moves to another node, and is kept there.
fn moved() -> Shop {
    shop(KEPT).alice().ask("alice", "n2", CART, A1, A2).look("n2", owned("A1.n2", HAD)).look("n1", copied("A1.n2", HAD))
}

#[test]
fn a_move_that_is_never_answered_was_not_tested() {
    holds(&moved().scenario, KEPT);
    let back = |status| moved().answered("alice", "n1", CART, (A2, None), status, "").look("n1", owned("A1.n2", HAD));
    unknown(&back(500).scenario, KEPT, &["nothing shows alice's session A1", "was answered with HTTP 500"]);
    unknown(&back(200).unanswered().scenario, KEPT, &["was answered with nothing"]);
    holds(&back(500).ask("alice", "n1", CART, A2, A1).scenario, KEPT);
    holds(&back(500).ask("alice", "n2", CART, A2, A2).scenario, KEPT);
}

#[test]
fn a_client_that_no_longer_sends_its_cookie_is_out_of_reach() {
    let anew = |shop: Shop| shop.ask("alice", "n2", CART, None, Some("C1.n2")).scenario;
    unknown(&anew(moved()), KEPT, &["did not send the id of alice's session A1", "was given C1.n2"]);
    holds(&moved().ask("bob", "n2", CART, None, Some("C1.n2")).scenario, KEPT);
    let taken = |page| anew(moved().ask("alice", "n2", page, A2, A2).cookie("JSESSIONID=A1.n2; Path=/shop; Max-Age=0"));
    holds(&taken("GET /shop/leave"), KEPT);
    unknown(&taken(CART), KEPT, &["took the cookie of alice's session A1"]);
    // What lasts a minute is over after a minute, and not before.
    let aged = || moved().ask("alice", "n2", CART, A2, A2).cookie("JSESSIONID=A1.n2; Path=/shop; Max-Age=60");
    let later = |ms| {
        aged().then(|mut run| {
            run.wait(ms);
            run
        })
    };
    holds(&anew(later(60_000)), KEPT);
    unknown(&anew(later(50_000)), KEPT, &["did not send the id of alice's session A1"]);
    holds(&anew(moved().ask("alice", "n2", "POST /shop/logout", A2, None)), KEPT);
}
