//! The gate as a terminal shows it.

use super::{answer, asides, compared, effective, standing, word};
use crate::gate::{GateReport, Side};

/// The gate as text.
pub fn text(report: &GateReport) -> String {
    let mut text = format!("{}\n", answer(report.status, report.against.is_some()));
    text.extend(report.because.iter().map(|line| format!("  {line}\n")));
    side(&mut text, &report.side);
    if let Some(against) = &report.against {
        text.push_str("\nagainst ");
        side(&mut text, against);
        let changes = report.lost.iter().map(|change| ("lost", change));
        for (how, change) in changes.chain(report.gained.iter().map(|change| ("gained", change))) {
            text.push_str(&format!(
                "  {how:<8} {}\n    before  {}\n    now     {}\n",
                change.guarantee, change.before, change.now
            ));
        }
        text.extend(compared(report).iter().map(|line| format!("  {line}\n")));
    }
    for (title, lines) in asides(report) {
        text.push_str(&format!("\n{title}:\n"));
        text.extend(lines.iter().map(|line| format!("  {line}\n")));
    }
    text
}

fn side(text: &mut String, side: &Side) {
    text.push_str(&format!("{}\n{}\n", side.name, side.setting));
    let lint = &side.lint;
    text.push_str(&format!(
        "\n  lint: {} errors, {} warnings, {} other findings\n",
        lint.errors.len(),
        lint.warnings.len(),
        lint.infos
    ));
    text.extend(lint.errors.iter().map(|line| format!("    error   {line}\n")));
    text.extend(lint.warnings.iter().map(|line| format!("    warning {line}\n")));
    for run in &side.runs {
        text.push_str(&format!("\n  {:<9} {}: {}\n", word(run.status), run.name, run.reason));
        text.extend(run.because.iter().chain(&run.logged).map(|line| format!("    {line}\n")));
        for tested in &run.tested {
            text.push_str(&format!("    {:<13} {:<28} {}\n", standing(tested), tested.guarantee, tested.because));
        }
        text.push_str(&format!("    {}\n", run.run_dir));
    }
    for (title, lines) in [
        ("replaced or left out to run here", &side.replaced),
        ("not as the files claim", &side.differences),
        ("not run", &side.left_out),
    ] {
        if !lines.is_empty() {
            text.push_str(&format!("\n  {title}:\n"));
            text.extend(lines.iter().map(|line| format!("    {line}\n")));
        }
    }
    let rows = effective(side);
    if !rows.is_empty() {
        text.push_str("\n  in effect on the running servers (what the files say in brackets):\n");
        let row =
            |[value, nodes, claimed, found]: [String; 4]| format!("    {nodes:<8} {value}: {found} [{claimed}]\n");
        text.extend(rows.into_iter().map(row));
    }
}
