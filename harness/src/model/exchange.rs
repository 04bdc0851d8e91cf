//! Requests to any app: method, path, headers, body, and what is remembered of the answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ContextPath;

/// One request to any app. In path, header values and body, `${name}` stands for a value that the client has captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Exchange {
    /// How it asks.
    #[serde(default, skip_serializing_if = "Method::is_get")]
    pub method: Method,
    /// Path and query, from the root of the server.
    pub path: String,
    /// Headers beside those that every browser sends.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What it sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// What the client keeps of the answer, each by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, Capture>,
}

/// How a request asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    #[default]
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

kebab!(Method);

impl Method {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    fn is_get(&self) -> bool {
        *self == Self::Get
    }
}

/// What a request sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Fields of a form (`application/x-www-form-urlencoded`).
    Form(BTreeMap<String, String>),
    /// A document (`application/json`).
    Json(serde_json::Value),
}

/// Where in an answer a value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case", untagged)]
#[serde(expecting = "a capture is { header = … }, { json = … }, or { after = …, before = … }")]
pub enum Capture {
    /// A header.
    Header {
        /// Its name.
        header: String,
    },
    /// A place in a JSON document.
    Json {
        /// A JSON pointer (RFC 6901), as `/items/0/id`.
        json: String,
    },
    /// What stands between two texts of the body, the first time.
    Between {
        /// The text before it.
        after: String,
        /// The text behind it.
        before: String,
    },
}

impl Capture {
    /// The value, where the answer has one. `header` finds a header's value by its name.
    pub fn of(&self, body: &str, header: impl Fn(&str) -> Option<String>) -> Option<String> {
        match self {
            Self::Header { header: name } => header(name),
            Self::Json { json } => {
                let document: serde_json::Value = serde_json::from_str(body).ok()?;
                Some(match document.pointer(json)? {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
            }
            Self::Between { after, before } => {
                let (_, rest) = body.split_once(after.as_str())?;
                rest.split_once(before.as_str()).map(|(value, _)| value.to_owned())
            }
        }
    }
}

impl Exchange {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        let (headers, capture) = (BTreeMap::new(), BTreeMap::new());
        Self { method: Method::Get, path: path.into(), headers, body: None, capture }
    }

    /// Whether a text is a path that can be asked: from the root of the server, without blanks.
    pub fn is_path(text: &str) -> bool {
        text.starts_with('/') && !text.chars().any(|c| c.is_control() || c == ' ')
    }

    /// The app that it asks, of these: the one with the longest path that its own begins with.
    pub fn context<'c>(&self, contexts: impl IntoIterator<Item = &'c ContextPath>) -> Option<&'c ContextPath> {
        ContextPath::serving(&self.path, contexts)
    }

    /// Whether asking it once more changes nothing, as HTTP has it (RFC 9110, 9.2.1).
    pub fn is_safe(&self) -> bool {
        self.method == Method::Get && self.body.is_none()
    }

    /// The names of the values that it needs.
    pub fn needs(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = vec![&self.path];
        texts.extend(self.headers.values().map(String::as_str));
        match &self.body {
            Some(Body::Form(fields)) => texts.extend(fields.values().map(String::as_str)),
            Some(Body::Json(document)) => strings(document, &mut texts),
            None => {}
        }
        texts.into_iter().flat_map(names).collect()
    }

    /// The request with the captured values in their places; a name without a value stays as it is written.
    #[must_use]
    pub fn filled(&self, values: &BTreeMap<String, String>) -> Self {
        let body = self.body.as_ref().map(|body| match body {
            Body::Form(fields) => {
                Body::Form(fields.iter().map(|(name, value)| (name.clone(), filled(value, values))).collect())
            }
            Body::Json(document) => Body::Json(filled_json(document, values)),
        });
        Self {
            path: filled(&self.path, values),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), filled(value, values))).collect(),
            body,
            ..self.clone()
        }
    }
}

/// The texts in a document.
fn strings<'a>(document: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match document {
        serde_json::Value::String(text) => found.push(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}

/// The names in `${name}`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some((value, rest)) = part.split_once('}').and_then(|(name, rest)| Some((values.get(name)?, rest))) {
            whole.push_str(value);
            whole.push_str(rest);
        } else {
            whole.push_str("${");
            whole.push_str(part);
        }
    }
    whole
}

fn filled_json(document: &serde_json::Value, values: &BTreeMap<String, String>) -> serde_json::Value {
    use serde_json::Value;
    match document {
        Value::String(text) => Value::String(filled(text, values)),
        Value::Array(items) => Value::Array(items.iter().map(|item| filled_json(item, values)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), filled_json(field, values))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_values_take_their_places() {
        let values = BTreeMap::from([("token".to_owned(), "t1".to_owned())]);
        let exchange = Exchange {
            method: Method::Post,
            headers: BTreeMap::from([("X-Token".to_owned(), "${token}".to_owned())]),
            body: Some(Body::Json(serde_json::json!({ "a": ["${token}", 1, "${other}"] }))),
            ..Exchange::get("/shop?t=${token}&x=${")
        };
        assert_eq!(exchange.needs(), ["token", "token", "token", "other"]);
        let filled = exchange.filled(&values);
        assert_eq!(filled.path, "/shop?t=t1&x=${");
        assert_eq!(filled.headers["X-Token"], "t1");
        assert_eq!(filled.body, Some(Body::Json(serde_json::json!({ "a": ["t1", 1, "${other}"] }))));
    }

    #[test]
    fn the_app_of_a_path_is_the_one_with_the_longest_path_above_it() {
        let contexts = ["/", "/shop", "/shop/eu"].map(|path| ContextPath::new(path).expect("a path"));
        let of = |path: &str| Exchange::get(path).context(&contexts).map(ContextPath::as_str);
        for (path, context) in [
            ("/shop", "/shop"),
            ("/shop?x=/shop/eu/", "/shop"),
            ("/shop;jsessionid=1", "/shop"),
            ("/shop/eu/cart", "/shop/eu"),
            ("/shop/europe", "/shop"),
            ("/shopping", "/"),
        ] {
            assert_eq!(of(path), Some(context), "{path}");
        }
        assert_eq!(Exchange::get("/shopping").context(&contexts[1..]), None);
    }

    #[test]
    fn a_value_is_found_in_header_document_and_text() {
        let none = |_: &str| None;
        let header = Capture::Header { header: "X-T".to_owned() };
        assert_eq!(header.of("", |name| (name == "X-T").then(|| "h".to_owned())), Some("h".to_owned()));
        let json = |pointer: &str| Capture::Json { json: pointer.to_owned() };
        assert_eq!(json("/a/0").of(r#"{"a":[7]}"#, none), Some("7".to_owned()));
        assert_eq!(json("/b").of(r#"{"a":[7]}"#, none), None);
        assert_eq!(json("/a").of("<html>", none), None);
        let between = Capture::Between { after: "value=\"".to_owned(), before: "\"".to_owned() };
        assert_eq!(between.of(r#"<input value="x1"><input value="x2">"#, none), Some("x1".to_owned()));
        assert_eq!(between.of("value=\"open", none), None);
    }
}
