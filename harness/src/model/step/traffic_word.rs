//! What traffic asks, as a scenario says it.

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::app_request::AppRequest;
use crate::model::exchange::Method;

/// `"count"`, as of a `request`; or `{ get = "/shop/cart" }`, `post`, `put`, `patch`, `delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TrafficWord {
    /// The counter app.
    Counter(AppRequest),
    /// Any app.
    Any(PathWord),
}

/// A method with a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PathWord {
    /// A GET of a path.
    Get(String),
    /// A POST to a path.
    Post(String),
    /// A PUT to a path.
    Put(String),
    /// A PATCH of a path.
    Patch(String),
    /// A DELETE of a path.
    Delete(String),
}

impl PathWord {
    /// The method, and the path.
    pub(in crate::model) fn parts(&self) -> (Method, &str) {
        match self {
            Self::Get(path) => (Method::Get, path),
            Self::Post(path) => (Method::Post, path),
            Self::Put(path) => (Method::Put, path),
            Self::Patch(path) => (Method::Patch, path),
            Self::Delete(path) => (Method::Delete, path),
        }
    }
}

impl TrafficWord {
    /// Traffic that makes GETs of a path.
    pub fn get(path: impl Into<String>) -> Self {
        Self::Any(PathWord::Get(path.into()))
    }

    /// Traffic that makes POSTs to a path.
    pub fn post(path: impl Into<String>) -> Self {
        Self::Any(PathWord::Post(path.into()))
    }
}

/// What is between the braces.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathTable {
    get: Option<String>,
    post: Option<String>,
    put: Option<String>,
    patch: Option<String>,
    delete: Option<String>,
}

impl PathTable {
    /// The one method that it names.
    fn word(self) -> Option<PathWord> {
        let Self { get, post, put, patch, delete } = self;
        let all = [
            get.map(PathWord::Get),
            post.map(PathWord::Post),
            put.map(PathWord::Put),
            patch.map(PathWord::Patch),
            delete.map(PathWord::Delete),
        ];
        let mut all = all.into_iter().flatten();
        all.next().filter(|_| all.next().is_none())
    }
}

impl From<AppRequest> for TrafficWord {
    fn from(request: AppRequest) -> Self {
        Self::Counter(request)
    }
}

/// Takes either form and keeps the message of the one that was meant.
impl<'de> Deserialize<'de> for TrafficWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = TrafficWord;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a request to the counter app, or { get = \"/path\" }")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
                AppRequest::deserialize(StrDeserializer::new(word)).map(TrafficWord::Counter)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let word = PathTable::deserialize(MapAccessDeserializer::new(map))?.word();
                word.map(TrafficWord::Any).ok_or_else(|| {
                    serde::de::Error::custom("traffic has exactly one of `get`, `post`, `put`, `patch`, `delete`")
                })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}
