//! What nothing tested and what nobody owes: a page that never worked, a session that had no other node to be copied to; and an
//! answer that broke off.

use super::run::Run;
use super::shop::{HAD, Shop, copied, owned, shop};
use super::{holds, unknown, violated};
use crate::history::{Event, Outcome};
use crate::model::exchange::Method;
use crate::model::{ClientName, ContextPath, Exchange, Expect, Guarantee, Load, NodeName, Step, StepKind};
use crate::verdict::wants_login;

const REPLICATED: Guarantee = Guarantee::AttributesReplicated;
const ANSWERS: Guarantee = Guarantee::AnswersKept;
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const A2: Option<&str> = Some("A1.n2");

#[test]
fn a_session_that_was_made_when_one_node_lived_needs_no_copy() {
    let both = || [copied("A1.n1", HAD), owned("B1.n2", HAD)].concat();
    let bob = |shop: Shop| shop.ask("bob", "n2", CART, None, Some("B1.n2")).look("n2", both());
    let alone = bob(shop(REPLICATED).alice().kill("n1"));
    holds(&alone.scenario, REPLICATED);
    holds(&alone.clone().ask("bob", "n2", CART, Some("B1.n2"), None).scenario, REPLICATED);
    holds(&alone.clone().kill("n2").restart("n1").scenario, REPLICATED);
    // Another node was there when it was made, or came back to it.
    let words = ["bob's session B1 of /shop was never seen on its owner and on a node that is to have a copy"];
    unknown(&bob(shop(REPLICATED).alice()).kill("n1").scenario, REPLICATED, &words);
    let back = alone.restart("n1");
    unknown(&back.scenario, REPLICATED, &words);
    let missing = back.look("n2", both()).look("n1", copied("A1.n1", HAD));
    violated(&missing.scenario, REPLICATED, &["n1 holds no copy of bob's session B1"]);
    // One that was there before lost its peers only later.
    let before = shop(REPLICATED).alice().ask("bob", "n2", CART, None, Some("B1.n2")).kill("n1");
    unknown(&before.look("n2", both()).scenario, REPLICATED, &words);
}

#[test]
fn an_answer_that_broke_off_is_reported_as_one() {
    let cut = shop(ANSWERS).ask("alice", "n1", CART, None, A1).kill("n1");
    let mut cut = cut.ask("alice", "n2", CART, A1, A2);
    cut.scenario.last_outcome(|outcome| {
        let Outcome::Ok { reply } = outcome.clone() else { panic!("no answer: {outcome:?}") };
        *outcome = Outcome::Unknown { why: "end of file before message length reached".to_owned(), reply: Some(reply) };
    });
    let words = ["answered with HTTP 200 (the answer broke off) after the kill of n1, and #1 with HTTP 200 before it"];
    violated(&cut.scenario, ANSWERS, &words);
}

/// A page that a step asks before a kill and that is asked after it, with the statuses of its answers and what the step
/// expects.
fn page(statuses: (u16, u16), (method, path): (Method, &str), expect: Option<Expect>) -> Run {
    let target = format!("{method} {path}");
    let mut shop = shop(ANSWERS).ask("alice", "n1", CART, None, A1);
    let (client, node) = (ClientName::new("alice").expect("a good name"), NodeName::nth(0).into());
    let exchange = Exchange { method, ..Exchange::get(path) };
    let kind = StepKind::Http { client, node, exchange, load: Load::default() };
    shop.scenario.plan.steps.push(Step { expect, ..Step::new("ask", kind) });
    let step = u32::try_from(shop.scenario.plan.steps.len()).expect("few steps");
    shop.scenario.event(Event::StepBegins { step, title: "ask".to_owned() });
    let mut shop = shop.answered("alice", "n1", &target, (A1, None), statuses.0, "no such page");
    shop.scenario.event(Event::StepEnds { step });
    let shop = shop.kill("n1").ask("alice", "n2", CART, A1, A2);
    shop.answered("alice", "n2", &target, (A2, None), statuses.1, "no such page").scenario
}

