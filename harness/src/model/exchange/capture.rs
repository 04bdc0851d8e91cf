//! What a client keeps of an answer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in an answer a value is: in a header, in a cookie, in a JSON document, in a field of a form, or between two texts of the body.
/// An answer that does not have it fails its step, unless it is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Capture {
    /// The name of a header; with `after` and `before` a part of its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The name of a cookie that the client has for the path that was asked, as `XSRF-TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
    /// A JSON pointer (RFC 6901), as `/items/0/id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json: Option<String>,
    /// The name of an `<input>`, `<select>` or `<textarea>` of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The text before it, where that stands the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The text behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// How the value is written there; as it is where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode: Option<Decode>,
    /// Whether an answer may lack it: the value is then the one that was captured before, or empty.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// How a captured value is written in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    /// With HTML's character references, as `&amp;`.
    Html,
}

impl Capture {
    /// A header's value.
    pub fn header(name: impl Into<String>) -> Self {
        Self { header: Some(name.into()), ..Self::default() }
    }

    /// The value of a cookie.
    pub fn cookie(name: impl Into<String>) -> Self {
        Self { cookie: Some(name.into()), ..Self::default() }
    }

    /// A value of a JSON document, by its pointer (RFC 6901), as `/items/0/id`.
    pub fn json(pointer: impl Into<String>) -> Self {
        Self { json: Some(pointer.into()), ..Self::default() }
    }

    /// The value of a form's field.
    pub fn field(name: impl Into<String>) -> Self {
        Self { field: Some(name.into()), ..Self::default() }
    }

    /// What stands between two texts of the body, the first time.
    pub fn between(after: impl Into<String>, before: impl Into<String>) -> Self {
        Self { after: Some(after.into()), before: Some(before.into()), ..Self::default() }
    }

    /// With HTML's character references decoded.
    #[must_use]
    pub fn decoded(self) -> Self {
        Self { decode: Some(Decode::Html), ..self }
    }

    /// That an answer may lack.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// Why it can find nothing, where it cannot.
    pub(in crate::model) fn mistake(&self) -> Option<&'static str> {
        let Self { header, cookie, json, field, after, before, .. } = self;
        let places =
            [header.is_some(), cookie.is_some(), json.is_some(), field.is_some()].into_iter().filter(|is| *is).count();
        let between = after.is_some() || before.is_some();
        let all = [header, cookie, json, field, after, before];
        if all.into_iter().any(|text| text.as_ref().is_some_and(String::is_empty)) && json.as_deref() != Some("") {
            Some("its texts must not be empty")
        } else if places > 1 {
            Some("`header`, `cookie`, `json` and `field` exclude each other")
        } else if between && (cookie.is_some() || json.is_some() || field.is_some()) {
            Some("`after` and `before` are for the body and for a `header`")
        } else if places == 0 && (after.is_none() || before.is_none()) {
            Some("expected `header`, `cookie`, `json`, `field`, or `after` and `before`")
        } else {
            None
        }
    }

    /// What stands between its two texts; the one or the other may be missing.
    pub fn part<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = match &self.after {
            Some(after) => text.split_once(after.as_str())?.1,
            None => text,
        };
        match &self.before {
            Some(before) => Some(text.split_once(before.as_str())?.0),
            None => Some(text),
        }
    }
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![];
        parts.extend(self.header.iter().map(|name| format!("header {name}")));
        parts.extend(self.cookie.iter().map(|name| format!("a cookie {name}")));
        parts.extend(self.json.iter().map(|pointer| format!("JSON {pointer:?}")));
        parts.extend(self.field.iter().map(|name| format!("a field {name}")));
        match (&self.after, &self.before) {
            (Some(after), Some(before)) => parts.push(format!("text between {after:?} and {before:?}")),
            (Some(text), None) => parts.push(format!("text after {text:?}")),
            (None, Some(text)) => parts.push(format!("text before {text:?}")),
            (None, None) => {}
        }
        f.write_str(&parts.join(", "))
    }
}
