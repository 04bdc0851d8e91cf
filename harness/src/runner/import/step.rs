//! A step, and how it is written.

use std::collections::BTreeMap;

use super::tokens::{self, Given};
use super::written::{body, table, text};
use crate::model::exchange::{Body, Capture};

/// A step in the making.
pub(super) struct Step {
    /// Key and value of each line.
    pub(super) verb: (String, String),
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Body>,
    pub(super) follow: bool,
    pub(super) captures: BTreeMap<String, Capture>,
    pub(super) answer: Option<Given>,
    /// What of the request it does not do as it was recorded.
    pub(super) notes: Vec<String>,
    /// Where it ended.
    pub(super) path: String,
    /// The page that it ended at, as a step asks it, where that was by GET.
    pub(super) page: Option<String>,
}

impl Step {
    /// What it does, as `POST /shop/cart`.
    pub(super) fn asks(&self) -> String {
        let (verb, value) = &self.verb;
        if verb == "submit" { format!("{verb} {value}") } else { format!("{} {value}", verb.to_uppercase()) }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let (verb, value) = &self.verb;
        let mut lines = vec![String::new()];
        lines.extend(self.notes.iter().map(|note| comment(note)));
        lines.extend(["[[step]]".to_owned(), format!("{verb} = {}", text(value)), "on = \"n1\"".to_owned()]);
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

/// A note as a comment, which has one line.
pub(super) fn comment(note: &str) -> String {
    let one_line: String = note.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("# NOTE: {one_line}")
}
