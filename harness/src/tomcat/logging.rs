//! `conf/logging.properties` with one more handler: its own file, a format that names the true logger, and
//! `DeltaManager` at FINE (lost deltas show only there) without a FINE line in the user's own logs.
//!
//! The stock handlers let FINE through, so `DeltaManager` gets a handler list of its own: ours, and a twin of each of
//! the root's handlers at INFO. The user's handlers and levels stay as they are.

use std::collections::BTreeMap;

/// The handler's name as `logging.properties` has it (juli: digits and a word distinguish two of one class).
const HANDLER: &str = "9harness.org.apache.juli.FileHandler";
const DELTA_MANAGER: &str = "org.apache.catalina.ha.session.DeltaManager";

/// Our handler: flushed on every record, so that the last line before a kill is there; UTF-8; each record begins with
/// U+001E, which no server writes.
const PROPERTIES: &str = r"
# Added by tomee-harness: one more handler, with a file of its own.
9harness.org.apache.juli.FileHandler.level = ALL
9harness.org.apache.juli.FileHandler.directory = ${catalina.base}/harness/log
9harness.org.apache.juli.FileHandler.prefix = harness
9harness.org.apache.juli.FileHandler.suffix = .log
9harness.org.apache.juli.FileHandler.rotatable = false
9harness.org.apache.juli.FileHandler.maxDays = -1
9harness.org.apache.juli.FileHandler.bufferSize = -1
9harness.org.apache.juli.FileHandler.encoding = UTF-8
9harness.org.apache.juli.FileHandler.formatter = java.util.logging.SimpleFormatter
9harness.java.util.logging.SimpleFormatter.format = \u001e%1$tQ|%4$s|%3$s|%2$s|%5$s%6$s%n
";

/// The distribution's `logging.properties` with our handler in it.
pub(super) fn with_harness_handler(stock: &str) -> String {
    let lines = logical_lines(stock);
    let values: BTreeMap<&str, &str> = lines.iter().filter_map(|line| property(line)).collect();
    let twins = twins(&values);
    let mut text = String::new();
    for line in &lines {
        match property(line) {
            // A user's own setting for DeltaManager would fight with ours.
            Some((key, _)) if key == format!("{DELTA_MANAGER}.level") || key == format!("{DELTA_MANAGER}.handlers") => {
                continue;
            }
            Some(("handlers", value)) => {
                let all: Vec<&str> = twins.iter().map(|twin| twin.name.as_str()).collect();
                text.push_str(&format!("handlers = {}", joined(value, &[&[HANDLER], all.as_slice()].concat())));
            }
            Some((key, value)) if key.ends_with(".handlers") => {
                text.push_str(&format!("{key} = {}", joined(value, &[HANDLER])));
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text.push_str(PROPERTIES);
    for twin in &twins {
        for (key, value) in &twin.properties {
            text.push_str(&format!("{}.{key} = {value}\n", twin.name));
        }
    }
    let own: Vec<&str> = std::iter::once(HANDLER).chain(twins.iter().map(|twin| twin.name.as_str())).collect();
    text.push_str(&format!("{DELTA_MANAGER}.level = FINE\n{DELTA_MANAGER}.handlers = {}\n", own.join(", ")));
    text
}

/// A handler like one of the root's, at INFO.
struct Twin {
    name: String,
    properties: Vec<(String, String)>,
}

fn twins(values: &BTreeMap<&str, &str>) -> Vec<Twin> {
    let root = values.get(".handlers").or_else(|| values.get("handlers")).copied().unwrap_or_default();
    let handlers = root.split(',').map(str::trim).filter(|handler| !handler.is_empty());
    handlers
        .enumerate()
        .map(|(index, handler)| {
            let prefix = format!("{handler}.");
            let mut properties: Vec<(String, String)> = values
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, *value)))
                .filter(|(key, _)| *key != "level")
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            properties.push(("level".to_owned(), at_least_info(values.get(format!("{prefix}level").as_str()))));
            Twin { name: format!("8{index}harness.{}", class_of(handler)), properties }
        })
        .collect()
}

/// A handler's class: its name without juli's prefix of digits, letters and a dot.
fn class_of(handler: &str) -> &str {
    if handler.starts_with(|c: char| c.is_ascii_digit()) {
        handler.split_once('.').map_or(handler, |(_, class)| class)
    } else {
        handler
    }
}

fn at_least_info(level: Option<&&str>) -> String {
    match level {
        Some(&level @ ("WARNING" | "SEVERE" | "OFF")) => level.to_owned(),
        _ => "INFO".to_owned(),
    }
}

fn joined(value: &str, more: &[&str]) -> String {
    let mut all: Vec<&str> = value.split(',').map(str::trim).filter(|handler| !handler.is_empty()).collect();
    all.extend(more);
    all.join(", ")
}

/// Lines with their continuations joined.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut continues = false;
    for line in text.lines() {
        let (part, more) = match line.strip_suffix('\\') {
            Some(part) if !line.trim_start().starts_with('#') => (part, true),
            _ => (line, false),
        };
        match lines.last_mut() {
            Some(last) if continues => last.push_str(part.trim_start()),
            _ => lines.push(part.to_owned()),
        }
        continues = more;
    }
    lines
}

/// Key and value of a line; `None` for comments and empty lines.
fn property(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', '!']) {
        return None;
    }
    line.split_once(['=', ':']).map(|(key, value)| (key.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = "\
handlers = 1catalina.org.apache.juli.AsyncFileHandler, \\
           java.util.logging.ConsoleHandler
.handlers = 1catalina.org.apache.juli.AsyncFileHandler, java.util.logging.ConsoleHandler
# a comment
1catalina.org.apache.juli.AsyncFileHandler.level = FINE
1catalina.org.apache.juli.AsyncFileHandler.directory = ${catalina.base}/logs
java.util.logging.ConsoleHandler.level = WARNING
org.apache.catalina.core.ContainerBase.[Catalina].[localhost].handlers = 2localhost.org.apache.juli.AsyncFileHandler
org.apache.catalina.ha.session.DeltaManager.level = OFF
";

    #[test]
    fn our_handler_is_added_everywhere_and_fine_lines_reach_it_alone() {
        insta::assert_snapshot!(with_harness_handler(STOCK).replace(PROPERTIES, "(our handler)\n"));
    }
}
