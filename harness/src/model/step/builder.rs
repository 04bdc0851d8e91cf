//! Steps in Rust: what is common to all of them. Each verb's file has its own constructor and keys.

use serde::Serialize;

use crate::model::written::ScenarioError;
use crate::model::{ClientName, ContextPath, Expect, Millis, Target};

/// A step in the making: a verb, and what belongs to it. An invalid name is an error of
/// [`ScenarioBuilder::read`](crate::model::scenario::ScenarioBuilder::read).
#[derive(Debug, Clone, Default)]
#[must_use = "a step belongs into a scenario"]
pub struct StepBuilder {
    pub(in crate::model) table: serde_json::Map<String, serde_json::Value>,
    pub(in crate::model) error: Option<ScenarioError>,
}

impl StepBuilder {
    /// A step as a file writes it, as `{"kill": "n1"}`. What is wrong with it is an error of
    /// [`ScenarioBuilder::read`](crate::model::scenario::ScenarioBuilder::read).
    pub fn of_table(table: serde_json::Map<String, serde_json::Value>) -> Self {
        Self { table, error: None }
    }
}

/// The key of a field: the word `for` is Rust's.
pub(in crate::model) fn key(name: &str) -> String {
    name.replace('_', "-")
}

/// Verbs that take a value as it is.
macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl $crate::model::step::StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(value: impl Into<$type>) -> Self {
                    Self::default().set(&$crate::model::step::builder::key(stringify!($name)), &value.into())
                }
            )+
        }
    };
}

/// Verbs that take a word that must be a name.
macro_rules! named_verbs {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl $crate::model::step::StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(word: &str) -> Self {
                    Self::default().set_word::<$type>(&$crate::model::step::builder::key(stringify!($name)), word)
                }
            )+
        }
    };
}

/// What belongs to a verb.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl $crate::model::step::StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(self, value: impl Into<$type>) -> Self {
                    self.set(&$crate::model::step::builder::key(stringify!($name)), &value.into())
                }
            )+
        }
    };
}

/// Numbers that belong to a verb, so that they can be written plainly.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl $crate::model::step::StepBuilder {
            $(
                $(#[$doc])*
                pub fn $name(self, number: $type) -> Self {
                    self.set(&$crate::model::step::builder::key(stringify!($name)), &number)
                }
            )+
        }
    };
}

pub(in crate::model) use {keys, named_verbs, numbers, verbs};

keys! {
    /// How long a wait may take, or a look until it shows what is expected.
    within: Millis;
    /// What the answers must look like.
    expect: Expect;
}

impl StepBuilder {
    /// What a progress line says meanwhile.
    pub fn say(self, words: impl Into<String>) -> Self {
        self.set("say", &words.into())
    }

    /// Who asks, or whose session a role is about.
    pub fn client(self, name: &str) -> Self {
        self.set_word::<ClientName>("client", name)
    }

    /// The node that is asked, waited for, or given an app.
    pub fn on(self, node: &str) -> Self {
        self.set_word::<Target>("on", node)
    }

    /// Where the app is served.
    pub fn at(self, context: &str) -> Self {
        self.set_word::<ContextPath>("at", context)
    }

    /// Says a key.
    pub(in crate::model) fn set(mut self, key: &str, value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => drop(self.table.insert(key.to_owned(), value)),
            Err(error) => drop(self.error.get_or_insert(ScenarioError::nowhere(error.to_string()))),
        }
        self
    }

    /// Says a key by a word that must be a name; one that is none is refused later.
    pub(in crate::model) fn set_word<T: std::str::FromStr<Err: std::fmt::Display> + Serialize>(
        mut self,
        key: &str,
        word: &str,
    ) -> Self {
        match word.parse::<T>() {
            Ok(name) => self.set(key, &name),
            Err(error) => {
                self.error.get_or_insert(ScenarioError::nowhere(T::Err::to_string(&error)));
                self
            }
        }
    }
}
