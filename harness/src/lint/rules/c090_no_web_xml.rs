//! Rule C090, no-web-xml.

use crate::lint::app::App;
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
    let is_local = |app: &&App| !app.has_web() && !app.is_stock(input) && !input.has_cluster_manager(app);
    // A jar that starts a server of its own is no web archive.
    for app in input.apps.iter().filter(is_local).filter(|app| !app.name.ends_with(".jar")) {
        let file = app.file();
        let finding =
            out.in_file(file, 0..0, format!("`{}` has no web.xml, so its sessions stay on one node", app.name));
        finding.path.push_str(&format!("[{}]", app.base_name));
        finding.help("add WEB-INF/web.xml with `<distributable/>`");
        if !app.is_explicit || !has_cluster {
            finding.at_most(Severity::Warning);
        }
    }
}
