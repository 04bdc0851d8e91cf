//! State that is in no session: what the answers of a growing or counting page say of it.

use std::collections::BTreeMap;

use rstest::rstest;

use super::shop::{Shop, shop};
use crate::history::Event;
use crate::model::exchange::{Body, Method};
use crate::model::{ClientName, Exchange, Guarantee, Load, NodeName, Step, StepKind, Texts};
use crate::verdict::Status;

const ANSWERS: Guarantee = Guarantee::AnswersKept;

/// Rows as `alice n1 GET /shop/cart: a book`, and `kill n1`; whoever moves is given the other node's route.
fn run(rows: &[&str]) -> Shop {
    go_on(shop(ANSWERS), BTreeMap::new(), rows)
}

/// The same for clients that have a session of a node.
fn go_on(mut shop: Shop, mut routes: BTreeMap<String, String>, rows: &[&str]) -> Shop {
    for row in rows {
        if let Some(node) = row.strip_prefix("kill ") {
            shop = shop.kill(node);
            continue;
        }
        let (request, body) = row.split_once(": ").expect("a request and a body");
        let mut words = request.splitn(3, ' ');
        let mut word = || words.next().expect("client, node and target");
        let (client, node, target) = (word(), word(), word());
        let id = |node: &str| format!("{client}.{node}");
        let route = routes.insert(client.to_owned(), node.to_owned());
        let sent = route.as_deref().map(id);
        let received = (route.as_deref() != Some(node)).then(|| id(node));
        shop = shop.answered(client, node, target, (sent.as_deref(), received.as_deref()), 200, body);
    }
    shop
}

fn judged(rows: &[String]) -> (Status, String) {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let finding = run(&rows).scenario.finding(ANSWERS);
    (finding.status, finding.because)
}

type Page = fn(u64) -> String;

