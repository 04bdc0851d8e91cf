//! A recipe: steps that were done one by one, written as the file of a scenario.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Scenario, ScenarioError, verbs};
use crate::model::{Front, ManagerKind, Membership, Ports, Timing, Topology};

/// A scenario file in the making.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    /// The sentence that names it.
    pub name: &'a str,
    /// What is said above its steps, a line each.
    pub notes: Vec<String>,
    /// The cluster.
    pub topology: &'a Topology,
    /// What a scenario says beside its steps, where the cluster comes from one.
    pub head: Option<&'a Head>,
    /// Its steps as a scenario writes them, each with what is noted of it.
    pub steps: Vec<(&'a Map<String, Value>, Option<&'a str>)>,
}

/// What a scenario says beside its steps: its cluster, what its nodes have otherwise, and where it is judged as that scenario,
/// what it expects and allows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Head(Map<String, Value>);

/// A scenario's text as tables: what it says beside its steps, and its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    /// What it says beside its steps.
    pub head: Head,
    /// Its steps as it writes them.
    pub steps: Vec<Map<String, Value>>,
}

impl Tables {
    /// Reads a scenario's text for one cell of its matrix, of which this is the topology.
    ///
    /// # Errors
    /// It is no TOML, or no scenario.
    pub fn of(text: &str, topology: &Topology) -> Result<Self, ScenarioError> {
        let mut head: Map<String, Value> =
            toml::from_str(text).map_err(|error| ScenarioError::nowhere(error.message().to_owned()))?;
        let steps = match head.remove("step") {
            None => vec![],
            Some(steps) => serde_json::from_value(steps).map_err(|error| ScenarioError::nowhere(error.to_string()))?,
        };
        let matrix = head.remove("matrix");
        let mut said = head.remove("cluster").and_then(|said| said.as_object().cloned()).unwrap_or_default();
        // What is as in the main job is left out.
        said.retain(|key, _| !matches!(key.as_str(), "membership" | "timing" | "ports" | "jvm-args" | "env" | "libs"));
        for (key, value) in cluster(topology) {
            said.insert(key.to_owned(), value);
        }
        head.insert("cluster".to_owned(), said.into());
        leave_out_other_managers(&mut head, matrix.as_ref(), topology);
        Ok(Self { head: Head(head), steps })
    }
}

impl Tables {
    /// The file of some of its steps.
    pub fn text(&self, topology: &Topology, which: &[usize]) -> String {
        let steps = which.iter().filter_map(|place| self.steps.get(*place)).map(|step| (step, None)).collect();
        let name = self.head.name().unwrap_or("a scenario");
        Recipe { name, notes: vec![], topology, head: Some(&self.head), steps }.text()
    }

    /// Those of some steps that can follow each other: one that cannot where it stands is left out.
    pub fn fitting(&self, topology: &Topology, which: &[usize]) -> Vec<usize> {
        let mut kept = vec![];
        for place in which {
            kept.push(*place);
            if Scenario::parse(self.text(topology, &kept).as_bytes()).is_err() {
                kept.pop();
            }
        }
        kept
    }
}

/// A matrix of Managers may say something about the elements of each; a cell has those of its own Manager.
fn leave_out_other_managers(head: &mut Map<String, Value>, matrix: Option<&Value>, topology: &Topology) {
    let varied = matrix.and_then(|matrix| matrix.get("manager")).and_then(Value::as_array);
    let used =
        |kind| topology.cluster.manager == kind || topology.nodes.iter().any(|node| node.changes.manager == Some(kind));
    let others = [(ManagerKind::Delta, "delta-manager"), (ManagerKind::Backup, "backup-manager")];
    for (kind, element) in others.into_iter().filter(|(kind, _)| !used(*kind)) {
        let name = kind.to_string();
        if !varied.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name.as_str()))) {
            continue;
        }
        let nodes = head.get("node").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
        let paths: Vec<String> = nodes.map(|node| format!("/node/{node}")).chain(["/cluster".to_owned()]).collect();
        for path in paths {
            let mut at = path.split('/').skip(1);
            let root = at.next().and_then(|key| head.get_mut(key));
            let table = at.try_fold(root, |table, key| Some(table?.get_mut(key))).flatten();
            if let Some(elements) = table.and_then(|table| table.get_mut("elements")).and_then(Value::as_object_mut) {
                elements.remove(element);
            }
        }
    }
}

impl Head {
    /// The cluster alone, of what is run on it nothing.
    #[must_use]
    pub fn of_cluster(mut self) -> Self {
        self.0.retain(|key, _| matches!(key.as_str(), "cluster" | "node"));
        self
    }

