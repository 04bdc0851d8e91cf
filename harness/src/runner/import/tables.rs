//! Steps that were done one by one, in which what an earlier answer gave becomes a capture of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::fill::Filler;
use super::request::RecordedAnswer;
use super::step::Step;
use super::tokens::{self, Given};
use crate::model::exchange::{Body, Method};

/// A step as a scenario writes it, with what was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct DoneStep {
    /// Its keys.
    pub table: Map<String, Value>,
    /// The last answer, where it is of an app that any request can ask.
    pub answer: Option<RecordedAnswer>,
}

/// Puts `${name}` in the places of tokens that an earlier answer of the same client gave, and captures them there. What a
/// client sent before it was given is the client's own.
pub fn capture(steps: &mut [DoneStep]) {
    let clients: BTreeSet<String> = steps.iter().filter(|step| verb(&step.table).is_some()).map(client).collect();
    for name in clients {
        let (mut earlier, mut known, mut own) = (vec![], BTreeMap::new(), BTreeSet::new());
        let mine = steps.iter_mut().filter(|step| verb(&step.table).is_some() && client(step) == name);
        let mut tables: Vec<&mut Map<String, Value>> = vec![];
        for DoneStep { table, answer } in mine {
            let mut step = read(table);
            let sent = values(&step);
            let mut filler = Filler { earlier: &mut earlier, known: &mut known, cookies: &[], own: &own };
            filler.step(&mut step);
            own.extend(sent.into_iter().filter(|value| !known.contains_key(value)));
            step.answer = answer.clone().map(Given::of);
            earlier.push(step);
            tables.push(table);
        }
        for (table, step) in tables.into_iter().zip(earlier) {
            write(table, step);
        }
    }
}

fn client(step: &DoneStep) -> String {
    step.table.get("client").and_then(Value::as_str).unwrap_or("alice").to_owned()
}

/// The key that says what is asked.
fn verb(table: &Map<String, Value>) -> Option<String> {
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let mut verbs = methods.iter().map(|method| method.to_string().to_lowercase()).chain(["submit".to_owned()]);
    verbs.find(|verb| table.get(verb).is_some_and(Value::is_string))
}

fn read(table: &Map<String, Value>) -> Step {
    let table = plain(&Value::Object(table.clone()));
    let verb = table.as_object().and_then(verb).unwrap_or_default();
    let path = table[&verb].as_str().unwrap_or_default().to_owned();
    let headers = serde_json::from_value(table["headers"].clone()).unwrap_or_default();
    let body = BODIES.into_iter().find_map(|key| {
        let said = table.get(key)?;
        serde_json::from_value::<Body>(Map::from_iter([(key.to_owned(), said.clone())]).into()).ok()
    });
    let (captures, answer, notes) = (BTreeMap::new(), None, vec![]);
    Step { verb: (verb, path), headers, body, follow: false, captures, answer, notes, path: String::new(), page: None }
}

/// The keys of what is sent.
const BODIES: [&str; 3] = ["form", "json", "multipart"];

fn write(table: &mut Map<String, Value>, step: Step) {
    let Step { verb: (verb, path), headers, body, captures, .. } = step;
    table.insert(verb, path.into());
    if !headers.is_empty() {
        let headers: Map<String, Value> = headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        table.insert("headers".to_owned(), headers.into());
    }
    if let Some(Ok(Value::Object(said))) = body.map(serde_json::to_value) {
        table.extend(said);
    }
    let captures = captures.into_iter().filter_map(|(name, capture)| Some((name, serde_json::to_value(capture).ok()?)));
    let captures: Map<String, Value> = captures.collect();
    if !captures.is_empty() {
        table.insert("capture".to_owned(), captures.into());
    }
}

/// All that a step sends and may be a token.
fn values(step: &Step) -> Vec<String> {
    let mut found = step.headers.values().cloned().collect::<Vec<_>>();
    strings(&serde_json::to_value(&step.body).unwrap_or_default(), &mut found);
    found.extend(step.verb.1.split(['/', '?', '&', '=', ';']).map(str::to_owned));
    found.retain(|value| tokens::may_be(value));
    found
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}

/// A document in which a dollar stands for itself, as it was sent.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace("$${", "${").into(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), plain(field))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(table: &Value, answer: Option<&str>) -> DoneStep {
        let answer =
            answer.map(|body| RecordedAnswer { status: 200, body: body.to_owned(), ..RecordedAnswer::default() });
        DoneStep { table: table.as_object().expect("an object").clone(), answer }
    }

    fn captured(mut steps: Vec<DoneStep>) -> Vec<Value> {
        capture(&mut steps);
        steps.into_iter().map(|step| step.table.into()).collect()
    }

    const PAGE: &str = "<form action='/in' method='post'><input type='hidden' name='_csrf' value='k7-123456789'>\
                        <input name='user' value=''></form>";

    #[test]
    fn a_token_that_an_answer_gave_is_captured_there_by_the_client_that_got_it() {
        let page = || step(&json!({"get": "/login", "on": "n1"}), Some(PAGE));
        let sends = |client: &str| {
            step(
                &json!({"post": "/in", "on": "n2", "client": client, "form": {"_csrf": "k7-123456789", "user": "a$${b}"}}),
                None,
            )
        };
        let done = captured(vec![page(), sends("alice"), step(&json!({"kill": "n1"}), None)]);
        assert_eq!(done[0], json!({"get": "/login", "on": "n1", "capture": {"csrf": {"field": "_csrf"}}}));
        assert_eq!(done[1]["form"], json!({"_csrf": "${csrf}", "user": "a$${b}"}));
        assert_eq!(done[2], json!({"kill": "n1"}));
        let other = captured(vec![page(), sends("bob")]);
        assert_eq!(other, [page().table.into(), Value::Object(sends("bob").table)], "bob was given nothing");
    }

    #[test]
    fn what_a_client_sent_first_is_its_own() {
        let sends = |path: &str| json!({"post": path, "form": {"user": "alice2024"}});
        let steps = vec![step(&sends("/in"), Some("Welcome,alice2024!")), step(&sends("/again"), None)];
        assert_eq!(captured(steps), [sends("/in"), sends("/again")]);
        let steps = vec![step(&json!({"get": "/in"}), Some("{\"id\":\"alice2024\"}")), step(&sends("/again"), None)];
        let done = captured(steps);
        assert_eq!(done[0]["capture"], json!({"user": {"json": "/id"}}));
        assert_eq!(done[1]["form"], json!({"user": "${user}"}));
    }
}
