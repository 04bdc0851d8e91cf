//! Rule C039, app-deployed-twice.

use crate::lint::{Confidence, Findings, Input, Rule, Scope, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C039",
    name: "app-deployed-twice",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "an app that the farm deploys and that has a Context of its own",
    why: "Both deploy it, and one of them fails or replaces the other.",
    bad: r#"<Context path="/shop" docBase="/srv/shop"/> and shop.war in the watched folder"#,
    good: "only one of them",
    evidence: "HostConfig; not seen in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(deployer) = cluster.deployer() else { continue };
        let Some(watch) = deployer.value("watchDir").and_then(|path| cluster.node.relative(path)) else { continue };
        let Some(listing) = &cluster.node.listing else { continue };
        for context in cluster.node.contexts(input) {
            let Scope::App(app) = &context.scope else { continue };
            let app = if app.is_empty() { "ROOT" } else { app };
            if listing.contains_key(&format!("{watch}/{app}.war")) {
                let message = format!("`{app}` is deployed by the farm, and by this Context");
                out.on(context.element, message).label(deployer, "watchDir", format!("{app}.war lies in this folder"));
            }
        }
    }
}
