//! `${name}` in the places of what earlier answers gave, which are captured there.

use std::collections::{BTreeMap, BTreeSet};

use super::step::Step;
use super::tokens;
use crate::model::Texts;
use crate::model::exchange::{Body, Capture, Part};

/// Between what a path is made of.
const OF_PATHS: [char; 5] = ['/', '?', '&', '=', ';'];
/// Between what a text is made of in which tokens may stand.
const OF_TEXTS: [char; 14] = ['"', '\'', '<', '>', '=', '&', ';', ',', ' ', '\n', '|', '{', '}', ':'];

/// Looks for values in the answers of earlier steps.
pub(super) struct Filler<'s> {
    pub(super) earlier: &'s mut [Step],
    /// The name of each value that is captured already.
    pub(super) known: &'s mut BTreeMap<String, String>,
    /// The cookies that the request sent.
    pub(super) cookies: &'s [(String, String)],
    /// Values that the client had sent before anything gave them.
    pub(super) own: &'s BTreeSet<String>,
}

impl Filler<'_> {
    /// Fills a step, and notes what looks like a token and is in no earlier answer.
    pub(super) fn step(&mut self, step: &mut Step) {
        let mut open = vec![];
        for (name, value) in &mut step.headers {
            *value = self.header(name, value, &mut open);
        }
        match &mut step.body {
            Some(Body::Form(fields)) => {
                for (name, texts) in fields {
                    self.texts(name, texts, &mut open);
                }
            }
            Some(Body::Multipart(parts)) => {
                for (name, part) in parts {
                    match part {
                        Part::Field(texts) => self.texts(name, texts, &mut open),
                        Part::File(file) => file.content = escaped(&file.content),
                    }
                }
            }
            Some(Body::Json(document)) => self.json("value", document, &mut open),
            Some(Body::Raw(text)) => *text = self.pieces("value", text, &OF_TEXTS, &mut open),
            None => {}
        }
        if step.verb.0 != "submit" {
            step.verb.1 = self.pieces("id", &step.verb.1, &OF_PATHS, &mut open);
        }
        open.dedup();
        step.notes.extend(open.iter().map(|name| {
            let captured = tokens::name(name, &BTreeMap::new());
            format!(
                "{name} is sent as it was recorded, as no earlier answer has its value. If the app makes it anew each time, capture \
                 it where it is given, as capture = {{ {captured} = {{ field = \"{name}\" }} }}, and write \"${{{captured}}}\" here"
            )
        }));
    }

    /// A path, filled.
    pub(super) fn path(&mut self, path: &str) -> String {
        self.pieces("id", path, &OF_PATHS, &mut vec![])
    }

    /// `${name}` for a value that an earlier answer has.
    fn captured(&mut self, name: &str, value: &str) -> Option<String> {
        if let Some(name) = self.known.get(value) {
            return Some(format!("${{{name}}}"));
        }
        if self.own.contains(value) {
            return None;
        }
        let is_named = tokens::is_name(name);
        let found = self.earlier.iter_mut().rev().find_map(|step| {
            let answer = step.answer.as_ref()?;
            let capture = if tokens::may_be(value) {
                answer.place(value)
            } else {
                (is_named && answer.has_field(name, value)).then(|| Capture::field(name))
            };
            Some((step, capture?))
        });
        let cookie = || self.cookies.iter().find(|(_, of)| tokens::may_be(of) && of == value);
        let (step, capture) = match found {
            Some(found) => found,
            None => (self.earlier.last_mut()?, Capture::cookie(&cookie()?.0)),
        };
        let name = tokens::name(name, self.known);
        step.captures.insert(name.clone(), capture);
        self.known.insert(value.to_owned(), name.clone());
        Some(format!("${{{name}}}"))
    }

    /// A value as a scenario writes it. Its name is open where it looks like a token and nothing gave it.
    fn value(&mut self, name: &str, value: &str, open: &mut Vec<String>) -> String {
        self.captured(name, value).unwrap_or_else(|| {
            if tokens::is_name(name) && !value.is_empty() {
                open.push(name.to_owned());
            }
            escaped(value)
        })
    }

    fn texts(&mut self, name: &str, texts: &mut Texts, open: &mut Vec<String>) {
        for value in &mut texts.0 {
            *value = self.value(name, value, open);
        }
    }

    /// A header, of which a token may be one word, as in `Bearer x`.
    fn header(&mut self, name: &str, value: &str, open: &mut Vec<String>) -> String {
        let Some((scheme, token)) = value.split_once(' ').filter(|(_, token)| tokens::may_be(token)) else {
            return self.value(name, value, open);
        };
        if let Some(token) = self.captured(name, token) {
            return format!("{} {token}", escaped(scheme));
        }
        if scheme.eq_ignore_ascii_case("bearer") || tokens::is_name(name) {
            open.push(name.to_owned());
        }
        escaped(value)
    }

    /// A text of which the pieces between these letters may be tokens. A piece before `=` or `:` names the next one.
    fn pieces(&mut self, plain: &str, text: &str, between: &[char], open: &mut Vec<String>) -> String {
        let text = escaped(text);
        let (mut name, mut filled) = (plain.to_owned(), String::new());
        for piece in text.split_inclusive(between) {
            let value = piece.trim_end_matches(between);
            let behind = &piece[value.len()..];
            let named = if tokens::is_name(&name) { name.clone() } else { plain.to_owned() };
            if let Some(captured) = self.captured(&named, value) {
                filled.push_str(&captured);
            } else {
                if tokens::is_name(&named) && tokens::may_be(value) {
                    open.push(named);
                }
                filled.push_str(value);
            }
            filled.push_str(behind);
            // Quotes and blanks may stand between a name and its value.
            if !value.is_empty() {
                value.clone_into(&mut name);
            }
        }
        filled
    }

    fn json(&mut self, name: &str, document: &mut serde_json::Value, open: &mut Vec<String>) {
        use serde_json::Value;
        match document {
            Value::String(text) => *text = self.value(name, text, open),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(name, item, open)),
            Value::Object(fields) => fields.iter_mut().for_each(|(name, field)| self.json(name, field, open)),
            _ => {}
        }
    }
}

/// A text in which nothing stands for a captured value.
fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}
