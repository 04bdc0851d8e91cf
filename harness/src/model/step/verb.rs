//! The verbs of a scenario: what each is called, which keys belong to it, how it is read, and what the manual says of it.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::model::state::State;
use crate::model::written::{ScenarioError, Written};

/// A verb, or several that are read alike.
#[derive(Debug, Clone, Copy)]
pub struct Verb<S> {
    /// What it is called.
    pub names: &'static [&'static str],
    /// What the manual says of it.
    pub lines: &'static [Line],
    /// The object of its keys, the verb itself among them.
    pub(in crate::model) schema: fn(&mut SchemaGenerator) -> Schema,
    /// What is done, as it is written, in a state.
    pub(in crate::model) read: Reader<S>,
}

/// Reads what is written with a verb of this name.
pub(in crate::model) type Reader<S> = fn(&Written<'_>, &str, &State<'_>) -> Result<S, ScenarioError>;

/// A line of the manual's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The verb as it is written, as `restart = "n1"`.
    pub written: &'static str,
    /// What it does.
    pub does: &'static str,
    /// The keys that belong to it, where that are not all of the verb.
    pub keys: Option<&'static [&'static str]>,
}

impl Line {
    /// A line about all that a verb can have.
    pub(in crate::model) const fn of(written: &'static str, does: &'static str) -> Self {
        Self { written, does, keys: None }
    }

    /// A line about some of it.
    pub(in crate::model) const fn with(self, keys: &'static [&'static str]) -> Self {
        Self { keys: Some(keys), ..self }
    }
}

/// The keys of an object's schema, in the order of the type's fields.
pub(in crate::model) fn keys_of(schema: &Schema) -> Vec<String> {
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

/// The schema of a verb's keys.
pub(in crate::model) fn schema<K: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    K::json_schema(generator)
}

/// What is written with a verb as its keys, and what its file makes of them.
pub(in crate::model) fn read<K: serde::de::DeserializeOwned, S>(
    written: &Written<'_>,
    verb: &str,
    make: impl FnOnce(K) -> Result<S, crate::model::refusal::Refusal>,
) -> Result<S, ScenarioError> {
    make(written.read()?).map_err(|refusal| written.refused(refusal, verb))
}
