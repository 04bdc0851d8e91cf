//! The summary as Markdown, for the step summary of a CI.
//!
//! What a server said may hold anything; nothing of it becomes markup.

use super::Summary;
use super::environment::UnusedFile;
use super::format::{Format, Rendering};
use super::notes;
use super::remarks::remarks;
use super::rows::{Row, rows};
use crate::config::Difference;
use crate::history::History;
use crate::verdict::{Latency, Measures, Status};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn title(&self) -> &'static str {
        "Markdown"
    }

    fn begin<'a>(&self, _history: &'a History) -> Rendering<'a> {
        Box::new(|run| Ok(render(run.summary)))
    }
}

/// Writes the Markdown, ended by an empty line, so that several can follow each other.
pub fn render(summary: &Summary) -> String {
    let verdict = &summary.verdict;
    let mut parts = vec![
        format!("## {} {}: {}", sign(verdict.status), word(verdict.status), escaped(&summary.name)),
        escaped(&summary.setting),
        decided(&rows(verdict)),
    ];
    let remarks = remarks(summary);
    let mut remarks: Vec<String> =
        remarks.iter().map(|it| format!("- ⚠️ {}: {}", escaped(&it.what), escaped(it.because))).collect();
    let notes = notes::grouped(&verdict.notes);
    remarks.extend(notes.iter().map(|note| format!("- note: {}", escaped(&note.to_string()))));
    parts.push(remarks.join("\n"));
    if !summary.around.is_empty() {
        parts.push(format!("Around the first violation:\n\n{}", fenced(&summary.around.join("\n"))));
    }
    parts.push(measured(&verdict.measures));
    parts.push(differences(&summary.differences));
    parts.push(not_in_effect(&summary.not_in_effect));
    parts.push(format!("Run directory: {}", code(&summary.run_dir)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n\n"
}

fn sign(status: Status) -> &'static str {
    match status {
        Status::Holds => "✅",
        Status::Violated => "❌",
        Status::Unknown => "⚠️",
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Holds => "holds",
        Status::Violated => "violated",
        Status::Unknown => "unknown",
    }
}

fn decided(rows: &[Row<'_>]) -> String {
    let rows = rows.iter().map(|row| {
        let sign = if row.aside.is_some() { "➖" } else { sign(row.status) };
        [format!("{sign} {}", word(row.status)), escaped(&row.name), escaped(&row.reason())]
    });
    table(["status", "guarantee", "because"], rows)
}

fn measured(measures: &Measures) -> String {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut add = |what: String, value: String| rows.push([what, value]);
    if let Some(ms) = measures.start_ms {
        add("start of the cluster".to_owned(), format!("{ms} ms"));
    }
    if let Some(ms) = measures.farm_ms {
        add("WAR dropped until the last node serves it".to_owned(), format!("{ms} ms"));
    }
    for farm in &measures.farm {
        add(format!("WAR dropped until {} serves it", farm.node), format!("{} ms", farm.ms));
    }
    for transfer in &measures.state_transfers {
        add(format!("{} started until it held its peers' sessions", transfer.node), format!("{} ms", transfer.ms));
    }
    for it in &measures.evictions {
        add(format!("{} of {} until {} missed a member", it.fault, it.node, it.by), format!("{} ms", it.ms));
    }
    for failover in &measures.failovers {
        let (node, by) = (&failover.node, failover.answered_by);
        add(format!("{node} lost until the right answer {by}"), format!("{} ms", failover.since_fault_ms));
        add(format!("that answer {by} itself"), format!("{} ms", failover.first_answer_ms));
    }
    let spread = |it: &Latency| {
        let ms = |us: u64| format!("{}.{:03} ms", us / 1000, us % 1000);
        format!("{} / {} / {}", ms(it.median_us), ms(it.p99_us), ms(it.max_us))
    };
    if let Some(latency) = &measures.latency {
        add(format!("{} answers, median / p99 / max", latency.operations), spread(latency));
    }
    if let Some(lag) = &measures.replication_lag {
        let what = format!("replication lag of {} writes, as far as looks show, median / p99 / max", lag.operations);
        add(what, spread(lag));
    }
    if rows.is_empty() { String::new() } else { table(["measured", "value"], rows.into_iter()) }
}

fn differences(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let rows = differences
        .iter()
        .map(|line| [escaped(&line.what), escaped(&line.here), escaped(&line.stock), escaped(&line.why)]);
    let table = table(["what", "here", "in a stock server", "why"], rows);
    format!(
        "<details><summary>Differences from a stock server: {}</summary>\n\n{table}\n\n</details>",
        differences.len()
    )
}

fn not_in_effect(unused: &[UnusedFile]) -> String {
    if unused.is_empty() {
        return String::new();
    }
    let rows = unused.iter().map(|unused| [escaped(unused.file.as_str()), escaped(&unused.says.join("; "))]);
    let table = table(["file", "what it says"], rows);
    let summary = "Not in effect, as tomee-harness makes each node's server.xml";
    format!("<details><summary>{summary}</summary>\n\n{table}\n\n</details>")
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let mut lines = vec![line(&head.map(str::to_owned)), line(&head.map(|_| "---".to_owned()))];
    lines.extend(rows.map(|row| line(&row)));
    lines.join("\n")
}

/// A text on one line, with nothing in it that Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text as it is, behind a fence that is longer than any run of backticks in it.
fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let blank = if text.contains('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{held, hostile, violated};
    use super::*;

    #[test]
    fn a_violation_comes_with_its_records_measures_and_differences() {
        insta::assert_snapshot!(render(&violated().0));
    }

    #[test]
    fn a_run_that_holds_is_short() {
        insta::assert_snapshot!(render(&held().0));
    }

    #[test]
    fn what_servers_say_makes_no_markup_and_breaks_no_table() {
        let text = render(&hostile().0);
        // What stands in code is shown as it is.
        let mut parts = text.split("```text").map(|part| part.split_once("```").map_or(part, |(_, after)| after));
        assert!(parts.all(|part| !part.split("Run directory").next().unwrap_or("").contains("<img")), "{text}");
        let row = text.lines().find(|line| line.contains("acknowledged-writes-survive")).expect("its row");
        let borders = row.match_indices('|').filter(|(at, _)| *at == 0 || &row[at - 1..*at] != "\\").count();
        assert_eq!(borders, 4, "a row of three cells: {row}");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a ``` b ```` c"), "`````text\na ``` b ```` c\n`````");
        assert_eq!(code("/runs/`x`"), "`` /runs/`x` ``");
        assert_eq!(code("/runs/x"), "`/runs/x`");
    }
}