    /// What it is called, where it is judged as a scenario.
    pub fn name(&self) -> Option<&str> {
        self.0.get("name").and_then(Value::as_str)
    }

    fn table(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get(key).and_then(Value::as_object).into_iter().flatten()
    }

    /// Its keys that are no tables of their own.
    fn keys(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter().filter(|(key, _)| !matches!(key.as_str(), "name" | "cluster" | "node" | "front"))
    }
}

impl Recipe<'_> {
    /// The file. What is written can be read by [`Scenario::parse`](super::Scenario::parse).
    pub fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            comment(&mut text, note);
        }
        text.push_str(&format!("name = {}\n", quoted(self.name)));
        match self.head {
            None => {
                text.push_str("\n[cluster]\n");
                for (key, value) in cluster(self.topology) {
                    text.push_str(&format!("{key} = {}\n", inline(&value)));
                }
            }
            Some(head) => {
                text.extend(head.keys().map(|(key, value)| format!("{} = {}\n", bare(key), inline(value))));
                text.push_str("\n[cluster]\n");
                text.extend(head.table("cluster").map(|(key, value)| format!("{} = {}\n", bare(key), inline(value))));
                for (node, changes) in head.table("node") {
                    text.push_str(&format!("\n[node.{}]\n", bare(node)));
                    let changes = changes.as_object().into_iter().flatten();
                    text.extend(changes.map(|(key, value)| format!("{} = {}\n", bare(key), inline(value))));
                }
            }
        }
        if let Some(front) = &self.topology.front {
            text.push_str("\n[front]\n");
            for (key, value) in front_keys(front) {
                text.push_str(&format!("{} = {}\n", bare(&key), inline(&value)));
            }
        }
        for (step, note) in &self.steps {
            text.push('\n');
            if let Some(note) = note {
                comment(&mut text, note);
            }
            text.push_str("[[step]]\n");
            // A person looks for the verb first.
            let is_verb = |key: &str| verbs::names().iter().any(|name| name == key);
            let (verb, keys): (Vec<_>, Vec<_>) = step.iter().partition(|(key, _)| is_verb(key));
            for (key, value) in verb.into_iter().chain(keys) {
                text.push_str(&format!("{} = {}\n", bare(key), inline(value)));
            }
        }
        text
    }
}

/// What a scenario says of a cluster like this one, key by key. What is as in the main job is left out, but for the server and
/// the number of nodes.
fn cluster(topology: &Topology) -> Vec<(&'static str, Value)> {
    let spec = &topology.cluster;
    let word = |word: &dyn std::fmt::Display| Value::from(word.to_string());
    let mut keys = vec![("nodes", topology.nodes.len().into()), ("server", word(&topology.server))];
    keys.push(("manager", word(&spec.manager)));
    if spec.membership != Membership::default() {
        keys.push(("membership", word(&spec.membership)));
    }
    keys.push(("send-options", word(&spec.send_options)));
    if topology.timing != Timing::default() {
        keys.push(("timing", word(&topology.timing)));
    }
    if topology.ports == Ports::Documented {
        keys.push(("ports", "documented".into()));
    }
    if !topology.jvm.args.is_empty() {
        keys.push(("jvm-args", topology.jvm.args.clone().into()));
    }
    if !topology.jvm.env.is_empty() {
        let env: Map<String, Value> =
            topology.jvm.env.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        keys.push(("env", env.into()));
    }
    if !topology.jvm.libs.is_empty() {
        keys.push(("libs", topology.jvm.libs.iter().map(ToString::to_string).collect::<Vec<_>>().into()));
    }
    keys
}

/// What is said of a balancer, less what is as it is where nothing is said.
fn front_keys(front: &Front) -> Vec<(String, Value)> {
    let object = |front: &Front| match serde_json::to_value(front) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    };
    let usual = object(&Front::default());
    let said = object(front).into_iter();
    said.filter(|(key, value)| key == "balancer" || usual.get(key) != Some(value)).collect()
}

fn comment(text: &mut String, note: &str) {
    for line in note.lines() {
        text.push_str(&format!("# {line}\n"));
    }
}

