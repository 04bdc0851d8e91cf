//! Markdown, for a comment on a change.

use super::checked::Checked;
use super::text::summary;

pub(super) fn markdown(all: &[Checked]) -> String {
    let mut out = format!("**lint**: {}\n", summary(all).trim_end());
    let any = all.iter().any(|checked| !checked.report.findings.is_empty() || !checked.input.unreadable.is_empty());
    if any {
        out.push_str("| severity | rule | place | finding | remedy |\n|---|---|---|---|---|\n");
    }
    for Checked { input, report } in all {
        for finding in &report.findings {
            let file = &input.files[finding.file];
            let (line, column) = file.position(finding.span.start);
            out.push_str(&format!(
                "| {} | {} {} | {}:{line}:{column} | {} | {} |\n",
                finding.severity,
                finding.rule.code,
                finding.rule.name,
                cell(&file.name),
                cell(&finding.message),
                cell(finding.help.as_deref().unwrap_or_default())
            ));
        }
        for file in &input.unreadable {
            let error = &file.error;
            out.push_str(&format!(
                "| error | | {}:{}:{} | {} | |\n",
                cell(&file.name),
                error.line,
                error.column,
                cell(&error.to_string())
            ));
        }
    }
    if any { out.replacen("\n|", "\n\n|", 1) } else { out }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