/// A page with a list of so many items, one that says a number alone, and a form that answers with what it has.
fn pages() -> [(&'static str, Page); 3] {
    let list = |n: u64| (1..=n).fold(format!("Basket of {n}:"), |page, n| format!("{page} item-{n}")) + " bye";
    [
        ("GET /shop/", list),
        ("GET /shop/", |n| format!("visit {n}, welcome")),
        ("POST /shop/add", |n| format!("items={n}")),
    ]
}

#[rstest]
// Bob, who stays on n2, goes on.
#[case::begun_anew(&["a1 1", "a1 2", "b2 1", "b2 2", "kill n1", "a2 1", "b2 3"], Status::Violated, "of bob goes on")]
#[case::and_grown_again(&["a1 1", "a1 2", "b2 1", "b2 2", "kill n1", "a2 1", "b2 3", "a2 2", "b2 4"], Status::Violated, "of bob")]
#[case::by_a_move(&["a1 1", "a1 2", "b2 1", "b2 2", "a2 1", "b2 3"], Status::Violated, "after a move to n2")]
#[case::kept(&["a1 1", "a1 2", "b2 1", "b2 2", "kill n1", "a2 3", "b2 3"], Status::Holds, "")]
#[case::late(&["a1 1", "a1 2", "b2 1", "b2 2", "kill n1", "a2 1", "b2 3", "a2 4", "b2 4"], Status::Holds, "")]
// Nobody else is asked.
#[case::alone(&["a1 1", "a1 2", "kill n1", "a2 1"], Status::Unknown, "after 2 in #2 and more with each answer")]
#[case::alone_three_times(&["a1 1", "a1 2", "a1 3", "kill n1", "a2 1", "a2 2"], Status::Unknown, "")]
#[case::kept_alone(&["a1 1", "a1 2", "kill n1", "a2 3"], Status::Holds, "")]
// It goes up and down by itself, or each client of a node is shown another one: it is the node's.
#[case::up_and_down(&["a1 3", "a1 1", "a1 2", "b2 1", "b2 2", "kill n1", "a2 1", "b2 3"], Status::Holds, "")]
#[case::of_the_node(&["a1 4", "b1 5", "a1 6", "b1 7", "kill n1", "a2 1", "b2 2"], Status::Holds, "")]
fn what_grows_with_each_answer_goes_on_after_a_fault(
    #[case] rows: &[&str],
    #[case] right: Status,
    #[case] words: &str,
) {
    for (target, page) in pages() {
        // The items of a list that all share are words that were there each time, whatever their number.
        let shared_list = rows.contains(&"b1 5") && page(2).contains("item-");
        let right = if shared_list { Status::Unknown } else { right };
        let row = |row: &&str| match row.split_once(' ') {
            Some(("kill", _)) | None => (*row).to_owned(),
            Some((who, n)) => {
                let (client, node) = who.split_at(1);
                let client = if client == "a" { "alice" } else { "bob" };
                format!("{client} n{node} {target}: {}", page(n.parse().expect("a number")))
            }
        };
        let by_a_move = !rows.contains(&"kill n1");
        let rows: Vec<String> = rows.iter().map(row).chain(by_a_move.then(|| "kill n1".to_owned())).collect();
        let (status, because) = judged(&rows);
        assert_eq!(status, right, "{rows:#?}: {because}");
        assert!(because.contains(words), "{because}");
    }
}

/// Alice adds a book by a form and looks at her cart so often, before and after the end of n1.
fn added(form: &str, before: &[&str], after: &[&str]) -> (Status, String) {
    let mut rows: Vec<String> = before.iter().map(|body| format!("alice n1 GET /shop/cart: {body}")).collect();
    rows.push("kill n1".to_owned());
    rows.extend(after.iter().map(|body| format!("alice n2 GET /shop/cart: {body}")));
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let fields = [("title".to_owned(), Texts::from(form))].into();
    let exchange = Exchange { method: Method::Post, body: Some(Body::Form(fields)), ..Exchange::get("/shop/add") };
    let (client, node) = (ClientName::new("alice").expect("a good name"), NodeName::nth(0).into());
    let kind = StepKind::Http { client, node, exchange, load: Load::default() };
    let mut shop = shop(ANSWERS);
    shop.scenario.plan.steps.push(Step::new("add", kind));
    let step = u32::try_from(shop.scenario.plan.steps.len()).expect("few steps");
    shop.scenario.event(Event::StepBegins { step, title: "add".to_owned() });
    let mut shop = shop.answered("alice", "n1", "POST /shop/add", (None, Some("alice.n1")), 200, "taken");
    shop.scenario.event(Event::StepEnds { step });
    let shop = go_on(shop, [("alice".to_owned(), "n1".to_owned())].into(), &rows);
    let finding = shop.scenario.finding(ANSWERS);
    (finding.status, finding.because)
}

#[rstest]
#[case::twice("Moby Dick", &["cart: moby dick", "cart: moby dick"], &["cart: empty"], Status::Violated, "without")]
#[case::once("Moby Dick", &["cart: moby dick"], &["cart: empty"], Status::Unknown, "may have been a message")]
#[case::once_and_back("Moby Dick", &["cart: moby dick"], &["cart: empty", "cart: moby dick"], Status::Holds, "")]
#[case::a_message("Moby Dick", &["added moby, cart: moby dick", "cart: moby dick"], &["cart: moby dick"], Status::Holds, "")]
// What nobody had sent may be an advertisement.
#[case::not_sent("Moby Dick", &["cart: moby dick, buy shoes"], &["cart: moby dick, buy hats"], Status::Holds, "")]
#[case::captured("${title}", &["cart: moby dick"], &["cart: empty"], Status::Holds, "")]
fn what_a_client_had_sent_is_shown_after_a_fault(
    #[case] form: &str,
    #[case] before: &[&str],
    #[case] after: &[&str],
    #[case] right: Status,
    #[case] words: &str,
) {
    let (status, because) = added(form, before, after);
    assert_eq!(status, right, "{because}");
    assert!(because.contains(words), "{because}");
}

/// A page that a form had changed says again what it said before, or fewer.
#[rstest]
#[case::as_before("nothing yet", "a book", "nothing yet", Status::Unknown)]
#[case::fewer("items=0", "items=2", "items=1", Status::Unknown)]
#[case::kept("nothing yet", "a book", "a book", Status::Holds)]
#[case::more("items=0", "items=1", "items=2", Status::Holds)]
#[case::another("nothing yet", "a book, 2 in stock", "a pen, 2 in stock", Status::Holds)]
fn what_a_form_had_changed_stays_changed(
    #[case] first: &str,
    #[case] changed: &str,
    #[case] after: &str,
    #[case] right: Status,
) {
    let cart = |node: &str, body: &str| format!("alice {node} GET /shop/cart: {body}");
    let form = "alice n1 POST /shop/add: taken".to_owned();
    let rows = [cart("n1", first), form, cart("n1", changed), "kill n1".to_owned(), cart("n2", after)];
    let (status, because) = judged(&rows);
    assert_eq!(status, right, "{because}");
}

/// The seconds of a clock go on with each answer, for everybody, and begin anew with each minute.
#[test]
fn a_clock_is_nobodys_count() {
    let at = |client: &str, node: &str, time: &str| format!("{client} {node} GET /shop/: now {time}, hello");
    let before = [at("alice", "n1", "13:00:29"), at("bob", "n2", "13:00:29"), at("alice", "n1", "13:00:30")];
    let after = |of_alice: &str| ["kill n1".to_owned(), at("alice", "n2", of_alice), at("bob", "n2", "13:01:01")];
    let (status, because) = judged(&[&before[..], &after("13:01:01")].concat());
    assert_eq!(status, Status::Holds, "{because}");
    let (status, because) = judged(&[&before[..], &after("13:00:01")].concat());
    assert_eq!(status, Status::Unknown, "no minute is over: {because}");
}

/// Both add to their carts behind the end of n1; what alice's page no longer says, bob's goes on to say.
#[rstest]
#[case::lost(
    "POST /shop/add",
    "POST /shop/add",
    "gold, price 9.50",
    "gold, price 9.50",
    "price -1.0",
    Status::Violated
)]
#[case::price("POST /shop/add", "POST /shop/add", "price 9.50", "price 9.50", "price -1.0", Status::Violated)]
#[case::kept(
    "POST /shop/add",
    "POST /shop/add",
    "gold, price 9.50",
    "gold, price 9.50",
    "gold, price 9.50",
    Status::Holds
)]
// What she did may have taken it away.
#[case::another("POST /shop/remove", "POST /shop/add", "gold", "gold", "", Status::Holds)]
#[case::nobody_else("POST /shop/add", "GET /shop/add", "gold", "gold", "", Status::Holds)]
#[case::lost_by_all("POST /shop/add", "POST /shop/add", "gold", "", "", Status::Holds)]
fn who_changed_the_same_tells_what_it_took_away(
    #[case] hers: &str,
    #[case] his: &str,
    #[case] before: &str,
    #[case] his_page: &str,
    #[case] her_page: &str,
    #[case] right: Status,
) {
    let page = |who: &str, body: &str| format!("{who} GET /shop/cart: cart of {body}");
    let mut rows =
        vec![page("alice n1", before), page("alice n1", before), page("bob n2", before), page("bob n2", before)];
    rows.push("kill n1".to_owned());
    rows.push(format!("alice n2 {hers}: done"));
    rows.push(format!("bob n2 {his}: done"));
    rows.extend([
        page("alice n2", her_page),
        page("bob n2", his_page),
        page("alice n2", her_page),
        page("bob n2", his_page),
    ]);
    let (status, because) = judged(&rows);
    assert_eq!(status, right, "{because}");
}

