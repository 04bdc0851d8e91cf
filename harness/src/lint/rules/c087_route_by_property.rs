//! Rule C087, route-by-property.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C087",
    name: "route-by-property",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a jvmRoute that is given by -DjvmRoute only, on Tomcat 10.1 or newer",
    why: "It is ignored: the node has no route, and sessions do not stick.",
    bad: r#"CATALINA_OPTS="-DjvmRoute=n1""#,
    good: r#"<Engine … jvmRoute="${jvmRoute}"/>"#,
    evidence: "Tomcat commit c3e33b6210; a run on TomEE 9.0.0 and Tomcat 11",
    versions: "10.1 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let is_ignored = node.versions.since(Version(10, 1, 0));
        let Some(route) = node.given.get("jvmRoute").filter(|_| is_ignored != Some(false)) else { continue };
        for engine in node.engines(input).into_iter().filter(|engine| !engine.has("jvmRoute")) {
            let finding = out.on(engine, format!("`-DjvmRoute={route}` is ignored since Tomcat 10.1"));
            if is_ignored.is_none() {
                finding.at_most(Severity::Info).sure(Confidence::Low);
            }
            finding.help("set `jvmRoute=\"${jvmRoute}\"` on the `<Engine>`").set(
                Applicability::Safe,
                engine,
                "jvmRoute",
                "${jvmRoute}",
            );
        }
    }
}
