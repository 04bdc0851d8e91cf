//! The gate as one page without a network, both sides beside each other.

use super::{answer, asides, compared, effective, standing, word};
use crate::gate::{GateReport, Side};

const STYLE: &str = "body{font:14px/1.45 system-ui,sans-serif;margin:2em;max-width:110em;color:#222;background:#fff}\
h1{font-size:1.3em}h2{font-size:1.1em}.sides{display:flex;gap:2em;align-items:flex-start}.sides>section{flex:1 1 0;min-width:0}\
table{border-collapse:collapse;width:100%}td,th{border:1px solid #ccc;padding:.25em .5em;text-align:left;vertical-align:top}\
.holds{color:#116329}.VIOLATED{color:#b00020;font-weight:bold}.unknown,.not{color:#8a5a00}code{overflow-wrap:anywhere}";

/// The gate as HTML.
pub fn html(report: &GateReport) -> String {
    let title = answer(report.status, report.against.is_some());
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>tomee-harness gate</title><style>{STYLE}</style></head><body>\n\
         <h1 class=\"{}\">tomee-harness gate: {}</h1>\n",
        word(report.status),
        escaped(title)
    );
    list(&mut page, &report.because);
    for (title, changes) in [("Lost", &report.lost), ("Gained", &report.gained)] {
        if !changes.is_empty() {
            page.push_str(&format!("<h2>{title}</h2><table><tr><th>guarantee</th><th>before</th><th>now</th></tr>\n"));
            for change in changes {
                let cells = [&change.guarantee, &change.before, &change.now].map(|cell| escaped(cell));
                page.push_str(&format!("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", cells[0], cells[1], cells[2]));
            }
            page.push_str("</table>\n");
        }
    }
    let compared = compared(report);
    for (title, lines) in [("measures and logs", &compared)].into_iter().chain(asides(report)) {
        if !lines.is_empty() {
            page.push_str(&format!("<h2>{title}</h2>"));
            list(&mut page, lines);
        }
    }
    page.push_str("<div class=\"sides\">\n");
    if let Some(against) = &report.against {
        side(&mut page, against, "Before: ");
    }
    side(&mut page, &report.side, if report.against.is_some() { "Now: " } else { "" });
    page + "</div></body></html>\n"
}

fn side(page: &mut String, side: &Side, title: &str) {
    page.push_str(&format!(
        "<section><h2>{title}<code>{}</code></h2><p>{}</p>\n",
        escaped(&side.name),
        escaped(&side.setting)
    ));
    for run in &side.runs {
        let (state, reason) = (word(run.status), escaped(&run.reason));
        page.push_str(&format!("<h3>{} <span class=\"{state}\">{state}</span></h3><p>{reason}</p>\n", run.name));
        list(page, run.because.iter().chain(&run.logged));
        if !run.tested.is_empty() {
            page.push_str("<table>\n");
            for tested in &run.tested {
                let state = standing(tested);
                let because = escaped(&tested.because);
                page.push_str(&format!(
                    "<tr><td>{}</td><td class=\"{state}\">{state}</td><td>{because}</td></tr>\n",
                    tested.guarantee
                ));
            }
            page.push_str("</table>\n");
        }
        page.push_str(&format!("<p><code>{}</code></p>\n", escaped(&run.run_dir)));
    }
    let lists = [
        ("Lint errors", &side.lint.errors),
        ("Lint warnings", &side.lint.warnings),
        ("Replaced or left out to run here", &side.replaced),
        ("Not as the files claim", &side.differences),
        ("Not run", &side.left_out),
    ];
    for (title, lines) in lists.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        page.push_str(&format!("<h3>{title}</h3>"));
        list(page, lines);
    }
    let rows = effective(side);
    if !rows.is_empty() {
        page.push_str("<details><summary>What the running servers have in effect</summary><table>\n");
        page.push_str("<tr><th>value</th><th>nodes</th><th>files</th><th>servers</th></tr>\n");
        for row in rows {
            let cells = row.map(|cell| format!("<td>{}</td>", escaped(&cell))).concat();
            page.push_str(&format!("<tr>{cells}</tr>\n"));
        }
        page.push_str("</table></details>\n");
    }
    page.push_str("</section>\n");
}

fn list<'t>(page: &mut String, lines: impl IntoIterator<Item = &'t String>) {
    let items: String = lines.into_iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    if !items.is_empty() {
        page.push_str(&format!("<ul>{items}</ul>\n"));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