#[rstest]
#[case::a_page_without_one("GET /shop/", None, "welcome", "by #1 (GET /shop/ on n1) or by any other answer")]
#[case::in_links(
    "GET /shop/",
    None,
    "<a href='/shop/cart;jsessionid=A.n1'>",
    "the links of #1 (GET /shop/ on n1) carry its id"
)]
#[case::for_a_domain(
    "GET /shop/",
    Some("JSESSIONID=A.n1; Domain=shop.example.com; Path=/shop"),
    "welcome",
    "is for the domain shop.example.com alone"
)]
// Near miss: the cookie is for the host that gave it.
#[case::for_its_host("GET /shop/", Some("JSESSIONID=A.n1; Path=/shop"), "welcome", "it was not asked for again")]
fn why_a_client_has_no_session_is_said(
    #[case] target: &str,
    #[case] cookie: Option<&str>,
    #[case] body: &str,
    #[case] why: &str,
) {
    let given = cookie.map(|_| "A.n1");
    let asked = shop(Guarantee::SessionKept).answered("alice", "n1", target, (None, given), 200, body);
    let asked = cookie.into_iter().fold(asked, Shop::cookie);
    let run = asked.kill("n1").answered("alice", "n2", target, (None, None), 200, body);
    let finding = run.scenario.finding(Guarantee::SessionKept);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    assert!(finding.because.contains(why), "{}", finding.because);
}
