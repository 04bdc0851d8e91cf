//! From recorded requests to the text of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use super::fill::Filler;
use super::request::{Recorded, Recording};
use super::step::{Step, comment};
use super::tokens::Given;
use super::written::text;
use crate::cluster::client::forms::Form;
use crate::cluster::client::resolved;
use crate::model::Texts;
use crate::model::exchange::{Body, Method};

/// The scenario of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its file, in which each note is a comment.
    pub scenario: String,
    /// What is left out, or not as it was recorded, each in words.
    pub notes: Vec<String>,
}

/// The scenario of recorded requests: its steps on n1, the end of that node, and the last page once more on n2. `app` is the
/// path of the archive; where nothing is said, it is guessed from the first path.
pub fn scenario(recording: &Recording, app: Option<&str>) -> Imported {
    let recorded = &recording.requests;
    let mut steps: Vec<Step> = vec![];
    let (mut known, own) = (BTreeMap::new(), BTreeSet::new());
    let mut requests = recorded.iter().peekable();
    while let Some(request) = requests.next() {
        let mut step = step(request, steps.last());
        let mut last = request;
        // A redirect that was followed is recorded as a request of its own.
        while let Some(next) = requests.next_if(|next| leads_to(last, next)) {
            (step.follow, last) = (true, next);
            step.notes.extend(next.notes.iter().cloned());
        }
        step.notes.extend(leads_away(last));
        (step.answer, step.path) = (last.answer.clone().map(Given::of), last.path.clone());
        let mut filler = Filler { earlier: &mut steps, known: &mut known, cookies: &request.cookies, own: &own };
        filler.step(&mut step);
        step.page = (last.method == Method::Get).then(|| filler.path(&without_session(&last.path).0));
        steps.push(step);
    }
    let general: Vec<String> = recording.notes.iter().cloned().chain(cookies(recorded)).collect();
    let context = recorded.first().and_then(|first| first.path.split(['/', '?', ';']).nth(1)).unwrap_or_default();
    let guessed = if context.is_empty() { "ROOT.war".to_owned() } else { format!("{context}.war") };
    let mut lines =
        vec!["# Made from recorded requests. `tomee-harness explain FILE` describes what it does.".to_owned()];
    lines.extend(general.iter().map(|note| comment(note)));
    lines.extend([
        "name = \"what was recorded survives the end of its node\"".to_owned(),
        String::new(),
        "[[step]]".to_owned(),
        format!("deploy = {}", text(app.unwrap_or(&guessed))),
        format!("at = {}", text(&format!("/{context}"))),
    ]);
    lines.extend(steps.iter().flat_map(Step::lines));
    if let Some(page) = steps.iter().rev().find_map(|step| step.page.as_ref()) {
        let get = format!("get = {}", text(page));
        lines.extend(["", "# What a page says twice is compared behind the fault.", "[[step]]"].map(str::to_owned));
        lines.extend([get.clone(), "on = \"n1\"".to_owned(), "times = 2".to_owned()]);
        lines.extend(["", "[[step]]", "kill = \"owner\"", "", "[[step]]"].map(str::to_owned));
        lines.extend([get, "on = \"n2\"".to_owned()]);
    } else {
        lines.extend(["", "[[step]]", "kill = \"owner\""].map(str::to_owned));
    }
    let of_steps = steps.iter().flat_map(|step| step.notes.iter().map(|note| format!("{}: {note}", step.asks())));
    let notes = general.into_iter().chain(of_steps).collect();
    Imported { scenario: lines.join("\n") + "\n", notes }
}

/// That cookies which no recorded answer had given are not sent.
fn cookies(recorded: &[Recorded]) -> Option<String> {
    let (mut given, mut lacking): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
    for one in recorded {
        let sent = one.cookies.iter().map(|(name, _)| name.as_str());
        lacking.extend(sent.filter(|name| !given.contains(name)));
        let set = one.answer.iter().filter_map(|answer| answer.headers.get("set-cookie")).flat_map(|all| all.lines());
        given.extend(set.filter_map(|line| Some(line.split_once('=')?.0.trim())));
    }
    let names: Vec<&str> = lacking.into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "left out: the cookies {}, which no recorded answer gives: a client sends what the app gives it. If they mean a login, \
             make its steps the first",
            names.join(", ")
        )
    })
}

