//! The verbs of a scenario's steps, those that stand for several steps included, and the keys that belong to each.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use super::ScenarioError;
use super::repetition::{self, COLD_RESTART, REPEAT, ROLLING_RESTART};
use crate::model::refusal::nearest;
use crate::model::step::verb::{Line, keys_of};
use crate::model::step::{self, StepKind, VERBS};
use crate::model::written::Written;
use crate::model::{Expect, FaultKind};

/// One step, as it is written. It is read where the state is known in which it begins; here it is but a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct StepTable;

/// What a step is.
pub(super) enum Verb {
    /// One step of a plan.
    One(Box<StepKind>),
    /// Ends and restarts one node after the other, or all at one time.
    Restarts(repetition::Restarts),
    /// Repeats steps.
    Repeat,
}

/// The keys that any step has.
const COMMON: [&str; 2] = ["say", "expect"];

/// Which keys belong to which verb, the verb itself first.
static KEYS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut generator = SchemaGenerator::default();
    let mut keys = BTreeMap::new();
    for verb in VERBS {
        let all = keys_of(&(verb.schema)(&mut generator));
        for name in verb.names {
            let own = all.iter().filter(|key| *key == name || !verb.names.contains(&key.as_str()));
            keys.insert((*name).to_owned(), own.cloned().collect());
        }
    }
    for (name, schema) in repetition::schemas(&mut generator) {
        keys.insert(name.to_owned(), keys_of(&schema));
    }
    for kind in FaultKind::ALL {
        keys.insert(kind.to_string(), step::fault_keys(*kind));
    }
    keys
});

/// The names of all verbs, in the order of the manual.
pub(super) fn names() -> Vec<String> {
    let plain = VERBS.iter().flat_map(|verb| verb.names).map(|name| (*name).to_owned());
    let several = [ROLLING_RESTART, COLD_RESTART, REPEAT].map(str::to_owned);
    plain.chain(FaultKind::ALL.iter().map(ToString::to_string)).chain(several).collect()
}

/// The one verb of a step; refuses keys that do not belong to it.
pub(super) fn verb(written: &Written<'_>) -> Result<String, ScenarioError> {
    let keys = written.keys();
    let known = |key: &str| COMMON.contains(&key) || KEYS.values().any(|own| own.iter().any(|own| own == key));
    let at = |span: Option<Range<usize>>, message: String| ScenarioError { message, span, help: None };
    if let Some(unknown) = keys.iter().find(|key| !known(key)) {
        let error = at(written.place_of_key(unknown), format!("unknown key `{unknown}`"));
        let words = KEYS.values().flatten().map(String::as_str).chain(COMMON);
        return Err(match nearest(unknown, words) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("a step has one of {}", names().join(", "))),
        });
    }
    let mut verbs = keys.iter().filter(|key| KEYS.contains_key(**key));
    let verb = match (verbs.next(), verbs.next()) {
        (Some(verb), None) => (*verb).to_owned(),
        (Some(one), Some(other)) => {
            let error = at(written.span(), format!("`{one}` and `{other}` exclude each other"));
            return Err(error.help("a step does one thing: write two steps"));
        }
        (None, _) => {
            let error = at(written.span(), "missing verb".to_owned());
            return Err(error.help(format!("one of {}", names().join(", "))));
        }
    };
    let own = &KEYS[&verb];
    match keys.iter().find(|key| !COMMON.contains(key) && !own.iter().any(|own| own == *key)) {
        Some(alien) => {
            let owners = names().into_iter().filter(|name| KEYS[name].iter().any(|own| own == alien));
            let owners: Vec<String> = owners.map(|name| format!("`{name}`")).collect();
            let error = at(written.place(alien), format!("`{alien}` is not valid with `{verb}`"));
            Err(error.help(format!("it belongs to {}", owners.join(", "))))
        }
        None => Ok(verb),
    }
}

impl Verb {
    /// What a step with this verb is, in a state.
    pub(super) fn read(
        written: &Written<'_>,
        verb: &str,
        state: &crate::model::State<'_>,
    ) -> Result<Self, ScenarioError> {
        if let Some(broken) = step::broken(written, verb) {
            return broken.map(|kind| Self::One(Box::new(kind)));
        }
        match verb {
            REPEAT => return Ok(Self::Repeat),
            ROLLING_RESTART | COLD_RESTART => return repetition::restarts(written, verb).map(Self::Restarts),
            _ => {}
        }
        let plain = VERBS.iter().find(|it| it.names.contains(&verb));
        let Some(plain) = plain else { return Err(ScenarioError::nowhere(format!("unknown verb `{verb}`"))) };
        (plain.read)(written, verb, state).map(|kind| Self::One(Box::new(kind)))
    }
}

impl<'de> Deserialize<'de> for StepTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Map::deserialize(deserializer).map(|_| Self)
    }
}

/// The keys of all verbs in one object: an editor then knows each by its own description.
impl JsonSchema for StepTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StepTable".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = serde_json::Map::new();
        let plain: Vec<Schema> = VERBS.iter().map(|verb| (verb.schema)(generator)).collect();
        let several = repetition::schemas(generator).map(|(_, schema)| schema);
        let faults = step::fault_schema(generator);
        for schema in plain.into_iter().chain([faults]).chain(several) {
            if let Some(own) = schema.get("properties").and_then(serde_json::Value::as_object) {
                properties.extend(own.clone());
            }
        }
        let said = [
            ("say", "What a progress line says meanwhile; made from the step where nothing is said."),
            ("expect", "What the last answer of each client must look like."),
        ];
        for (key, description) in said {
            let mut property = match key {
                "say" => generator.subschema_for::<String>(),
                _ => generator.subschema_for::<Expect>(),
            };
            property.insert("description".to_owned(), description.into());
            properties.insert(key.to_owned(), property.into());
        }
        let names: Vec<String> = names().into_iter().map(|name| format!("`{name}`")).collect();
        schemars::json_schema!({
            "type": "object",
            "description": format!("One step: exactly one verb ({}) and what belongs to it.", names.join(", ")),
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// A row of the manual's table of verbs: as it is written, what it does, and the keys that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbRow {
    /// The verb as it is written.
    pub written: String,
    /// What it does.
    pub does: String,
    /// The keys that belong to it.
    pub keys: Vec<String>,
}

/// The rows of the manual: one for each verb that is no fault, and one for each fault.
pub fn manual() -> (Vec<VerbRow>, Vec<VerbRow>) {
    let row = |names: &[&str], line: &Line| {
        let keys = line.keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        let own = || KEYS[names[0]].iter().filter(|key| !names.contains(&key.as_str())).cloned().collect();
        VerbRow { written: line.written.to_owned(), does: line.does.to_owned(), keys: keys.unwrap_or_else(own) }
    };
    let plain = VERBS.iter().flat_map(|verb| verb.lines.iter().map(move |line| row(verb.names, line)));
    let several = repetition::LINES.iter().map(|(name, line)| row(&[name], line));
    let faults = FaultKind::ALL.iter().map(|kind| {
        let keys = step::fault_keys(*kind).into_iter().skip(1).collect();
        VerbRow { written: kind.to_string(), does: kind.about().does.to_owned(), keys }
    });
    (plain.chain(several).collect(), faults.collect())
}
