//! The summary as text: the first screen of a run, and with [`Style::verbose`] all of it.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::format::{Format, Rendering};
use super::html::Html;
use super::remarks::remarks;
use super::rows::{Row, rows};
use super::{Summary, notes};
use crate::history::History;
use crate::verdict::{Aside, Measures, Status, Verdict};

/// How many records of the first violation the first screen has.
const FIRST_EVENTS: usize = 6;
/// So wide are the names of guarantees.
const NAME: usize = 29;
/// So wide may a row of the first screen be that only says why something holds.
const WIDTH: usize = 118;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Terminal;

impl Format for Terminal {
    fn name(&self) -> &'static str {
        "text"
    }

    fn title(&self) -> &'static str {
        "the text of check -v"
    }

    fn begin<'a>(&self, _history: &'a History) -> Rendering<'a> {
        Box::new(|run| Ok(render(run.summary, Style { verbose: true, ..Style::default() })))
    }
}

/// How a summary is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// With notes, every measure, all records around the first violation, and the differences from a stock server.
    pub verbose: bool,
    /// With the path of the page in the run's folder, which is there.
    pub page: bool,
}

impl Style {
    fn status(self, status: Status) -> String {
        let (word, code) = match status {
            Status::Holds => ("holds", "32"),
            Status::Violated => ("VIOLATED", "1;31"),
            Status::Unknown => ("unknown", "1;33"),
        };
        if self.color { format!("\u{1b}[{code}m{word:<9}\u{1b}[0m") } else { format!("{word:<9}") }
    }

