//! Each fault is a verb: what breaks which node, and for how long.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::builder::{StepBuilder, keys, numbers};
use super::load::client;
use crate::model::fault::{Fault, FaultKind};
use crate::model::refusal::Refusal;
use crate::model::state::{State, Unbreakable};
use crate::model::written::{ScenarioError, Written};
use crate::model::{ClientName, Millis, Role, Skew, Target};

/// A fault as it is written.
pub(super) type Broken = (Fault, Target, Option<ClientName>, Option<Millis>);

/// The fault of a verb's name.
pub(super) fn kind(verb: &str) -> Option<FaultKind> {
    FaultKind::ALL.iter().copied().find(|kind| kind.to_string() == verb)
}

/// The keys of a fault's verb.
pub(in crate::model) fn keys(kind: FaultKind) -> Vec<String> {
    let own = kind.about().parameters.iter().map(|parameter| parameter.key);
    let lasting = kind.is_undone_in_place().then_some("for");
    let all = own.chain(lasting).chain(["client"]).map(str::to_owned);
    std::iter::once(kind.to_string()).chain(all).collect()
}

/// The keys of all faults, as an object.
pub(in crate::model) fn schema(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = serde_json::Map::new();
    let target = generator.subschema_for::<Target>();
    for kind in FaultKind::ALL {
        let does = kind.about().does;
        let does = format!("{}{}.", does[..1].to_uppercase(), &does[1..]);
        let mut property = target.clone();
        property.insert("description".to_owned(), does.into());
        properties.insert(kind.to_string(), property.into());
    }
    let faults = Fault::json_schema(generator);
    let variants = faults.get("oneOf").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    for variant in variants {
        let own = variant.get("properties").and_then(serde_json::Value::as_object).cloned().unwrap_or_default();
        for (key, mut property) in own.into_iter().filter(|(key, _)| key != "kind") {
            // One key may be a parameter of several faults.
            let before = properties.get(&key).and_then(|before| before["description"].as_str());
            if let (Some(before), Some(this)) = (before, property["description"].as_str()) {
                property["description"] = format!("{before} Or: {this}").into();
            }
            properties.insert(key, property);
        }
    }
    let mut lasting = generator.subschema_for::<Millis>();
    let what = "After this time a fault is undone, while the scenario goes on.";
    lasting.insert("description".to_owned(), what.into());
    properties.insert("for".to_owned(), lasting.into());
    schemars::json_schema!({ "type": "object", "properties": properties })
}

pub(super) fn read(written: &Written<'_>, kind: FaultKind) -> Result<Broken, ScenarioError> {
    let verb = kind.to_string();
    let Some(node) = written.get::<Target>(&verb)? else {
        return Err(written.refused(Refusal::new(format!("missing node of `{verb}`")), &verb));
    };
    let refused = |refusal| written.refused(refusal, &verb);
    if let Some(parameter) = kind.about().parameters.iter().find(|parameter| !written.keys().contains(&parameter.key)) {
        let message = format!("missing `{}` of `{verb}`, {}", parameter.key, parameter.expected);
        return Err(refused(Refusal::new(message)));
    }
    let fault = written.tagged("kind", &verb, kind.about().parameters.iter().map(|parameter| parameter.key))?;
    let client = match written.get("client")? {
        None if node.role().is_some_and(Role::is_of_a_session) => Some(client(None).map_err(refused)?),
        named => named,
    };
    Ok((fault, node, client, written.get("for")?))
}

pub(super) fn title(fault: Fault, node: &str, lasting: Option<Millis>) -> String {
    let lasting = lasting.map(|time| format!(" for {time}")).unwrap_or_default();
    format!("{}{lasting}", fault.title(node))
}

pub(super) fn apply(
    state: &mut State<'_>,
    fault: Fault,
    node: &Target,
    lasting: Option<Millis>,
) -> Result<(), Refusal> {
    let kind = fault.kind();
    state.must_live(node, None)?;
    if matches!(node.role(), Some(Role::Rotate | Role::Sticky | Role::Victim | Role::Front)) {
        return Err(Refusal::new(format!("`{node}` cannot be a fault target")));
    }
    if let Some(lasting) = lasting {
        if !kind.is_undone_in_place() {
            return Err(Refusal::new(format!("`for` is not valid with `{kind}`"))
                .at("for")
                .help("`restart` brings a node back"));
        }
        if lasting.0 == 0 {
            return Err(Refusal::new("`for` must be greater than zero").at("for"));
        }
    }
    if let Some(Err(Unbreakable::Lasts(before))) = node.node().map(|node| state.nodes.may_break(kind, node)) {
        return Err(lasts(before, &node.to_string()));
    }
    fault.check().map_err(|error| Refusal::new(error.to_string()).at(error.parameter))?;
    let membership = state.topology.cluster.membership;
    if !membership.has_what_breaks(kind) {
        return Err(if kind.needs_api() {
            Refusal::new(format!("membership `{membership}` asks no API server, which the fault could break"))
                .help("`membership = \"kubernetes\"` in [cluster]")
        } else {
            Refusal::new(format!(
                "membership `{membership}` sends no heartbeats of its own, which the fault could drop"
            ))
            .help("`membership = \"multicast\"` in [cluster], or `tribes-partition`")
        });
    }
    match (node.node(), kind.is_undone_in_place()) {
        (Some(name), true) if lasting.is_none() => {
            state.nodes.lasting.entry(name.clone()).or_default().push(kind);
        }
        (Some(name), true) => {
            state.nodes.timed.insert(name.clone());
        }
        (Some(name), false) => {
            if let Some(living) = &mut state.nodes.living {
                living.remove(name);
            }
        }
        (None, false) => state.nodes.living = None,
        _ => {}
    }
    Ok(())
}

/// A fault that must be over first.
pub(in crate::model) fn lasts(before: FaultKind, node: &str) -> Refusal {
    Refusal::new(format!("the {before} of `{node}` still lasts")).help(format!("`heal = \"{node}\"` before it"))
}

impl StepBuilder {
    /// Breaks a node, of a name or a role. The kinds that a file knows as verbs.
    pub fn fault(kind: FaultKind, node: &str) -> Self {
        Self::default().set_word::<Target>(&kind.to_string(), node)
    }

    /// Ends a node's JVM with SIGKILL.
    pub fn kill(node: &str) -> Self {
        Self::fault(FaultKind::Kill, node)
    }

    /// Asks a node to stop.
    pub fn stop(node: &str) -> Self {
        Self::fault(FaultKind::Stop, node)
    }

    /// After this time a fault is undone.
    pub fn lasting(self, time: impl Into<Millis>) -> Self {
        self.set("for", &time.into())
    }
}

numbers! {
    /// How many of a hundred.
    percent: u8;
    /// With which HTTP status an API server answers.
    status: u16;
}

keys! {
    /// How far a clock is skewed.
    by: Skew;
    /// How long packets are held back.
    delay: Millis;
}
