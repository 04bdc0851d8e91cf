//! A recipe: steps that were done one by one, written as the file of a scenario.

use serde_json::{Map, Value};

use super::verbs;
use crate::model::{Front, Membership, Ports, Timing, Topology};

/// A scenario file in the making.
#[derive(Debug, Clone)]
pub struct Recipe<'a> {
    /// The sentence that names it.
    pub name: &'a str,
    /// What is said above its steps, a line each.
    pub notes: Vec<String>,
    /// The cluster.
    pub topology: &'a Topology,
    /// Its steps as a scenario writes them, each with what is noted of it.
    pub steps: Vec<(&'a Map<String, Value>, Option<&'a str>)>,
}

impl Recipe<'_> {
    /// The file. What is written can be read by [`Scenario::parse`](super::Scenario::parse).
    pub fn text(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            comment(&mut text, note);
        }
        text.push_str(&format!("name = {}\n\n[cluster]\n", quoted(self.name)));
        for (key, value) in cluster(self.topology) {
            text.push_str(&format!("{key} = {value}\n"));
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
fn cluster(topology: &Topology) -> Vec<(&'static str, String)> {
    let spec = &topology.cluster;
    let word = |word: &dyn std::fmt::Display| quoted(&word.to_string());
    let mut keys = vec![("nodes", topology.nodes.len().to_string()), ("server", word(&topology.server))];
    keys.push(("manager", word(&spec.manager)));
    if spec.membership != Membership::default() {
        keys.push(("membership", word(&spec.membership)));
    }
    keys.push(("send-options", word(&spec.send_options)));
    if topology.timing != Timing::default() {
        keys.push(("timing", word(&topology.timing)));
    }
    if topology.ports == Ports::Documented {
        keys.push(("ports", quoted("documented")));
    }
    let list = |all: Vec<String>| format!("[{}]", all.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", "));
    if !topology.jvm.args.is_empty() {
        keys.push(("jvm-args", list(topology.jvm.args.clone())));
    }
    if !topology.jvm.libs.is_empty() {
        keys.push(("libs", list(topology.jvm.libs.iter().map(ToString::to_string).collect())));
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
    use crate::model::Scenario;

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
}
