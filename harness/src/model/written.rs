//! A step as it is written: in a file, where each key has its place, or in Rust.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::refusal::Refusal;

/// What is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScenarioError {
    /// One sentence.
    pub message: String,
    /// The bytes of the file that it is about, where it is about some.
    pub span: Option<Range<usize>>,
    /// What to do about it, as the nearest right word.
    pub help: Option<String>,
}

impl ScenarioError {
    pub(super) fn at(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Some(span), help: None }
    }

    pub(crate) fn nowhere(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A step as it is written.
#[derive(Debug, Clone)]
pub(super) struct Written<'t>(Table<'t>);

#[derive(Debug, Clone)]
enum Table<'t> {
    File(Spanned<DeTable<'t>>),
    Rust(serde_json::Map<String, Value>),
}

impl<'t> Written<'t> {
    /// A table of a file.
    pub(super) fn in_file(value: &Spanned<DeValue<'t>>) -> Option<Self> {
        let table = value.get_ref().as_table()?.clone();
        Some(Self(Table::File(Spanned::new(value.span(), table))))
    }

    /// What Rust says.
    pub(super) fn in_rust(table: serde_json::Map<String, Value>) -> Self {
        Self(Table::Rust(table))
    }

    /// Its keys.
    pub(super) fn keys(&self) -> Vec<&str> {
        match &self.0 {
            Table::File(table) => table.get_ref().keys().map(|key| key.get_ref().as_ref()).collect(),
            Table::Rust(table) => table.keys().map(String::as_str).collect(),
        }
    }

    /// The place of the whole.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        match &self.0 {
            Table::File(table) => Some(table.span()),
            Table::Rust(_) => None,
        }
    }

    /// The place of a key itself.
    pub(super) fn place_of_key(&self, key: &str) -> Option<Range<usize>> {
        match &self.0 {
            Table::File(table) => table.get_ref().get_key_value(key).map(|(key, _)| key.span()),
            Table::Rust(_) => None,
        }
    }

    /// The place of a key's value; `with.at` leads into a table.
    pub(super) fn place(&self, path: &str) -> Option<Range<usize>> {
        let Table::File(table) = &self.0 else { return None };
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = table.get_ref().get(first)?;
        let inner = rest.and_then(|rest| value.get_ref().as_table()?.get(rest));
        Some(inner.unwrap_or(value).span())
    }

    /// The value of a key, where it is written.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ScenarioError> {
        match &self.0 {
            Table::File(table) => match table.get_ref().get(key) {
                Some(value) => T::deserialize(toml::de::ValueDeserializer::from(value.clone()))
                    .map(Some)
                    .map_err(|error| refused(&error)),
                None => Ok(None),
            },
            Table::Rust(table) => table.get(key).map(|value| from_rust(value.clone())).transpose(),
        }
    }

    /// All of it as one type. Keys that the type does not have are none of its business.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        match &self.0 {
            Table::File(table) => {
                T::deserialize(toml::de::Deserializer::from(table.clone())).map_err(|error| refused(&error))
            }
            Table::Rust(table) => from_rust(Value::Object(table.clone())),
        }
    }

    /// Some of its keys as a type that a tag chooses.
    pub(super) fn tagged<T: DeserializeOwned>(
        &self,
        tag: &'static str,
        name: &str,
        keys: impl Iterator<Item = &'static str> + Clone,
    ) -> Result<T, ScenarioError> {
        let mut table = serde_json::Map::from_iter([(tag.to_owned(), name.into())]);
        for key in keys.clone() {
            if let Some(value) = self.get(key)? {
                table.insert(key.to_owned(), value);
            }
        }
        from_rust(Value::Object(table)).map_err(|error| {
            let span = keys.into_iter().find_map(|key| self.place(key)).or_else(|| self.place(name));
            ScenarioError { span, ..error }
        })
    }

    /// The tables of a list.
    pub(super) fn tables(&self, key: &str) -> Vec<Self> {
        match &self.0 {
            Table::File(table) => {
                let list = table.get_ref().get(key).and_then(|value| value.get_ref().as_array());
                list.into_iter().flat_map(|list| list.iter()).filter_map(Self::in_file).collect()
            }
            Table::Rust(table) => {
                let list = table.get(key).and_then(Value::as_array);
                let tables = list.into_iter().flatten().filter_map(Value::as_object);
                tables.map(|table| Self::in_rust(table.clone())).collect()
            }
        }
    }

    /// What was refused, at its place: that of the key that it is about, else that of the verb.
    pub(super) fn refused(&self, refusal: Refusal, verb: &str) -> ScenarioError {
        let Refusal { key, message, help } = refusal;
        let span = key.and_then(|key| self.place(key)).or_else(|| self.place(verb)).or_else(|| self.span());
        ScenarioError { message, span, help }
    }
}

fn from_rust<T: DeserializeOwned>(value: Value) -> Result<T, ScenarioError> {
    serde_json::from_value(value).map_err(|error| ScenarioError::nowhere(error.to_string()))
}

/// The mistake that the TOML reader found, on one line, with the nearest right word.
pub(super) fn refused(error: &toml::de::Error) -> ScenarioError {
    let message = error.message().trim_end().replace('\n', ", ");
    let help = super::refusal::of_unknown_word(&message);
    ScenarioError { message, span: error.span(), help }
}
