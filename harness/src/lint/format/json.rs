//! For programs.

use serde::Serialize;

use super::checked::{Checked, file_count};
use crate::config::{REDACTED, is_secret};
use crate::lint::baseline::fingerprint;
use crate::lint::{Applicability, Confidence, Finding, Input, Severity};

/// A report of `lint`.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonReport {
    /// The version of this form: 1.
    format: u32,
    /// What was found.
    findings: Vec<JsonFinding>,
    /// Files that are not XML.
    unreadable: Vec<JsonUnreadable>,
    /// How much was found.
    summary: JsonSummary,
}

/// How much was found.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub struct JsonSummary {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    suppressed: usize,
    known: usize,
}

/// A place in a file; lines and columns count from 1, columns in characters.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonPlace {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// What is there, for a second place.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Something that a rule has found.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonFinding {
    rule: &'static str,
    name: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: String,
    place: JsonPlace,
    /// The element, from the root down.
    element: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute: Option<String>,
    /// The attribute's value; secrets are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    see: Vec<JsonPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix>,
    /// The same wherever the lines move to.
    fingerprint: String,
}

/// A mechanical remedy.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonFix {
    applicability: Applicability,
    edits: Vec<JsonEdit>,
}

/// One replacement.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonEdit {
    place: JsonPlace,
    text: String,
}

/// A file that is not XML.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct JsonUnreadable {
    file: String,
    line: usize,
    column: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl JsonReport {
    pub(super) fn of(all: &[Checked]) -> Self {
        let findings = all
            .iter()
            .flat_map(|checked| checked.report.findings.iter().map(|finding| json_finding(&checked.input, finding)));
        let unreadable = all.iter().flat_map(|checked| &checked.input.unreadable).map(|file| JsonUnreadable {
            file: file.name.clone(),
            line: file.error.line,
            column: file.error.column,
            message: file.error.to_string(),
            help: file.error.hint(),
        });
        let mut summary = JsonSummary::default();
        for Checked { input, report } in all {
            summary.files += file_count(input);
            summary.errors += report.count(Severity::Error);
            summary.warnings += report.count(Severity::Warning);
            summary.infos += report.count(Severity::Info);
            summary.suppressed += report.suppressed;
            summary.known += report.known;
        }
        Self { format: 1, findings: findings.collect(), unreadable: unreadable.collect(), summary }
    }
}

pub(super) fn place(input: &Input, file: usize, span: &std::ops::Range<usize>, text: Option<String>) -> JsonPlace {
    let source = &input.files[file];
    let ((line, column), (end_line, end_column)) = (source.position(span.start), source.position(span.end));
    JsonPlace { file: source.name.clone(), line, column, end_line, end_column, text }
}

fn json_finding(input: &Input, finding: &Finding) -> JsonFinding {
    let secret = finding.attribute.as_deref().is_some_and(is_secret);
    let see = finding.labels.iter().map(|label| place(input, label.file, &label.span, Some(label.text.clone())));
    let fix = finding.fix.as_ref().map(|fix| {
        let edits = fix
            .edits
            .iter()
            .map(|edit| JsonEdit { place: place(input, edit.file, &edit.span, None), text: edit.text.clone() });
        JsonFix { applicability: fix.applicability, edits: edits.collect() }
    });
    JsonFinding {
        rule: finding.rule.code,
        name: finding.rule.name,
        severity: finding.severity,
        confidence: finding.confidence,
        message: finding.message.clone(),
        place: place(input, finding.file, &finding.span, None),
        element: finding.path.clone(),
        attribute: finding.attribute.clone(),
        value: finding.value.as_ref().map(|value| if secret { REDACTED.to_owned() } else { value.clone() }),
        see: see.collect(),
        help: finding.help.clone(),
        fix,
        fingerprint: fingerprint(input, finding),
    }
}

impl JsonPlace {
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Line, column, end line, end column.
    pub(super) fn numbers(&self) -> (usize, usize, usize, usize) {
        (self.line, self.column, self.end_line, self.end_column)
    }
}
