//! Annotations of GitHub's workflows.

use super::checked::Checked;
use super::json::place;
use crate::lint::Severity;

pub(super) fn github(all: &[Checked]) -> String {
    let mut out = String::new();
    for Checked { input, report } in all {
        for finding in &report.findings {
            let at = place(input, finding.file, &finding.span, None);
            let (line, column, end_line, end_column) = at.numbers();
            let kind = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            out.push_str(&format!(
                "::{kind} file={},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}\n",
                property(at.file()),
                property(&format!("{} {}", finding.rule.code, finding.rule.name)),
                data(&format!("{}{help}", finding.message)),
            ));
        }
        for file in &input.unreadable {
            let (name, error) = (property(&file.name), &file.error);
            out.push_str(&format!(
                "::error file={name},line={},col={}::{}\n",
                error.line,
                error.column,
                data(&error.to_string())
            ));
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