    fn faint(self, text: &str) -> String {
        if self.color { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Writes the summary: status, guarantees, the first violation, measures, and where the evidence lies.
pub fn render(summary: &Summary, style: Style) -> String {
    let mut text = String::new();
    let verdict = &summary.verdict;
    let rows = rows(verdict);
    line(&mut text, &format!("{} {}", style.status(verdict.status).trim_end(), conclusion(verdict)));
    line(&mut text, &summary.name);
    line(&mut text, &style.faint(&summary.setting));
    line(&mut text, "");
    for row in &rows {
        line(&mut text, &decided(row, style));
    }
    for remark in remarks(summary) {
        line(&mut text, &format!("  {} {}: {}", style.status(Status::Unknown), remark.what, remark.because));
    }
    line(&mut text, "");
    let hidden = first_violation(&mut text, summary, style);
    if let Some(measured) = if style.verbose { each_measure(&verdict.measures) } else { measured(&verdict.measures) } {
        line(&mut text, &format!("  measured: {measured}"));
    }
    if style.verbose {
        details(&mut text, summary, style);
    } else if let Some(more) = left_out(summary, hidden) {
        line(&mut text, &style.faint(&format!("  more with -v: {more}")));
    }
    line(&mut text, &style.faint(&format!("run: {}", summary.run_dir)));
    if style.page {
        line(&mut text, &page(summary));
    }
    text
}

/// The line that says where the page of a run lies.
pub fn page(summary: &Summary) -> String {
    format!("report: {}/{}", summary.run_dir, Html::FILE)
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

/// A row of the first screen is a line of it where it holds; all else is said whole.
fn decided(row: &Row<'_>, style: Style) -> String {
    let because = row.reason();
    let long = row.name.chars().count() > NAME;
    let name = if long { format!("{}:", row.name) } else { format!("{:<NAME$}", row.name) };
    let room = WIDTH.saturating_sub(12 + 1 + name.chars().count());
    let holds = row.counts() == Some(Status::Holds);
    let because = if style.verbose || !holds { because } else { clipped(&because, room) };
    format!("  {} {name} {because}", style.status(row.status))
}

fn clipped(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).collect::<String>().trim_end().to_owned() + "…"
}

/// Writes the records around the first violation. Gives how many were left out.
fn first_violation(text: &mut String, summary: &Summary, style: Style) -> usize {
    let around = &summary.around;
    let shown = if style.verbose { (0..around.len()).collect() } else { most_relevant(around) };
    if !shown.is_empty() {
        line(text, "  around the first violation:");
    }
    for index in &shown {
        line(text, &format!("  | {}", around[*index]));
    }
    around.len() - shown.len()
}

/// The records that are evidence, the last ones first, as they show what was lost; then those next to them. In time.
fn most_relevant(around: &[String]) -> Vec<usize> {
    let evidence = |index: usize| around[index].starts_with('>');
    let distance = |index: usize| (0..around.len()).filter(|of| evidence(*of)).map(|of| of.abs_diff(index)).min();
    let mut order: Vec<usize> = (0..around.len()).collect();
    order.sort_by_key(|index| (distance(*index), Reverse(*index)));
    order.truncate(FIRST_EVENTS);
    order.sort_unstable();
    order
}

/// What the first screen leaves out.
fn left_out(summary: &Summary, records: usize) -> Option<String> {
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let parts = [
        counted(records, "more record", "more records"),
        counted(notes::grouped(&summary.verdict.notes).len(), "note", "notes"),
        counted(summary.differences.len(), "difference from a stock server", "differences from a stock server"),
        counted(summary.not_in_effect.len(), "file that is not in effect", "files that are not in effect"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn details(text: &mut String, summary: &Summary, style: Style) {
    for note in notes::grouped(&summary.verdict.notes) {
        line(text, &format!("  note: {note}"));
    }
    for assumption in summary.verdict.assumptions.iter().filter(|assumption| assumption.met) {
        line(text, &format!("  assumed: {}", assumption.what));
    }
    if !summary.differences.is_empty() {
        line(text, "  differences from a stock server:");
        for difference in &summary.differences {
            line(text, &style.faint(&format!("    {difference}")));
        }
    }
    if !summary.not_in_effect.is_empty() {
        line(text, "  not in effect, as tomee-harness makes each node's server.xml:");
        for unused in &summary.not_in_effect {
            line(text, &style.faint(&format!("    {unused}")));
        }
    }
}

fn conclusion(verdict: &Verdict) -> String {
    let findings = &verdict.guarantees;
    let count = |status| findings.iter().filter(|finding| finding.counts() == Some(status)).count();
    let (violated, unknown) = (count(Status::Violated), count(Status::Unknown));
    let counted = findings.iter().filter(|finding| finding.counts().is_some()).count();
    let operations: std::collections::BTreeSet<_> = findings.iter().flat_map(|finding| &finding.rests_on).collect();
    let rests =
        if operations.is_empty() { String::new() } else { format!(", resting on {} operations", operations.len()) };
    let asides =
        [Aside::NotPromised, Aside::Expected, Aside::Allowed, Aside::CutShort].into_iter().filter_map(|aside| {
            let count = findings.iter().filter(|finding| finding.aside == Some(aside)).count();
            (count > 0).then(|| format!("{count} {}", aside.label()))
        });
    let asides: Vec<String> = asides.collect();
    let asides = if asides.is_empty() { String::new() } else { format!(" ({})", asides.join(", ")) };
    let expectations: Vec<Status> =
        verdict.expectations.iter().chain(&verdict.expected_violations).map(|it| it.status).collect();
    let expected = |status| match expectations.iter().filter(|of| **of == status).count() {
        0 => None,
        _ if expectations.len() == 1 => Some("1 expectation".to_owned()),
        count if count == expectations.len() => Some(format!("all {count} expectations")),
        count => Some(format!("{count} of {} expectations", expectations.len())),
    };
    let guarantees = |count: usize| (count > 0).then(|| format!("{count} of {} guarantees{asides}", findings.len()));
    // What is named first is what the status is about.
    let (parts, end) = match verdict.status {
        Status::Violated => ([expected(Status::Violated), guarantees(violated)], ""),
        Status::Unknown => ([expected(Status::Unknown), guarantees(unknown)], " could not be decided"),
        Status::Holds if asides.is_empty() => {
            ([Some(format!("all {counted} guarantees")), expected(Status::Holds)], "")
        }
        Status::Holds => ([guarantees(counted), expected(Status::Holds)], ""),
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return format!("what {counted} guarantees rest on");
    }
    format!("{}{end}{rests}", parts.join(" and "))
}

/// The measures in one line.
fn measured(measures: &Measures) -> Option<String> {
    let ms = |us: u64| us.div_ceil(1000);
    let mut parts = vec![];
    parts.extend(measures.start_ms.map(|ms| format!("start {}", seconds(ms))));
    parts.extend(measures.farm_ms.map(|ms| format!("farm {}", seconds(ms))));
    let longest = measures.failovers.iter().max_by_key(|failover| failover.since_fault_ms);
    parts.extend(longest.map(|failover| format!("failover at most {} ms", failover.since_fault_ms)));
    let back = measures.state_transfers.iter().map(|transfer| transfer.ms).max();
    parts.extend(back.map(|ms| format!("back within {}", seconds(ms))));
    parts.extend(measures.replication_lag.map(|lag| format!("lag at most {} ms", ms(lag.max_us))));
    parts.extend(
        measures.latency.map(|it| format!("answers {} ms (99 % within {} ms)", ms(it.median_us), ms(it.p99_us))),
    );
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn each_measure(measures: &Measures) -> Option<String> {
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
        parts.push(format!("replication lag at most {} ms (as far as looks show)", lag.max_us.div_ceil(1000)));
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

#[cfg(test)]
mod tests {
    use super::super::sample::{held, violated};
    use super::*;
    use crate::verdict::Expectation;

    #[test]
    fn the_first_screen_is_the_verdict_and_fits() {
        let (mut summary, _) = violated();
        summary.around = (0..30).map(|n| format!("{} {n:>9}  n1", if n == 20 { '>' } else { ' ' })).collect();
        let text = render(&summary, Style { page: true, ..Style::default() });
        assert!(text.lines().count() <= 25, "{text}");
        assert!(text.starts_with("VIOLATED 1 of 4 guarantees"), "{text}");
        assert!(text.contains("| >        20"), "the evidence is there: {text}");
        assert!(!text.contains("channelSendOptions") && !text.contains("note: "), "{text}");
        assert!(text.contains("more with -v: 24 more records, 1 note, 1 difference from a stock server"), "{text}");
        assert!(text.ends_with("run: /runs/1\nreport: /runs/1/report.html\n"), "{text}");
    }

    #[test]
    fn the_headline_names_what_the_status_is_about() {
        let expecting = |mut verdict: Verdict, statuses: &[Status]| {
            let one = |status: &Status| Expectation {
                what: "a page".to_owned(),
                status: *status,
                because: String::new(),
                rests_on: vec![],
                evidence: vec![],
            };
            verdict.expectations = statuses.iter().map(one).collect();
            verdict
        };
        let start = |verdict: &Verdict| conclusion(verdict).split(", resting").next().map(str::to_owned);
        let lost = expecting(violated().0.verdict, &[Status::Holds]);
        assert_eq!(
            start(&lost).as_deref(),
            Some("1 of 4 guarantees (1 not promised)"),
            "the met expectation is not what was violated"
        );
        let both = expecting(violated().0.verdict, &[Status::Holds, Status::Violated]);
        assert_eq!(start(&both).as_deref(), Some("1 of 2 expectations and 1 of 4 guarantees (1 not promised)"));
        let kept = expecting(held().0.verdict, &[Status::Holds, Status::Holds]);
        assert!(start(&kept).is_some_and(|text| text.ends_with("guarantees and all 2 expectations")), "{kept:?}");
        let mut open = expecting(held().0.verdict, &[Status::Unknown]);
        open.status = Status::Unknown;
        assert_eq!(start(&open).as_deref(), Some("1 expectation could not be decided"));
    }

    #[test]
    fn verbose_text_leaves_nothing_out() {
        let (summary, _) = violated();
        let text = render(&summary, Style { verbose: true, ..Style::default() });
        for part in
            [&summary.around[0], "note: in-place", "assumed: every fault hit", "channelSendOptions: 6 (stock: 8"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("more with -v") && !text.contains("report: "), "{text}");
    }

    #[test]
    fn only_what_holds_is_cut_at_the_width() {
        let (mut summary, _) = held();
        summary.verdict.guarantees[0].because = "a".repeat(300);
        let text = render(&summary, Style::default());
        let row = text.lines().find(|line| line.contains("aaa")).expect("its row");
        assert!(row.chars().count() <= WIDTH && row.ends_with('…'), "{row}");
        summary.verdict.guarantees[0].status = Status::Violated;
        assert!(render(&summary, Style::default()).contains(&"a".repeat(300)));
    }
}
