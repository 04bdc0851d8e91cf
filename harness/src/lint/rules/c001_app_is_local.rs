//! Rule C001, app-is-local.

use crate::lint::app::App;
use crate::lint::{Applicability, Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C001",
    name: "app-is-local",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an app without <distributable/> in a cluster",
    why: "StandardContext gives it a StandardManager without a word, and none of its sessions is replicated.",
    bad: r#"<web-app version="4.0"/>"#,
    good: r#"<web-app version="4.0"><distributable/></web-app>"#,
    evidence: "StandardContext.startInternal; seen in runs on TomEE 9.0.0, Tomcat 10.1 and 11.0",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    if !has_cluster && input.nodes.iter().any(Node::has_server) {
        return;
    }
    let own = |app: &&App| !app.is_stock(input) && app.web(input).is_some_and(|web| web.local_name() == "web-app");
    let apps: Vec<&App> = input.apps.iter().filter(own).collect();
    let some_are = apps.iter().any(|app| app.is_distributable(input));
    for app in apps.iter().filter(|app| !app.is_distributable(input) && !input.has_cluster_manager(app)) {
        let Some(web) = app.web(input) else { continue };
        let message = format!("`{}` has no `<distributable/>`, so its sessions stay on one node", app.base_name);
        let finding = out.on(web, message).help("add `<distributable/>` to web.xml");
        if some_are && !app.is_explicit {
            finding.at_most(Severity::Warning).sure(Confidence::Medium);
        }
        // Without a server in sight it may be an app that is meant to be local.
        if !has_cluster {
            finding.at_most(Severity::Warning).sure(Confidence::Medium);
        }
        match web.children().next() {
            Some(first) => finding.insert_before(Applicability::Unsafe, first, "<distributable/>"),
            None => finding,
        };
    }
}
