//! Rule C070, cross-context.

use crate::lint::cluster::ManagerClass;
use crate::lint::{Confidence, Finding, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C070",
    name: "cross-context",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: r#"crossContext="true" with DeltaManager on a version that loses changes across contexts"#,
    why: "What an included app changes in its session is replicated wrongly.",
    bad: r#"<Context crossContext="true"/> on Tomcat 10.1.39"#,
    good: r#"<Context crossContext="true"/> on Tomcat 10.1.40"#,
    evidence: "Tomcat's changelog: 9.0.103, 10.1.40, 11.0.6",
    versions: "before 9.0.103, 10.1.40 and 11.0.6",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let is_delta = node.clusters(input).iter().any(|cluster| cluster.manager_class() == ManagerClass::Delta);
        let fixed = node.versions.has(&[Version(9, 0, 103), Version(10, 1, 40), Version(11, 0, 6)]);
        if !is_delta || fixed == Some(true) {
            continue;
        }
        let soften = |finding: &mut Finding| {
            if fixed.is_none() {
                finding.at_most(Severity::Info).sure(Confidence::Low);
            }
        };
        let apps = input.app_contexts().into_iter().filter(|(app, _)| app.is_on(&node.name));
        let contexts = node.contexts(input).into_iter().map(|context| context.element);
        for context in contexts
            .chain(apps.map(|(_, context)| context))
            .filter(|context| context.flag("crossContext", false) == Some(true))
        {
            soften(out.on_value(
                context,
                "crossContext",
                "before 9.0.103, 10.1.40 and 11.0.6, changes across contexts are replicated wrongly",
            ));
        }
        if let Some(engine) = node
            .engines(input)
            .first()
            .filter(|_| node.tomee.get("openejb.crosscontext").is_some_and(|value| value == "true"))
        {
            soften(out.on(*engine, "openejb.crosscontext: before 9.0.103, 10.1.40 and 11.0.6, changes across contexts are replicated wrongly"));
        }
    }
}
