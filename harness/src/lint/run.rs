//! Asks every rule.

use std::collections::BTreeSet;
use std::ops::Range;

use super::fix::has_reference;
use super::{Confidence, Edit, Finding, Findings, Input, Severity, rules, suppress};
use crate::config::read::Element;

/// What is asked, and what is shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Milder findings are left out.
    pub min_severity: Option<Severity>,
    /// Less sure findings are left out.
    pub min_confidence: Option<Confidence>,
    /// Comments that suppress a rule have no effect.
    pub no_ignores: bool,
    /// Rules that are not asked.
    pub ignore: BTreeSet<String>,
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// The findings by file and place.
    pub findings: Vec<Finding>,
    /// How many a comment suppressed.
    pub suppressed: usize,
    /// How many a baseline knows.
    pub known: usize,
}

impl Report {
    /// Whether one of the findings is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Leaves out what the options do not ask for.
    pub fn keep(&mut self, options: &Options) {
        self.findings.retain(|finding| {
            // What is said of suppression and of a baseline is said by no rule that can be left out before.
            !options.ignore.contains(finding.rule.code)
                && options.min_severity.is_none_or(|least| finding.severity >= least)
                && options.min_confidence.is_none_or(|least| finding.confidence >= least)
        });
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

/// Asks every rule about the input.
pub fn run(input: &Input, options: &Options) -> Report {
    let mut findings = vec![];
    for rule in rules::ALL.iter().filter(|rule| !options.ignore.contains(rule.code)) {
        let mut found = Findings { input, rule, found: vec![] };
        (rule.check)(input, &mut found);
        findings.append(&mut found.found);
    }
    for finding in &mut findings {
        soften(input, finding);
        // What is in an archive is changed where the archive is made, and what an entity has where it is declared.
        let is_packed = |edit: &Edit| input.files[edit.file].name.contains("!/");
        let is_elsewhere = |edit: &Edit| is_packed(edit) || has_reference(input, edit);
        if finding.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(is_elsewhere)) {
            finding.fix = None;
        }
    }
    findings.sort_by(|a, b| {
        let by_place = |it: &Finding| (it.file, it.span.start, it.span.end, it.rule.code);
        // A class that lies beside several apps is asked for each of them: the worst of what is said counts.
        by_place(a).cmp(&by_place(b)).then_with(|| (&a.message, b.severity).cmp(&(&b.message, a.severity)))
    });
    findings.dedup_by(|a, b| (a.file, &a.span, a.rule.code, &a.message) == (b.file, &b.span, b.rule.code, &b.message));
    let before = findings.len();
    if !options.no_ignores {
        findings = suppress::apply(input, findings, &options.ignore);
    }
    let suppressed = before.saturating_sub(findings.iter().filter(|finding| !suppress::is_own(finding)).count());
    let mut report = Report { findings, suppressed, known: 0 };
    report.keep(options);
    report
}

/// In a file of which a part was not read, what is missing may stand in that part; and the default in `${name:-default}`
/// is written because something may set another value.
fn soften(input: &Input, finding: &mut Finding) {
    let places = finding.labels.iter().map(|label| (label.file, &label.span)).chain([(finding.file, &finding.span)]);
    if finding.severity == Severity::Error && places.into_iter().any(|(file, span)| is_default(input, file, span)) {
        finding.severity = Severity::Warning;
        finding.confidence = finding.confidence.min(Confidence::Medium);
    }
    let is_partial = input.document(finding.file).is_some_and(crate::config::read::Document::is_partial);
    if is_partial && finding.attribute.is_none() && finding.severity == Severity::Error {
        finding.severity = Severity::Warning;
        finding.confidence = Confidence::Low;
    }
}

/// Whether a place is the value of an attribute that is a default.
fn is_default(input: &Input, file: usize, span: &Range<usize>) -> bool {
    let Some(document) = input.document(file) else { return false };
    document.text().get(span.clone()).is_some_and(|text| text.contains(":-"))
        && document
            .elements()
            .flat_map(Element::attributes)
            .any(|attribute| attribute.span == *span && attribute.is_default)
}
