//! Rule C090, no-web-xml.

use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C090",
    name: "no-web-xml",
    severity: Severity::Error,
    confidence: Confidence::Medium,
    finds: "an app without a web.xml in a cluster",
    why: "Without a web.xml it is not distributable: its sessions stay on one node.",
    bad: "shop.war without WEB-INF/web.xml",
    good: "WEB-INF/web.xml with <distributable/>",
    evidence: "StandardContext.startInternal; runs on TomEE 9.0.0 and Tomcat 11.0.24",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    if !has_cluster && input.nodes.iter().any(Node::has_server) {
        return;
    }
    for app in input.apps.iter().filter(|app| !app.has_web() && !app.is_stock(input)) {
        let file = app.file();
        let finding =
            out.in_file(file, 0..0, format!("`{}` has no web.xml, so its sessions stay on one node", app.name));
        finding.path.push_str(&format!("[{}]", app.base_name));
        finding.help("add WEB-INF/web.xml with `<distributable/>`");
        if !app.is_explicit {
            finding.at_most(Severity::Warning);
        }
    }
}
