//! The gate as a comment of a merge request.

use super::{answer, asides, compared, effective, guarantees, standing, word};
use crate::gate::{GateReport, Side};

/// The gate as Markdown.
pub fn markdown(report: &GateReport) -> String {
    let mut text = format!("## tomee-harness gate: {}\n\n", answer(report.status, report.against.is_some()));
    text.extend(report.because.iter().map(|line| format!("- {}\n", escaped(line))));
    if !report.because.is_empty() {
        text.push('\n');
    }
    for (title, changes) in [("Lost", &report.lost), ("Gained", &report.gained)] {
        if !changes.is_empty() {
            text.push_str(&format!("### {title}\n\n| guarantee | before | now |\n|---|---|---|\n"));
            for change in changes {
                let (before, now) = (escaped(&change.before), escaped(&change.now));
                text.push_str(&format!("| {} | {before} | {now} |\n", change.guarantee));
            }
            text.push('\n');
        }
    }
    let compared = compared(report);
    if !compared.is_empty() {
        text.push_str("### Measures and logs\n\n");
        text.extend(compared.iter().map(|line| format!("- {}\n", escaped(line))));
        text.push('\n');
    }
    for (title, lines) in asides(report) {
        text.push_str(&format!("<details><summary>{title} ({})</summary>\n\n", lines.len()));
        text.extend(lines.iter().map(|line| format!("- {}\n", escaped(line))));
        text.push_str("\n</details>\n\n");
    }
    side(&mut text, &report.side, "");
    if let Some(against) = &report.against {
        side(&mut text, against, "Against ");
    }
    text
}

fn side(text: &mut String, side: &Side, title: &str) {
    text.push_str(&format!("### {title}`{}`\n\n{}\n\n", side.name, escaped(&side.setting)));
    text.push_str("| run | result | why it is run |\n|---|---|---|\n");
    for run in &side.runs {
        let why = run.because.iter().chain(run.logged.first()).cloned().collect::<Vec<_>>().join("; ");
        let because = if why.is_empty() { String::new() } else { format!(": {}", escaped(&why)) };
        text.push_str(&format!("| {} | {}{because} | {} |\n", run.name, word(run.status), escaped(&run.reason)));
    }
    text.push_str("\n| guarantee | result | why |\n|---|---|---|\n");
    for (run, tested) in guarantees(side) {
        let name = if run.name == "failover" { String::new() } else { format!(" ({})", run.name) };
        text.push_str(&format!(
            "| {}{name} | {} | {} |\n",
            tested.guarantee,
            standing(tested),
            escaped(&tested.because)
        ));
    }
    text.push('\n');
    let lists = [
        ("Lint errors", &side.lint.errors),
        ("Lint warnings", &side.lint.warnings),
        ("Replaced or left out to run here", &side.replaced),
        ("Not as the files claim", &side.differences),
        ("Not run", &side.left_out),
    ];
    for (title, lines) in lists {
        if !lines.is_empty() {
            text.push_str(&format!("<details><summary>{title} ({})</summary>\n\n", lines.len()));
            text.extend(lines.iter().map(|line| format!("- {}\n", escaped(line))));
            text.push_str("\n</details>\n\n");
        }
    }
    let rows = effective(side);
    if !rows.is_empty() {
        text.push_str("<details><summary>What the running servers have in effect</summary>\n\n");
        text.push_str("| value | nodes | files | servers |\n|---|---|---|---|\n");
        text.extend(rows.iter().map(|row| format!("| {} |\n", row.each_ref().map(|cell| escaped(cell)).join(" | "))));
        text.push_str("\n</details>\n\n");
    }
}

/// A text in a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "\\|").replace('\n', " ")
}
