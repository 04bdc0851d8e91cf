//! SARIF 2.1.0: what editors and code scanning read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::checked::Checked;
use super::json::{JsonPlace, place};
use crate::lint::baseline::fingerprint;
use crate::lint::{Finding, Input, Severity, rules};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn sarif(all: &[Checked]) -> Value {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = vec![];
    let mut notes = vec![];
    for Checked { input, report } in all {
        for finding in &report.findings {
            let print = fingerprint(input, finding);
            let count = seen.entry(print.clone()).or_default();
            *count += 1;
            results.push(result(input, finding, &format!("{print}:{count}")));
        }
        for file in &input.unreadable {
            notes.push(json!({
                "level": "error",
                "message": { "text": format!("{}:{}:{}: {}", file.name, file.error.line, file.error.column, file.error) },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&file.name) } } }],
            }));
        }
    }
    let rules: Vec<Value> = rules::ALL
        .iter()
        .map(|rule| {
            json!({
                "id": rule.code,
                "name": rule.name,
                "shortDescription": { "text": rule.finds },
                "fullDescription": { "text": rule.why },
                "help": { "text": format!("{}\n\nBad:\n{}\n\nGood:\n{}\n\nEvidence: {}", rule.why, rule.bad, rule.good, rule.evidence) },
                "defaultConfiguration": { "level": level(rule.severity) },
                "properties": { "precision": precision(rule.confidence) },
            })
        })
        .collect();
    let is_whole = notes.is_empty();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "tomee-harness", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "invocations": [{ "executionSuccessful": is_whole, "toolExecutionNotifications": notes }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(input: &Input, finding: &Finding, print: &str) -> Value {
    let index = rules::ALL.iter().position(|rule| rule.code == finding.rule.code);
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let related = finding.labels.iter().enumerate().map(|(id, label)| {
        let mut location = location(&place(input, label.file, &label.span, None));
        location["id"] = json!(id + 1);
        location["message"] = json!({ "text": label.text });
        location
    });
    let mut result = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": format!("{}{help}", finding.message) },
        "locations": [location(&place(input, finding.file, &finding.span, None))],
        "partialFingerprints": { "tomeeHarness/v1": print },
        "properties": { "confidence": finding.confidence.to_string(), "element": finding.path },
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Some(fix) = &finding.fix {
        let changes = fix.edits.iter().map(|edit| {
            let at = place(input, edit.file, &edit.span, None);
            json!({
                "artifactLocation": { "uri": uri(at.file()) },
                "replacements": [{ "deletedRegion": region(&at), "insertedContent": { "text": edit.text } }],
            })
        });
        result["fixes"] =
            json!([{ "description": { "text": finding.help }, "artifactChanges": changes.collect::<Vec<_>>() }]);
        if finding.help.is_none() {
            result["fixes"][0]["description"]["text"] = json!("apply the remedy");
        }
    }
    result
}

fn location(place: &JsonPlace) -> Value {
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(place.file()) }, "region": region(place) } })
}

fn region(place: &JsonPlace) -> Value {
    let (line, column, end_line, end_column) = place.numbers();
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// A path as a URI reference; an absolute one has its scheme.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!".contains(&byte);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    scheme.to_owned()
        + &path
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn precision(confidence: crate::lint::Confidence) -> &'static str {
    match confidence {
        crate::lint::Confidence::High => "very-high",
        crate::lint::Confidence::Medium => "medium",
        crate::lint::Confidence::Low => "low",
    }
}
