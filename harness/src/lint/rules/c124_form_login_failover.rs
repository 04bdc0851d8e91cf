//! Rule C124, form-login-failover.

use crate::config::read::Element;
use crate::lint::app::child;
use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C124",
    name: "form-login-failover",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    finds: "form login on 9.0 or 10.0 without persistAuthenticationNotes",
    why: "A login that is under way when its node fails ends with an error.",
    bad: "<login-config><auth-method>FORM</auth-method></login-config>",
    good: r#"<Context><Manager className="…DeltaManager" persistAuthenticationNotes="true"/></Context>"#,
    evidence: "bug 66120; runs on TomEE 8 and 9",
    versions: "9.0.66 to 10.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let concerned = |node: &&Node| {
        node.versions.since(Version(9, 0, 0)) == Some(true)
            && node.versions.since(Version(10, 1, 0)) == Some(false)
            && !node.clusters(input).is_empty()
    };
    let Some(node) = input.nodes.iter().find(concerned) else { return };
    let persists = |context: Element<'_>| {
        context.child("Manager").is_some_and(|manager| manager.flag("persistAuthenticationNotes", false) != Some(false))
    };
    if node.contexts(input).iter().any(|context| persists(context.element)) {
        return;
    }
    for app in input.apps.iter().filter(|app| app.is_distributable(input) && !app.context(input).is_some_and(persists))
    {
        let method = app.web(input).and_then(|web| child(child(web, "login-config")?, "auth-method"));
        if let Some(method) = method.filter(|method| method.text() == "FORM") {
            out.on(method, "a login that is under way when its node fails ends with an error")
                .help("set `persistAuthenticationNotes=\"true\"` on a `<Manager>` of the app's Context");
        }
    }
}
