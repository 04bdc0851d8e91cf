//! From recorded requests to the text of a scenario.

use std::collections::BTreeMap;

use super::request::{Recorded, RecordedAnswer};
use super::tokens;
use super::written::{body, table, text};
use crate::cluster::client::forms::{Form, forms};
use crate::cluster::client::resolved;
use crate::model::Texts;
use crate::model::exchange::{Body, Capture, Method, Part};

/// A step in the making.
struct Step {
    /// Key and value of each line.
    verb: (String, String),
    headers: BTreeMap<String, String>,
    body: Option<Body>,
    follow: bool,
    captures: BTreeMap<String, Capture>,
    answer: Option<RecordedAnswer>,
    /// Where it ended.
    path: String,
    /// Whether it ended as a GET.
    gets: bool,
}

/// The scenario of recorded requests: its steps on n1, the end of that node, and the last page once more on n2. `app` is the
/// path of the archive; where nothing is said, it is guessed from the first path.
pub fn scenario(recorded: &[Recorded], app: Option<&str>) -> String {
    let mut steps: Vec<Step> = vec![];
    let mut known = BTreeMap::new();
    let mut requests = recorded.iter().peekable();
    while let Some(request) = requests.next() {
        let mut step = step(request, steps.last());
        let mut last = request;
        // A redirect that was followed is recorded as a request of its own.
        while let Some(next) = requests.next_if(|next| leads_to(last, next)) {
            (step.follow, last) = (true, next);
        }
        (step.answer, step.path, step.gets) = (last.answer.clone(), last.path.clone(), last.method == Method::Get);
        fill_in(&mut step, &mut steps, &mut known);
        steps.push(step);
    }
    let context = recorded.first().and_then(|first| first.path.split(['/', '?', ';']).nth(1)).unwrap_or_default();
    let guessed = if context.is_empty() { "ROOT.war".to_owned() } else { format!("{context}.war") };
    let mut lines = vec![
        "# Made from recorded requests. `tomee-harness explain FILE` describes what it does.".to_owned(),
        "name = \"what was recorded survives the end of its node\"".to_owned(),
        String::new(),
        "[[step]]".to_owned(),
        format!("deploy = {}", text(app.unwrap_or(&guessed))),
        format!("at = {}", text(&format!("/{context}"))),
    ];
    lines.extend(steps.iter().flat_map(Step::lines));
    if let Some(page) = steps.iter().rev().find(|step| step.gets) {
        let get = format!("get = {}", text(&page.path));
        lines.extend(["", "# What a page says twice is compared behind the fault.", "[[step]]"].map(str::to_owned));
        lines.extend([get.clone(), "on = \"n1\"".to_owned(), "times = 2".to_owned()]);
        lines.extend(["", "[[step]]", "kill = \"owner\"", "", "[[step]]"].map(str::to_owned));
        lines.extend([get, "on = \"n2\"".to_owned()]);
    } else {
        lines.extend(["", "[[step]]", "kill = \"owner\""].map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

/// Whether a request is what an answer led to.
fn leads_to(from: &Recorded, to: &Recorded) -> bool {
    let Some(answer) = &from.answer else { return false };
    let location = answer.headers.get("location").filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308));
    let Some(location) = location else { return false };
    let path = resolved(&from.path, location).or_else(|| Recorded::of("GET", location).ok().map(|there| there.path));
    path.is_some_and(|path| path.split('#').next() == Some(to.path.as_str()))
}

fn step(request: &Recorded, before: Option<&Step>) -> Step {
    let verb = (request.method.to_string().to_lowercase(), request.path.clone());
    let plain = Step {
        verb,
        headers: request.headers.clone(),
        body: request.body.clone(),
        follow: false,
        captures: BTreeMap::new(),
        answer: None,
        path: String::new(),
        gets: false,
    };
    let page = before.and_then(|step| Some((step.path.as_str(), step.answer.as_ref()?)));
    match page.and_then(|(path, answer)| submitted(request, path, &answer.body)) {
        Some((selector, said)) => Step { verb: ("submit".to_owned(), selector), body: said, ..plain },
        None => plain,
    }
}

/// The form of the page before that a request sends, and what of its fields is said.
fn submitted(request: &Recorded, page: &str, html: &str) -> Option<(String, Option<Body>)> {
    let Some(Body::Form(sent)) = &request.body else { return None };
    let all = forms(html);
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

/// Puts `${name}` in the places of what earlier answers gave, which are captured there.
fn fill_in(step: &mut Step, earlier: &mut [Step], known: &mut BTreeMap<String, String>) {
    let mut captured = |name: &str, value: &str| -> Option<String> {
        if !tokens::may_be(value) {
            return None;
        }
        if let Some(name) = known.get(value) {
            return Some(format!("${{{name}}}"));
        }
        let found = earlier.iter_mut().rev().find_map(|step| {
            let capture = tokens::place(value, step.answer.as_ref()?)?;
            Some((step, capture))
        });
        let (step, capture) = found?;
        let name = tokens::name(name, known);
        step.captures.insert(name.clone(), capture);
        known.insert(value.to_owned(), name.clone());
        Some(format!("${{{name}}}"))
    };
    let escaped = |text: &str| text.replace("${", "$${");
    for (name, value) in &mut step.headers {
        *value = captured(name, value).unwrap_or_else(|| escaped(value));
    }
    match &mut step.body {
        Some(Body::Form(fields)) => {
            for (name, texts) in fields {
                texts.0.iter_mut().for_each(|value| *value = captured(name, value).unwrap_or_else(|| escaped(value)));
            }
        }
        Some(Body::Multipart(parts)) => {
            for (name, part) in parts {
                if let Part::Field(texts) = part {
                    texts
                        .0
                        .iter_mut()
                        .for_each(|value| *value = captured(name, value).unwrap_or_else(|| escaped(value)));
                }
            }
        }
        Some(Body::Json(document)) => fill_json("value", document, &mut captured),
        Some(Body::Raw(text)) => *text = escaped(text),
        None => {}
    }
    if step.verb.0 != "submit" {
        let path = escaped(&step.verb.1);
        let mut pieces = vec![];
        for piece in path.split_inclusive(['/', '?', '&', '=', ';']) {
            let (value, end) = piece.split_at(piece.trim_end_matches(['/', '?', '&', '=', ';']).len());
            pieces.push(captured("id", value).unwrap_or_else(|| value.to_owned()) + end);
        }
        step.verb.1 = pieces.concat();
    }
}

fn fill_json(name: &str, document: &mut serde_json::Value, captured: &mut impl FnMut(&str, &str) -> Option<String>) {
    use serde_json::Value;
    match document {
        Value::String(text) => *text = captured(name, text).unwrap_or_else(|| text.replace("${", "$${")),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_json(name, item, captured)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| fill_json(name, field, captured)),
        _ => {}
    }
}

impl Step {
    fn lines(&self) -> Vec<String> {
        let (verb, value) = &self.verb;
        let mut lines =
            vec![String::new(), "[[step]]".to_owned(), format!("{verb} = {}", text(value)), "on = \"n1\"".to_owned()];
        if !self.headers.is_empty() {
            let headers = self.headers.iter().map(|(name, value)| (name.clone(), text(value)));
            lines.push(format!("headers = {}", table(headers)));
        }
        if let Some((key, value)) = self.body.as_ref().map(body) {
            lines.push(format!("{key} = {value}"));
        }
        if self.follow {
            lines.push("follow = true".to_owned());
        }
        if !self.captures.is_empty() {
            let captures = self.captures.iter().map(|(name, capture)| (name.clone(), tokens::written(capture)));
            lines.push(format!("capture = {}", table(captures)));
        }
        lines
    }
}
