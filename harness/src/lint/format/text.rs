//! For people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report as Shown};

use super::checked::{Checked, file_count, masked};
use crate::lint::{Finding, Input, Severity};

/// In a longer line nobody sees a place, and miette panics where one stands behind column 65,535.
const WIDE: usize = 4096;
/// Lines of a fix that are shown.
const MOST_LINES: usize = 6;

pub(super) fn text(all: &[Checked], color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(120);
    let mut out = String::new();
    for Checked { input, report } in all {
        let mut sources = BTreeMap::new();
        for finding in &report.findings {
            let source = sources.entry(finding.file).or_insert_with(|| masked(input, finding.file)).clone();
            let named = NamedSource::new(&input.files[finding.file].name, source.clone());
            let shown = Shown::new(diagnostic(input, finding, &source)).with_source_code(named);
            let spans = finding.labels.iter().filter(|label| label.file == finding.file).map(|label| &label.span);
            let wide = spans.chain([&finding.span]).any(|span| is_wide(&source, span.start));
            // Rendering into a string fails only where the source cannot be read, and the message is said anyway.
            if wide || handler.render_report(&mut out, shown.as_ref()).is_err() {
                let file = &input.files[finding.file];
                let (line, column) = file.position(finding.span.start);
                let (severity, code) = (finding.severity, finding.rule.code);
                let _ = writeln!(out, "{severity}[{code}] {}:{line}:{column}: {}", file.name, finding.message);
                if let Some(help) = &finding.help {
                    let _ = writeln!(out, "  help: {help}");
                }
            }
            elsewhere(&mut out, input, finding);
            out.push('\n');
        }
        for file in &input.unreadable {
            unreadable(&mut out, file, &handler);
        }
    }
    out.push_str(&summary(all));
    out
}

/// Whether the line of a place is too long to be shown.
fn is_wide(text: &str, place: usize) -> bool {
    let place = text.floor_char_boundary(place);
    let begin = text[..place].rfind('\n').map_or(0, |at| at + 1);
    let end = text[place..].find('\n').map_or(text.len(), |at| place + at);
    WIDE < end - begin
}

fn diagnostic(input: &Input, finding: &Finding, source: &str) -> MietteDiagnostic {
    let own = LabeledSpan::new_primary_with_span(None, finding.span.clone());
    let others = finding.labels.iter().filter(|label| label.file == finding.file);
    let others = others.map(|label| LabeledSpan::new_with_span(Some(label.text.clone()), label.span.clone()));
    // Of a class there is no source to be shown: its line is said below.
    let has_text = !input.files[finding.file].is_class;
    let severity = match finding.severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    };
    let sure = match finding.confidence {
        crate::lint::Confidence::High => String::new(),
        other => format!(", confidence {other}"),
    };
    let code = format!("{}[{}] {}{sure}", finding.severity, finding.rule.code, finding.rule.name);
    let mut diagnostic = MietteDiagnostic::new(finding.message.clone()).with_code(code).with_severity(severity);
    diagnostic = diagnostic.with_labels(std::iter::once(own).chain(others).filter(|_| has_text));
    let fixed = fixed_lines(input, finding, source);
    match finding.help.iter().cloned().chain(fixed).collect::<Vec<_>>().join("\n") {
        help if help.is_empty() => diagnostic,
        help => diagnostic.with_help(help),
    }
}

/// The lines that the fix changes, as they become.
fn fixed_lines(input: &Input, finding: &Finding, source: &str) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    let mut after = source.to_owned();
    let mut edits: Vec<_> = fix.edits.iter().filter(|edit| edit.file == finding.file).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in &edits {
        after.replace_range(edit.span.clone(), &edit.text);
    }
    let first = edits.last()?;
    let (line, _) = input.files[finding.file].position(first.span.start);
    let added: usize = edits.iter().map(|edit| edit.text.matches('\n').count()).sum();
    let changed: Vec<&str> = after.lines().skip(line - 1).take((added + 1).min(MOST_LINES)).collect();
    let indent = changed.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let shown: Vec<String> = changed.iter().map(|line| format!("    {}", &line[indent..])).collect();
    Some(format!("fixed (line {line}):\n{}", shown.join("\n")))
}

/// Places in other files: those of other nodes.
fn elsewhere(out: &mut String, input: &Input, finding: &Finding) {
    let own = &input.files[finding.file];
    if own.is_class {
        let line = if finding.span.start > 0 { format!(":{}", finding.span.start) } else { String::new() };
        let _ = writeln!(out, "  in: {}{line}", own.name);
    }
    for label in finding.labels.iter().filter(|label| label.file != finding.file) {
        let file = &input.files[label.file];
        let (line, column) = file.position(label.span.start);
        let _ = writeln!(out, "  see: {}:{line}:{column} {}", file.name, label.text);
    }
}

fn unreadable(out: &mut String, file: &crate::lint::Unreadable, handler: &GraphicalReportHandler) {
    let error = &file.error;
    let place = error.offset.min(file.text.len());
    let mut diagnostic = MietteDiagnostic::new(error.to_string()).with_severity(miette::Severity::Error);
    diagnostic = diagnostic.with_label(LabeledSpan::new_primary_with_span(Some("here".to_owned()), place..place));
    if let Some(hint) = error.hint() {
        diagnostic = diagnostic.with_help(hint);
    }
    let shown = Shown::new(diagnostic).with_source_code(NamedSource::new(&file.name, file.text.clone()));
    if is_wide(&file.text, place) || handler.render_report(out, shown.as_ref()).is_err() {
        let _ = writeln!(out, "{}:{}:{}: {error}", file.name, error.line, error.column);
    }
    out.push('\n');
}

/// `2 errors, 1 warning in 3 files`.
pub(super) fn summary(all: &[Checked]) -> String {
    let count = |severity: Severity| all.iter().map(|checked| checked.report.count(severity)).sum::<usize>();
    let files: usize = all.iter().map(|checked| file_count(&checked.input)).sum();
    let unreadable: usize = all.iter().map(|checked| checked.input.unreadable.len()).sum();
    let suppressed: usize = all.iter().map(|checked| checked.report.suppressed).sum();
    let known: usize = all.iter().map(|checked| checked.report.known).sum();
    let fixable = all.iter().flat_map(|checked| &checked.report.findings).filter_map(|finding| finding.fix.as_ref());
    let safe = fixable.filter(|fix| fix.applicability == crate::lint::Applicability::Safe).count();
    let mut parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| (count(severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| {
            format!("{count} {severity}{}", if count > 1 && severity != Severity::Info { "s" } else { "" })
        })
        .collect();
    for (count, what) in [(suppressed, "suppressed"), (known, "in the baseline"), (unreadable, "unreadable")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let found = if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") };
    let fixes = if safe > 0 { format!("; {safe} fixable with --fix") } else { String::new() };
    format!("{found} in {files} file{}{fixes}\n", if files == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_wide_by_its_own_length() {
        let text = format!("<a>\n{}\n</a>", "x".repeat(WIDE));
        assert_eq!([0, 4, WIDE, text.len()].map(|place| is_wide(&text, place)), [false; 4]);
        let text = text.replacen('x', "xx", 1);
        assert_eq!([0, 4, WIDE, text.len()].map(|place| is_wide(&text, place)), [false, true, true, false]);
    }
}