/// Where a redirect leads to.
fn location(from: &Recorded) -> Option<&String> {
    let answer = from.answer.as_ref().filter(|answer| matches!(answer.status, 301 | 302 | 303 | 307 | 308))?;
    answer.headers.get("location")
}

/// That a redirect leads to another server.
fn leads_away(from: &Recorded) -> Option<String> {
    let there = location(from).filter(|location| location.contains("://"))?;
    let there = Recorded::of("GET", there).ok()?;
    (there.host != from.host).then(|| format!("it leads to {}, which is left out", there.host))
}

/// Whether a request is what an answer led to.
fn leads_to(from: &Recorded, to: &Recorded) -> bool {
    let Some(location) = location(from) else { return false };
    let path = resolved(&from.path, location).or_else(|| Recorded::of("GET", location).ok().map(|there| there.path));
    path.is_some_and(|path| path.split('#').next() == Some(to.path.as_str()))
}

fn step(request: &Recorded, before: Option<&Step>) -> Step {
    let (path, session) = without_session(&request.path);
    let note = "left out: the session id in its path; the client's cookie has it".to_owned();
    let notes = request.notes.iter().cloned().chain(session.then_some(note)).collect();
    let plain = Step {
        verb: (request.method.to_string().to_lowercase(), path),
        headers: request.headers.clone(),
        body: request.body.clone(),
        follow: request.follow,
        notes,
        captures: BTreeMap::new(),
        answer: None,
        path: String::new(),
        page: None,
    };
    let page = before.and_then(|step| Some((step.path.as_str(), step.answer.as_ref()?)));
    match page.and_then(|(path, answer)| submitted(request, path, &answer.forms)) {
        Some((selector, said)) => Step { verb: ("submit".to_owned(), selector), body: said, ..plain },
        None => plain,
    }
}

/// A path without the session id that a server writes into it, and whether there was one.
fn without_session(path: &str) -> (String, bool) {
    const MARK: &str = ";jsessionid=";
    let Some((before, behind)) = path.split_once(MARK) else { return (path.to_owned(), false) };
    let rest = behind.find(['?', '/', ';', '#']).map_or("", |at| &behind[at..]);
    (format!("{before}{rest}"), true)
}

/// The form of the page before that a request sends, and what of its fields is said.
fn submitted(request: &Recorded, page: &str, all: &[Form]) -> Option<(String, Option<Body>)> {
    let Some(Body::Form(sent)) = &request.body else { return None };
    let plain = |path: &str| path.split(';').next().unwrap_or_default().to_owned();
    let goes_there = |form: &&Form| {
        let action = resolved(page, form.action.as_deref().unwrap_or_default());
        form.method == "post" && !form.multipart && action.is_some_and(|action| plain(&action) == plain(&request.path))
    };
    let form = all
        .iter()
        .find(|form| goes_there(form) && form.default_button().is_none_or(|it| sent.contains_key(&it.name)))?;
    let selector = form.selector();
    if all.iter().find(|other| other.is(&selector)) != Some(form) {
        return None;
    }
    let mut own: BTreeMap<&str, Texts> = BTreeMap::new();
    for field in form.fields.iter().filter(|field| field.sent).chain(form.default_button()) {
        own.entry(&field.name).or_default().0.push(field.value.clone());
    }
    if own.keys().any(|name| !sent.contains_key(*name)) {
        return None;
    }
    let said: BTreeMap<String, Texts> = sent
        .iter()
        .filter(|(name, texts)| own.get(name.as_str()) != Some(*texts))
        .map(|(name, texts)| (name.clone(), texts.clone()))
        .collect();
    Some((selector, Some(Body::Form(said)).filter(|body| *body != Body::Form(BTreeMap::new()))))
}
