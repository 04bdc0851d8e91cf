//! What an answer gave and a later request sends back.

use std::collections::BTreeMap;

use super::request::RecordedAnswer;
use crate::cluster::client::forms::{Field, Form, forms};
use crate::model::exchange::Capture;

/// A value that is shorter may be anything.
const LEAST: usize = 8;
/// How much of the text before and behind a value is taken to find it.
const AROUND: usize = 24;

/// Whether a value may be a token: long, and no word.
pub(super) fn may_be(value: &str) -> bool {
    value.len() >= LEAST && value.chars().any(|c| c.is_ascii_digit()) && !value.contains(char::is_whitespace)
}

/// What names of values have that an app makes anew for each session or page.
const NAMES: [&str; 7] = ["csrf", "xsrf", "token", "nonce", "viewstate", "requestverification", "execution"];

/// Whether a name is that of a value which an app makes anew for each session or page.
pub(super) fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_', '.'], "");
    NAMES.iter().any(|part| name.contains(part))
}

/// An answer, read once: each value that is sent later is looked for in each of them.
pub(super) struct Given {
    answer: RecordedAnswer,
    pub(super) forms: Vec<Form>,
    document: Option<serde_json::Value>,
}

impl Given {
    pub(super) fn of(answer: RecordedAnswer) -> Self {
        Self { forms: forms(&answer.body), document: serde_json::from_str(&answer.body).ok(), answer }
    }

    fn fields(&self) -> impl Iterator<Item = &Field> {
        self.forms.iter().flat_map(|form| &form.fields)
    }

    /// Whether it has a value in a field of this name, whatever it looks like.
    pub(super) fn has_field(&self, name: &str, value: &str) -> bool {
        self.fields().any(|field| field.name == name && field.value == value)
    }

    /// Where it has a value.
    pub(super) fn place(&self, value: &str) -> Option<Capture> {
        if let Some(field) = self.fields().find(|field| field.value == value) {
            return Some(Capture::field(&field.name));
        }
        if let Some(pointer) = self.document.as_ref().and_then(|document| pointer(document, value)) {
            return Some(Capture::json(pointer));
        }
        let headers = self.answer.headers.iter();
        let (cookies, headers): (Vec<_>, Vec<_>) = headers.partition(|(name, _)| *name == "set-cookie");
        let lines = cookies.iter().flat_map(|(_, lines)| lines.lines());
        let mut set = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        if let Some((name, _)) = set.find(|(_, has)| *has == value) {
            return Some(Capture::cookie(name));
        }
        if let Some((name, _)) = headers.into_iter().find(|(_, has)| *has == value) {
            return Some(Capture::header(name));
        }
        between(value, &self.answer.body)
    }
}

/// The pointer to a value in a document.
fn pointer(document: &serde_json::Value, value: &str) -> Option<String> {
    use serde_json::Value;
    match document {
        Value::String(text) => (text == value).then(String::new),
        Value::Array(items) => {
            let mut found = items.iter().enumerate().filter_map(|(at, item)| Some((at, pointer(item, value)?)));
            found.next().map(|(at, rest)| format!("/{at}{rest}"))
        }
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> = fields.iter().collect();
            let mut found = fields.into_iter().filter_map(|(name, field)| Some((name, pointer(field, value)?)));
            found.next().map(|(name, rest)| format!("/{}{rest}", name.replace('~', "~0").replace('/', "~1")))
        }
        _ => None,
    }
}

/// The texts around the first place of a value by which it is found again.
fn between(value: &str, body: &str) -> Option<Capture> {
    let at = body.find(value)?;
    let line = body[..at].rfind('\n').map_or(0, |end| end + 1);
    let from = body[line..at].char_indices().rev().take(AROUND).last().map_or(at, |(start, _)| line + start);
    let after = &body[from..at];
    let behind = &body[at + value.len()..];
    let before: String = behind.chars().take_while(|c| *c != '\n').take(1).collect();
    let capture = Capture::between(after, &before);
    (!after.is_empty() && !before.is_empty() && capture.part(body) == Some(value)).then_some(capture)
}

/// A capture as a scenario writes it.
pub(super) fn written(capture: &Capture) -> String {
    let Capture { header, cookie, json, field, after, before, .. } = capture;
    let all = [
        ("header", header),
        ("cookie", cookie),
        ("json", json),
        ("field", field),
        ("after", after),
        ("before", before),
    ];
    let said = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), super::written::text(value.as_ref()?))));
    super::written::table(said)
}

/// A name for a captured value, as none has it yet.
pub(super) fn name(wanted: &str, known: &BTreeMap<String, String>) -> String {
    let plain: String =
        wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    let plain = if plain.is_empty() { "value" } else { plain };
    let mut names = std::iter::once(plain.to_owned()).chain((2..).map(|number| format!("{plain}-{number}")));
    names.find(|name| !known.values().any(|known| known == name)).unwrap_or_default()
}
