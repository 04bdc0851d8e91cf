//! What SARIF 2.1.0 demands of a log file, as far as `lint` writes it: required properties, no others, their kinds and bounds
//! (sections 3.13 to 3.58 of the standard). The standard's own schema is not stored here.

use serde_json::{Map, Value};

/// What is wrong with a log file, each with its place.
pub(crate) fn faults(log: &Value) -> Vec<String> {
    let mut check = Check { faults: vec![] };
    check.log(log);
    check.faults
}

struct Check {
    faults: Vec<String>,
}

const LEVELS: [&str; 4] = ["none", "note", "warning", "error"];

impl Check {
    fn fault(&mut self, at: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{at}: {what}"));
    }

    /// An object with these properties, of which the first ones must be there.
    fn object(&mut self, at: &str, value: &Value, required: &[&str], optional: &[&str]) -> Map<String, Value> {
        let Some(object) = value.as_object() else {
            self.fault(at, "no object");
            return Map::new();
        };
        for name in required.iter().filter(|name| !object.contains_key(**name)) {
            self.fault(at, format!("lacks {name}"));
        }
        for name in
            object.keys().filter(|name| !required.contains(&name.as_str()) && !optional.contains(&name.as_str()))
        {
            self.fault(at, format!("has {name}, which is no property of it"));
        }
        object.clone()
    }

    fn array(&mut self, at: &str, value: &Value, least: usize) -> Vec<Value> {
        match value.as_array() {
            Some(array) if array.len() >= least => array.clone(),
            Some(array) => {
                self.fault(at, format!("has {} items, at least {least} are asked for", array.len()));
                vec![]
            }
            None => {
                self.fault(at, "no array");
                vec![]
            }
        }
    }

    fn text(&mut self, at: &str, value: &Value) -> String {
        match value.as_str() {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => {
                self.fault(at, "no text, or an empty one");
                String::new()
            }
        }
    }

    fn number(&mut self, at: &str, value: &Value, least: u64) -> u64 {
        match value.as_u64() {
            Some(number) if number >= least => number,
            _ => {
                self.fault(at, format!("{value} is no number from {least}"));
                least
            }
        }
    }

    fn one_of(&mut self, at: &str, value: &Value, all: &[&str]) {
        if !value.as_str().is_some_and(|text| all.contains(&text)) {
            self.fault(at, format!("{value} is none of {all:?}"));
        }
    }

    fn log(&mut self, log: &Value) {
        let object = self.object("log", log, &["version", "runs"], &["$schema", "properties"]);
        if log["version"] != "2.1.0" {
            self.fault("version", &log["version"]);
        }
        if let Some(schema) = object.get("$schema") {
            self.uri("$schema", schema);
        }
        for (index, run) in self.array("runs", &log["runs"], 1).iter().enumerate() {
            self.run(&format!("runs[{index}]"), run);
        }
    }

    fn run(&mut self, at: &str, run: &Value) {
        self.object(at, run, &["tool"], &["results", "invocations", "columnKind", "properties"]);
        self.object(&format!("{at}.tool"), &run["tool"], &["driver"], &[]);
        let driver = &run["tool"]["driver"];
        let here = format!("{at}.tool.driver");
        self.object(&here, driver, &["name"], &["semanticVersion", "version", "informationUri", "rules"]);
        self.text(&here, &driver["name"]);
        self.one_of(&format!("{at}.columnKind"), &run["columnKind"], &["utf16CodeUnits", "unicodeCodePoints"]);
        let mut ids = vec![];
        for (index, rule) in self.array(&here, &driver["rules"], 0).iter().enumerate() {
            ids.push(self.rule(&format!("{here}.rules[{index}]"), rule));
        }
        let count = ids.len();
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() != count {
            self.fault(&here, "two rules have one id");
        }
        for (index, invocation) in self.array(at, &run["invocations"], 0).iter().enumerate() {
            self.invocation(&format!("{at}.invocations[{index}]"), invocation);
        }
        for (index, result) in self.array(at, &run["results"], 0).iter().enumerate() {
            self.result(&format!("{at}.results[{index}]"), result, &ids);
        }
    }

    fn rule(&mut self, at: &str, rule: &Value) -> String {
        let optional =
            ["name", "shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration", "properties"];
        let object = self.object(at, rule, &["id"], &optional);
        for name in ["shortDescription", "fullDescription", "help"] {
            if let Some(message) = object.get(name) {
                // A multiformatMessageString.
                self.object(&format!("{at}.{name}"), message, &["text"], &["markdown"]);
                self.text(&format!("{at}.{name}"), &message["text"]);
            }
        }
        if let Some(configuration) = object.get("defaultConfiguration") {
            self.object(at, configuration, &[], &["enabled", "level", "rank", "parameters"]);
            self.one_of(at, &configuration["level"], &LEVELS);
        }
        self.text(at, &rule["id"])
    }

