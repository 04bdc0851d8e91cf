//! Values as a scenario writes them.

use std::collections::BTreeMap;

use crate::model::Texts;
use crate::model::exchange::{Body, Part};

/// Fields by their names, each with its values in their order.
pub(super) fn fields(pairs: Vec<(String, String)>) -> BTreeMap<String, Texts> {
    let mut fields: BTreeMap<String, Texts> = BTreeMap::new();
    for (name, value) in pairs {
        fields.entry(name).or_default().0.push(value);
    }
    fields
}

/// Whether a document has nothing that TOML lacks.
pub(super) fn can_be_toml(document: &serde_json::Value) -> bool {
    use serde_json::Value;
    match document {
        Value::Null => false,
        Value::Array(items) => items.iter().all(can_be_toml),
        Value::Object(fields) => fields.values().all(can_be_toml),
        Value::Number(number) => number.as_u64().is_none_or(|number| i64::try_from(number).is_ok()),
        Value::Bool(_) | Value::String(_) => true,
    }
}

/// A text as a string of TOML.
pub(super) fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A name as a key of TOML.
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { name.to_owned() } else { text(name) }
}

/// A table on one line.
pub(super) fn table(pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{} = {value}", key(&name))).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

/// What is sent, as key and value.
pub(super) fn body(body: &Body) -> (&'static str, String) {
    let value = match body {
        Body::Form(fields) => table(fields.iter().map(|(name, texts)| (name.clone(), self::texts(texts)))),
        Body::Json(document) => json(document),
        Body::Multipart(parts) => table(parts.iter().map(|(name, part)| (name.clone(), self::part(part)))),
        Body::Raw(raw) => text(raw),
    };
    (body.key(), value)
}

fn texts(texts: &Texts) -> String {
    let all: Vec<String> = texts.iter().map(text).collect();
    match &all[..] {
        [one] => one.clone(),
        _ => format!("[{}]", all.join(", ")),
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Field(texts) => self::texts(texts),
        Part::File(file) => {
            let name = [("file-name", Some(&file.file_name)), ("content-type", file.content_type.as_ref())];
            let said = name.into_iter().chain([("content", Some(&file.content))]);
            table(said.filter_map(|(key, value)| Some((key.to_owned(), text(value?)))))
        }
    }
}

fn json(document: &serde_json::Value) -> String {
    use serde_json::Value;
    match document {
        Value::Object(fields) => {
            // By their names: a feature of serde_json that any crate may turn on decides in which order they stand.
            let fields: BTreeMap<_, _> = fields.iter().collect();
            table(fields.into_iter().map(|(name, value)| (name.clone(), json(value))))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}
