//! What can be done to a node by a button or a key, with what is asked before it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use tomee_harness::keeper::{ClusterView, NodeRow};
use tomee_harness::model::{FaultKind, NodeName};

/// Something that can be done to a node: a step with the node as its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Deed {
    /// The step's verb, as a scenario writes it.
    pub(super) verb: String,
    /// What it does, in a sentence.
    pub(super) does: String,
    /// What must be said beside the node.
    pub(super) parameters: Vec<Wanted>,
    /// Whether it can be undone by itself after a while.
    pub(super) lasts: bool,
}

/// A parameter of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Wanted {
    pub(super) key: &'static str,
    /// As `expected 1 to 99`.
    pub(super) expected: &'static str,
}

const BACK: [(&str, &str); 2] = [
    ("heal", "undoes what was done to the node and can be undone"),
    ("restart", "starts the node again, which is down"),
];
const AT_THE_FRONT: [(&str, &str); 3] = [
    ("drain", "makes the front give the node no new sessions"),
    ("maint", "makes the front give the node nothing more"),
    ("ready", "makes the front take the node again"),
];

impl Deed {
    fn of(verb: &str) -> Option<Self> {
        if let Some(kind) = FaultKind::ALL.iter().find(|kind| kind.to_string() == verb) {
            let about = kind.about();
            let wanted = about.parameters.iter().map(|of| Wanted { key: of.key, expected: of.expected });
            return Some(Self {
                verb: verb.to_owned(),
                // What a scenario writes in backquotes is no help for somebody who looks.
                does: about.does.replace('`', ""),
                parameters: wanted.collect(),
                lasts: kind.is_undone_in_place(),
            });
        }
        let (verb, does) = BACK.into_iter().chain(AT_THE_FRONT).find(|(known, _)| *known == verb)?;
        Some(Self { verb: verb.to_owned(), does: does.to_owned(), parameters: vec![], lasts: false })
    }

    /// The step that does it; why it is none, where something is missing.
    pub(super) fn step(
        &self,
        node: &NodeName,
        given: &BTreeMap<String, String>,
        lasting: Option<&str>,
    ) -> Result<Map<String, Value>, String> {
        let mut step = Map::new();
        step.insert(self.verb.clone(), node.to_string().into());
        for wanted in &self.parameters {
            let text = given.get(wanted.key).map(|text| text.trim()).filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| format!("missing {} of {}, {}", wanted.key, self.verb, wanted.expected))?;
            // A number is one in a scenario, too; all else is a word.
            let value = text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from);
            step.insert(wanted.key.to_owned(), value);
        }
        if let Some(unknown) = given.keys().find(|key| self.parameters.iter().all(|wanted| wanted.key != **key)) {
            return Err(format!("{} has no {unknown}", self.verb));
        }
        if let Some(time) = lasting.map(str::trim).filter(|time| !time.is_empty()) {
            if !self.lasts {
                return Err(format!("{} cannot be undone after a while", self.verb));
            }
            step.insert("for".to_owned(), time.into());
        }
        Ok(step)
    }
}

/// All that can be done to nodes of a cluster, in the order of the manual.
pub(super) fn known(view: &ClusterView) -> Vec<Deed> {
    let faults = view.possible_faults.iter().map(ToString::to_string);
    let back = BACK.iter().map(|(verb, _)| (*verb).to_owned());
    let front = AT_THE_FRONT.iter().filter(|_| view.front.is_some()).map(|(verb, _)| (*verb).to_owned());
    faults.chain(back).chain(front).filter_map(|verb| Deed::of(&verb)).collect()
}

/// Those of them that fit how a node is now.
pub(super) fn open<'d>(all: &'d [Deed], row: &NodeRow) -> Vec<&'d Deed> {
    let down = row.ended.is_some() || row.state == "host lost" || row.state == "not started";
    let lasting = &row.faults;
    let fits = |deed: &&Deed| match deed.verb.as_str() {
        "restart" => down,
        "heal" => !lasting.is_empty(),
        verb => match FaultKind::ALL.iter().find(|kind| kind.to_string() == verb) {
            Some(kind) => !down && !lasting.iter().any(|lasting| kind.clashes_with(*lasting)),
            None => true,
        },
    };
    all.iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(faults: &[FaultKind]) -> ClusterView {
        let json = json!({
            "name": "lab", "run": "r-1", "folder": "/tmp/r-1", "setting": "", "phase": "up", "nodes": [],
            "possible-faults": faults,
        });
        serde_json::from_value(json).expect("a view")
    }

    fn row(state: &str, faults: &[FaultKind], ended: Option<&str>) -> NodeRow {
        serde_json::from_value(json!({
            "node": "n1", "state": state, "faults": faults, "ended": ended, "apps": [],
        }))
        .expect("a row")
    }

    fn verbs(view: &ClusterView, row: &NodeRow) -> Vec<String> {
        open(&known(view), row).into_iter().map(|deed| deed.verb.clone()).collect()
    }

    #[test]
    fn what_is_offered_is_what_the_machines_can_do_and_the_node_can_take() {
        let all = view(&[FaultKind::Kill, FaultKind::Pause, FaultKind::Partition]);
        assert_eq!(verbs(&all, &row("running", &[], None)), ["kill", "pause", "partition"]);
        assert_eq!(verbs(&all, &row("killed", &[], Some("signal 9"))), ["restart"]);
        assert_eq!(verbs(&all, &row("paused", &[FaultKind::Pause], None)), ["partition", "heal"]);
        assert_eq!(verbs(&all, &row("partition", &[FaultKind::Partition], None)), ["kill", "pause", "heal"]);
    }

    #[test]
    fn a_step_has_all_that_its_fault_needs_and_nothing_else() {
        let deed = |verb| Deed::of(verb).expect("it is known");
        let node = "n1".parse().expect("a node");
        let given = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let step = deed("packet-loss").step(&node, &given(&[("percent", " 30 ")]), Some("5s"));
        assert_eq!(Value::from(step.expect("a step")), json!({"packet-loss": "n1", "percent": 30, "for": "5s"}));
        let step = deed("latency").step(&node, &given(&[("delay", "200ms")]), Some(""));
        assert_eq!(Value::from(step.expect("a step")), json!({"latency": "n1", "delay": "200ms"}));
        let refused = |verb, pairs: &[_], lasting| deed(verb).step(&node, &given(pairs), lasting).expect_err("no step");
        assert!(refused("packet-loss", &[("percent", " ")], None).contains("missing percent"));
        assert!(refused("kill", &[("on", "n2")], None).contains("has no on"));
        assert!(refused("kill", &[], Some("5s")).contains("cannot be undone"));
        assert_eq!(Deed::of("http"), None);
    }
}