    fn invocation(&mut self, at: &str, invocation: &Value) {
        self.object(at, invocation, &["executionSuccessful"], &["toolExecutionNotifications", "exitCode"]);
        if !invocation["executionSuccessful"].is_boolean() {
            self.fault(at, "executionSuccessful is no boolean");
        }
        for note in self.array(at, &invocation["toolExecutionNotifications"], 0) {
            self.object(at, &note, &["message"], &["level", "locations"]);
            self.one_of(at, &note["level"], &LEVELS);
            self.message(at, &note["message"]);
            for location in self.array(at, &note["locations"], 0) {
                self.location(at, &location);
            }
        }
    }

    fn message(&mut self, at: &str, message: &Value) {
        self.object(at, message, &["text"], &["markdown", "arguments"]);
        self.text(at, &message["text"]);
    }

    fn result(&mut self, at: &str, result: &Value, ids: &[String]) {
        let optional = [
            "ruleId",
            "ruleIndex",
            "level",
            "kind",
            "locations",
            "relatedLocations",
            "partialFingerprints",
            "fixes",
            "properties",
        ];
        let object = self.object(at, result, &["message"], &optional);
        self.message(at, &result["message"]);
        self.one_of(at, &result["level"], &LEVELS);
        let index = usize::try_from(self.number(at, &result["ruleIndex"], 0)).expect("small");
        if ids.get(index).map(String::as_str) != result["ruleId"].as_str() {
            self.fault(at, format!("ruleIndex {index} is not the place of {}", result["ruleId"]));
        }
        for location in self.array(at, &result["locations"], 1) {
            self.location(at, &location);
        }
        let mut seen = vec![];
        for location in object.get("relatedLocations").and_then(Value::as_array).into_iter().flatten() {
            self.location(at, location);
            seen.push(self.number(at, &location["id"], 0));
        }
        if (1..seen.len()).any(|index| seen[..index].contains(&seen[index])) {
            self.fault(at, "two related locations have one id");
        }
        for (name, print) in result["partialFingerprints"].as_object().into_iter().flatten() {
            self.text(&format!("{at}.partialFingerprints.{name}"), print);
        }
        for fix in object.get("fixes").and_then(Value::as_array).into_iter().flatten() {
            self.fix(&format!("{at}.fixes"), fix);
        }
    }

    fn location(&mut self, at: &str, location: &Value) {
        let object = self.object(at, location, &["physicalLocation"], &["id", "message"]);
        if let Some(message) = object.get("message") {
            self.message(at, message);
        }
        let place = &location["physicalLocation"];
        let object = self.object(at, place, &["artifactLocation"], &["region"]);
        self.artifact(at, &place["artifactLocation"]);
        if let Some(region) = object.get("region") {
            self.region(at, region);
        }
    }

    fn artifact(&mut self, at: &str, artifact: &Value) {
        self.object(at, artifact, &["uri"], &["uriBaseId"]);
        self.uri(at, &artifact["uri"]);
    }

    /// A URI reference of RFC 3986; an absolute path has its scheme.
    fn uri(&mut self, at: &str, uri: &Value) {
        let text = self.text(at, uri);
        let is_of_uri = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
        let mut escapes = text.split('%').skip(1);
        if !text.chars().all(is_of_uri)
            || escapes.any(|rest| rest.get(..2).is_none_or(|hex| u8::from_str_radix(hex, 16).is_err()))
        {
            self.fault(at, format!("{text} is no URI"));
        }
        if text.starts_with('/') {
            self.fault(at, format!("{text} is absolute and has no scheme"));
        }
    }

    fn region(&mut self, at: &str, region: &Value) {
        self.object(at, region, &["startLine"], &["startColumn", "endLine", "endColumn"]);
        let place = ["startLine", "startColumn", "endLine", "endColumn"].map(|name| self.number(at, &region[name], 1));
        if (place[2], place[3]) < (place[0], place[1]) {
            self.fault(at, format!("ends before it begins: {region}"));
        }
    }

    fn fix(&mut self, at: &str, fix: &Value) {
        self.object(at, fix, &["artifactChanges"], &["description"]);
        self.message(at, &fix["description"]);
        for change in self.array(at, &fix["artifactChanges"], 1) {
            self.object(at, &change, &["artifactLocation", "replacements"], &[]);
            self.artifact(at, &change["artifactLocation"]);
            for replacement in self.array(at, &change["replacements"], 1) {
                self.object(at, &replacement, &["deletedRegion"], &["insertedContent"]);
                self.region(at, &replacement["deletedRegion"]);
                self.object(at, &replacement["insertedContent"], &["text"], &[]);
            }
        }
    }
}
