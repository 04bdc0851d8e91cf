//! Rule C136, not-read.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C136",
    name: "not-read",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an archive, a folder or a class file that could not be read",
    why: "What is in it was not checked: that nothing was found there says nothing.",
    bad: "webapps/shop.war that is no zip archive",
    good: "an archive, and permissions, with which it can be read",
    evidence: "what the reader of zip archives and of class files says",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let Some(file) = node.server else { continue };
        for unread in &node.unread {
            let finding = out.in_file(file, 0..0, format!("not read: {unread}"));
            finding.path.push_str(&format!("[{unread}]"));
            finding.help("lint it again when it can be read");
        }
    }
    for app in input.apps.iter().filter(|app| !app.is_stock(input)) {
        let unread = app.classes.unread();
        if let Some(first) = unread.first() {
            let name = first.rsplit('/').next().unwrap_or_default();
            let message = format!("not read: {} class files of `{}`, as `{name}`", unread.len(), app.base_name);
            let finding = out.in_file(app.file(), 0..0, message);
            finding.path.push_str(&format!("[{}]", app.base_name));
            finding.help("build the app anew");
        }
    }
}