/// A key, in quotes where it needs them.
fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if plain { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A value on one line. TOML has no null, and no step has one.
fn inline(value: &Value) -> String {
    match value {
        Value::Null => quoted(""),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => one_line(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            // By their names: a feature of serde_json that any crate may turn on decides in which order they stand.
            let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<String> =
                fields.into_iter().map(|(key, value)| format!("{} = {}", bare(key), inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A text in a basic string, also where it has several lines.
fn one_line(text: &str) -> String {
    let mut all = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => all.push_str("\\\""),
            '\\' => all.push_str("\\\\"),
            '\n' => all.push_str("\\n"),
            '\t' => all.push_str("\\t"),
            c if c.is_control() => all.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => all.push(c),
        }
    }
    all.push('"');
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(json: &Value) -> Map<String, Value> {
        json.as_object().expect("an object").clone()
    }

    #[test]
    fn what_is_written_is_read_as_the_same_steps() {
        let mut topology = Topology::of(3).expect("three nodes");
        topology.front = Some(Box::new(Front { fall: 5, ..Front::default() }));
        let steps = [
            table(&serde_json::json!({ "deploy": "counter" })),
            table(&serde_json::json!({ "client": "alice", "get": "/counter/count.jsp?a=\"b\"", "on": "n1" })),
            table(&serde_json::json!({
                "post": "/counter/", "on": "n1", "form": { "a b": "line 1\nline 2\\", "c": "d" }
            })),
            table(&serde_json::json!({ "pause": "n2", "for": "1s" })),
            table(&serde_json::json!({ "kill": "n1" })),
            table(&serde_json::json!({ "get": "/counter/", "on": "front", "client": "alice" })),
            table(&serde_json::json!({ "maint": "n1" })),
            table(&serde_json::json!({ "get": "/counter/", "on": "n3", "client": "alice" })),
        ];
        let noted = steps.iter().map(|step| (step, Some("a note\nof two lines")));
        let recipe = Recipe {
            name: "it's \"so\"",
            notes: vec!["above".to_owned()],
            topology: &topology,
            head: None,
            steps: noted.collect(),
        };
        let text = recipe.text();
        let read = Scenario::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let base = Topology::of(2).expect("two nodes");
        let plan = read.plans(&base).expect("plans").remove(0).plan;
        let built = steps.iter().fold(
            Scenario::builder("it's \"so\"").nodes(3).front(Front { fall: 5, ..Front::default() }),
            |builder, step| builder.step(crate::model::scenario::StepBuilder::of_table(step.clone())),
        );
        let built = built.read().expect("good").plans(&base).expect("plans").remove(0).plan;
        assert_eq!(plan, built, "{text}");
        assert!(text.contains("[[step]]\nget = \"/counter/count.jsp"), "the verb is first: {text}");
    }

    #[test]
    fn what_cannot_follow_is_left_out() {
        let topology = Topology::of(2).expect("two nodes");
        let text = "name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nkill = \"n1\"\n[[step]]\nrestart = \"n1\"\n\
                    [[step]]\nrequest = \"count\"\non = \"n1\"\n";
        let tables = Tables::of(text, &topology).expect("tables");
        assert_eq!(tables.fitting(&topology, &[0, 1, 2, 3]), [0, 1, 2, 3]);
        assert_eq!(tables.fitting(&topology, &[0, 2, 3]), [0, 3], "nothing is to be restarted");
        assert_eq!(tables.fitting(&topology, &[0, 1, 3]), [0, 1], "n1 is dead");
        assert_eq!(tables.fitting(&topology, &[1, 2, 3]), [1, 2], "no app is there");
    }

    /// What is read of a shipped scenario and written again makes the same plan, whatever it says of its cluster.
    #[test]
    fn every_shipped_scenario_is_written_as_it_is_read() {
        let base = Topology::of(2).expect("two nodes");
        for shipped in crate::model::scenario::shipped() {
            let text = String::from_utf8_lossy(shipped.content);
            let scenario = Scenario::parse(shipped.content).unwrap_or_else(|error| panic!("{}: {error}", shipped.name));
            for cell in scenario.plans(&base).expect("plans") {
                let Tables { head, steps } = Tables::of(&text, &cell.plan.topology).expect("tables");
                let recipe = Recipe {
                    name: head.name().expect("a name"),
                    notes: vec![],
                    topology: &cell.plan.topology,
                    head: Some(&head),
                    steps: steps.iter().map(|step| (step, None)).collect(),
                };
                let written = recipe.text();
                let read = Scenario::parse(written.as_bytes())
                    .unwrap_or_else(|error| panic!("{} {}: {error}\n{written}", shipped.name, cell.cell));
                let again = read.plans(&base).expect("plans").remove(0).plan;
                assert_eq!(again, cell.plan, "{} {}\n{written}", shipped.name, cell.cell);
            }
        }
    }
}