#[test]
fn a_page_that_is_missing_for_the_servlet_api_of_the_server_says_so() {
    let mut scenario = page((404, 404), (Method::Get, "/shop/crat"), None);
    let why = "shop.war is written for javax.servlet".to_owned();
    let of = |path: &str| ContextPath::new(path).expect("a path");
    scenario.event(Event::OtherNamespace { context: of("/other"), why: "another app is".to_owned() });
    scenario.event(Event::OtherNamespace { context: of("/shop"), why: why.clone() });
    unknown(&scenario, ANSWERS, &["never answered with success", "; shop.war is written for javax.servlet"]);
    assert!(scenario.judge().notes.contains(&why), "{:?}", scenario.judge().notes);
}

#[test]
fn a_page_that_was_never_answered_with_success_was_not_tested() {
    const TYPO: (Method, &str) = (Method::Get, "/shop/crat");
    for (statuses, statuses_seen) in
        [((404, 404), "HTTP 404 2 times, first #2 on n1"), ((500, 404), "HTTP 500 once, HTTP 404 once, first #2 on n1")]
    {
        let words = format!("GET /shop/crat was never answered with success: {statuses_seen}");
        unknown(&page(statuses, TYPO, None), ANSWERS, &[words.as_str()]);
        let of_logs = Expect { no_log: Some("gone".to_owned()), ..Expect::default() };
        unknown(&page(statuses, TYPO, Some(of_logs)), ANSWERS, &[words.as_str()]);
    }
    holds(&page((200, 200), TYPO, None), ANSWERS);
    holds(&page((404, 200), TYPO, None), ANSWERS);
    holds(&page((302, 302), (Method::Post, "/shop/add"), None), ANSWERS);
    for expect in [
        Expect { status: Some(404), ..Expect::default() },
        Expect { body: "no such".into(), ..Expect::default() },
        Expect { answered: Some(false), ..Expect::default() },
    ] {
        holds(&page((404, 404), TYPO, Some(expect)), ANSWERS);
    }
    violated(&page((200, 404), TYPO, None), ANSWERS, &["HTTP 404 after the kill of n1"]);
}

/// A page that a plan asks, answered with this.
fn asked(exchange: &Exchange, status: u16, location: Option<&str>, body: &str) -> Run {
    let mut scenario = page((status, status), (exchange.method, &exchange.path), None);
    for step in &mut scenario.plan.steps {
        if let StepKind::Http { exchange: asked, .. } = &mut step.kind
            && asked.path == exchange.path
        {
            *asked = exchange.clone();
        }
    }
    scenario.last_outcome(|outcome| {
        let (Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. }) = outcome else {
            panic!("no answer: {outcome:?}")
        };
        reply.headers.extend(location.map(|there| ("location".to_owned(), there.to_owned())));
        reply.body = Some(body.to_owned());
    });
    scenario
}

#[test]
fn an_app_that_leads_to_a_login_is_said_to_where_no_client_logs_in() {
    let get = Exchange::get("/shop/orders");
    let note = |scenario: Run| wants_login(&scenario.judge()).map(str::to_owned);
    for (status, location, body, led) in [
        (
            302,
            Some("http://127.0.0.1:8080/shop/login;jsessionid=1?from=x"),
            "",
            "led to a login, http://127.0.0.1:8080/shop/login,",
        ),
        (303, Some("/shop/user/SignIn/"), "", "led to a login, /shop/user/SignIn/,"),
        (401, None, "", "was answered with HTTP 401,"),
        (200, None, "<INPUT TYPE='password' name=p>", "was answered with a login,"),
    ] {
        let said = note(asked(&get, status, location, body)).expect("it is said");
        assert!(said.starts_with("GET /shop/orders") && said.contains(led), "{said}");
    }
    // Another page, and a client that sends something or says who it is.
    assert_eq!(note(asked(&get, 302, Some("/shop/cart"), "")), None);
    assert_eq!(note(asked(&get, 200, None, "your password was changed")), None);
    let form = Exchange { form_from: Some("form".to_owned()), ..get.clone() };
    assert_eq!(note(asked(&form, 302, Some("/shop/login"), "")), None);
    let known = Exchange { headers: [("authorization".to_owned(), "Basic x".to_owned())].into(), ..get };
    assert_eq!(note(asked(&known, 401, None, "")), None);
}
