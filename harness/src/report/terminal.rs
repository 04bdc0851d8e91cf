//! The summary as text, fit for one screen.

use std::fmt::Write as _;

use super::Summary;
use crate::verdict::{Aside, Measures, Status, Verdict};

/// Colours or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// ANSI colours.
    Color,
}

impl Style {
    fn status(self, status: Status) -> String {
        let (word, code) = match status {
            Status::Holds => ("holds", "32"),
            Status::Violated => ("VIOLATED", "1;31"),
            Status::Unknown => ("unknown", "1;33"),
        };
        match self {
            Self::Plain => format!("{word:<9}"),
            Self::Color => format!("\u{1b}[{code}m{word:<9}\u{1b}[0m"),
        }
    }

    fn faint(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Color => format!("\u{1b}[2m{text}\u{1b}[0m"),
        }
    }
}

/// Writes the summary.
pub fn render(summary: &Summary, style: Style) -> String {
    let mut text = String::new();
    let verdict = &summary.verdict;
    line(&mut text, &summary.name);
    line(&mut text, &style.faint(&summary.setting));
    line(&mut text, "");
    for finding in &verdict.guarantees {
        let aside = finding.aside.map_or_else(String::new, |aside| format!("{}: ", aside.told()));
        let (status, guarantee) = (style.status(finding.status), finding.guarantee);
        line(&mut text, &format!("  {status} {guarantee:<29} {aside}{}", finding.because));
    }
    for expectation in &verdict.expectations {
        line(
            &mut text,
            &format!("  {} {}: {}", style.status(expectation.status), expectation.what, expectation.because),
        );
    }
    for expected in &verdict.expected_violations {
        let (status, what) = (style.status(expected.status), format!("expected {}", expected.what));
        line(&mut text, &format!("  {status} {what:<29} {}", expected.because));
    }
    for assumption in verdict.assumptions.iter().filter(|assumption| !assumption.met) {
        line(&mut text, &format!("  {} {}: {}", style.status(Status::Unknown), assumption.what, assumption.because));
    }
    line(&mut text, "");
    for around in &summary.around {
        line(&mut text, &format!("  | {around}"));
    }
    for note in &verdict.notes {
        line(&mut text, &format!("  note: {note}"));
    }
    if let Some(why) = &summary.cut_short {
        line(&mut text, &format!("  cut short: {why}"));
    }
    if let Some(measured) = measured(&verdict.measures) {
        line(&mut text, &format!("  measured: {measured}"));
    }
    if !summary.differences.is_empty() {
        line(&mut text, "  not as in a stock server:");
        for difference in &summary.differences {
            line(&mut text, &style.faint(&format!("    {difference}")));
        }
    }
    if !summary.not_in_effect.is_empty() {
        line(&mut text, "  not in effect, as tomee-harness makes each node's server.xml:");
        for unused in &summary.not_in_effect {
            line(&mut text, &style.faint(&format!("    {unused}")));
        }
    }
    line(&mut text, "");
    line(&mut text, &format!("{} {}", style.status(verdict.status).trim_end(), conclusion(verdict)));
    line(&mut text, &style.faint(&format!("run: {}", summary.run_dir)));
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn conclusion(verdict: &Verdict) -> String {
    let findings = &verdict.guarantees;
    let count = |status| findings.iter().filter(|finding| finding.counts() == Some(status)).count();
    let (violated, unknown) = (count(Status::Violated), count(Status::Unknown));
    let counted = findings.iter().filter(|finding| finding.counts().is_some()).count();
    let operations: std::collections::BTreeSet<_> = findings.iter().flat_map(|finding| &finding.rests_on).collect();
    let rests =
        if operations.is_empty() { String::new() } else { format!(", resting on {} operations", operations.len()) };
    let expectations = match verdict.expectations.len() + verdict.expected_violations.len() {
        0 => String::new(),
        all => {
            let both = verdict.expectations.iter().chain(&verdict.expected_violations);
            let met = both.filter(|expectation| expectation.status == Status::Holds).count();
            format!("{met} of {all} expectations met, ")
        }
    };
    let asides =
        [Aside::NotPromised, Aside::Expected, Aside::Allowed, Aside::CutShort].into_iter().filter_map(|aside| {
            let count = findings.iter().filter(|finding| finding.aside == Some(aside)).count();
            (count > 0).then(|| format!("{count} {}", aside.told()))
        });
    let asides: Vec<String> = asides.collect();
    let asides = if asides.is_empty() { String::new() } else { format!(" ({})", asides.join(", ")) };
    let guarantees = match (violated, unknown) {
        (0, 0) if asides.is_empty() => format!("all {counted} guarantees"),
        (0, 0) => format!("{counted} of {} guarantees{asides}", findings.len()),
        (0, unknown) => format!("{unknown} of {} guarantees could not be decided{asides}", findings.len()),
        (violated, _) => format!("{violated} of {} guarantees{asides}", findings.len()),
    };
    format!("{expectations}{guarantees}{rests}")
}

fn measured(measures: &Measures) -> Option<String> {
    let mut parts = vec![];
    if let Some(ms) = measures.start_ms {
        parts.push(format!("start {}", seconds(ms)));
    }
    if let Some(ms) = measures.farm_ms {
        parts.push(format!("farm {}", seconds(ms)));
    }
    for failover in &measures.failovers {
        parts.push(format!(
            "{} lost: first answer {} after {} ms ({} ms since the kill)",
            failover.node, failover.answered_by, failover.first_answer_ms, failover.since_fault_ms
        ));
    }
    for transfer in &measures.state_transfers {
        parts.push(format!("{} back with its sessions after {}", transfer.node, seconds(transfer.ms)));
    }
    if let Some(ms) = measures.evictions.iter().map(|eviction| eviction.ms).max() {
        parts.push(format!("survivors missed a member within {ms} ms"));
    }
    if let Some(lag) = &measures.replication_lag {
        parts.push(format!("replication lag at most {} ms (as far as looks tell)", lag.max_us.div_ceil(1000)));
    }
    if let Some(latency) = &measures.latency {
        let ms = |us: u64| us.div_ceil(1000);
        let (median, p99, max) = (ms(latency.median_us), ms(latency.p99_us), ms(latency.max_us));
        parts.push(format!("half of the answers within {median} ms, 99 of 100 within {p99} ms, all within {max} ms"));
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:02} s", ms / 1000, ms % 1000 / 10)
}
