//! What a request sends.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fill::{Missing, Values, filled};
use crate::model::texts::Texts;

/// What a request sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Fields of a form (`application/x-www-form-urlencoded`), each with its value or its values.
    Form(BTreeMap<String, Texts>),
    /// A document (`application/json`).
    Json(serde_json::Value),
    /// Parts of a form (`multipart/form-data`).
    Multipart(BTreeMap<String, Part>),
    /// A text, `text/plain` where the headers do not say otherwise.
    Raw(String),
}

/// One part of a form: a field, or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a text, or { file-name = …, content-type = …, content = … }")]
pub enum Part {
    /// A field's value, or its values.
    Field(Texts),
    /// A file.
    File(FilePart),
}

/// A file that a form sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FilePart {
    /// Its name.
    pub file_name: String,
    /// What it is; `text/plain` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What is in it.
    pub content: String,
}

impl Body {
    /// The key that says it in a scenario.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Form(_) => "form",
            Self::Json(_) => "json",
            Self::Multipart(_) => "multipart",
            Self::Raw(_) => "body",
        }
    }

    /// The fields of a form with their values, without its files; none of what is no form.
    pub(crate) fn fields(&self) -> Vec<(&str, &Texts)> {
        match self {
            Self::Form(fields) => fields.iter().map(|(name, values)| (name.as_str(), values)).collect(),
            Self::Multipart(parts) => {
                let fields = parts.iter().filter_map(|(name, part)| match part {
                    Part::Field(values) => Some((name.as_str(), values)),
                    Part::File(_) => None,
                });
                fields.collect()
            }
            Self::Json(_) | Self::Raw(_) => vec![],
        }
    }

    /// All texts of it in which a name may stand.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Form(fields) => fields.values().flat_map(Texts::iter).collect(),
            Self::Json(document) => {
                let mut found = vec![];
                strings(document, &mut found);
                found
            }
            Self::Multipart(parts) => parts.values().flat_map(Part::texts).collect(),
            Self::Raw(text) => vec![text],
        }
    }

    /// It with the values in their places.
    pub(super) fn filled(&self, values: &Values) -> Result<Self, Missing> {
        Ok(match self {
            Self::Form(fields) => Self::Form(filled_form(fields, values)?),
            Self::Json(document) => Self::Json(filled_json(document, values)?),
            Self::Multipart(parts) => {
                let parts = parts.iter().map(|(name, part)| Ok((name.clone(), part.filled(values)?)));
                Self::Multipart(parts.collect::<Result<_, Missing>>()?)
            }
            Self::Raw(text) => Self::Raw(filled(text, values)?),
        })
    }
}

impl Part {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Field(texts) => texts.iter().collect(),
            Self::File(file) => vec![&file.content],
        }
    }

    fn filled(&self, values: &Values) -> Result<Self, Missing> {
        Ok(match self {
            Self::Field(texts) => Self::Field(filled_texts(texts, values)?),
            Self::File(file) => Self::File(FilePart { content: filled(&file.content, values)?, ..file.clone() }),
        })
    }
}

fn filled_texts(texts: &Texts, values: &Values) -> Result<Texts, Missing> {
    texts.iter().map(|text| filled(text, values)).collect::<Result<_, _>>().map(Texts)
}

fn filled_form(fields: &BTreeMap<String, Texts>, values: &Values) -> Result<BTreeMap<String, Texts>, Missing> {
    fields.iter().map(|(name, texts)| Ok((name.clone(), filled_texts(texts, values)?))).collect()
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

fn filled_json(document: &serde_json::Value, values: &Values) -> Result<serde_json::Value, Missing> {
    use serde_json::Value;
    Ok(match document {
        Value::String(text) => Value::String(filled(text, values)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| filled_json(item, values)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| Ok((name.clone(), filled_json(field, values)?)));
            Value::Object(fields.collect::<Result<_, Missing>>()?)
        }
        other => other.clone(),
    })
}
