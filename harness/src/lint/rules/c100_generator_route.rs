//! Rule C100, generator-route.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C100",
    name: "generator-route",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a SessionIdGenerator whose jvmRoute is not that of the Engine",
    why: "Ids carry a route that the JvmRouteBinderValve takes for a foreign one: each request renames the session.",
    bad: r#"<Engine jvmRoute="n1"> … <SessionIdGenerator jvmRoute="n2"/>"#,
    good: "<SessionIdGenerator/>",
    evidence: "SessionIdGeneratorBase.jvmRoute; JvmRouteBinderValve.handleJvmRoute",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        for engine in node.engines(input) {
            let Some(route) = node.route(engine) else { continue };
            let generators = engine.document().elements().filter(|element| element.name() == "SessionIdGenerator");
            for generator in generators.filter(|generator| engine.span().contains(&generator.span().start)) {
                if let Some(own) = generator.value("jvmRoute").filter(|own| *own != route) {
                    out.on_value(
                        generator,
                        "jvmRoute",
                        format!("ids end in `{own}`, but the Engine's route is `{route}`"),
                    )
                    .label(engine, "jvmRoute", "the Engine's route")
                    .help("remove it from the `<SessionIdGenerator>`")
                    .unset(Applicability::Safe, generator, "jvmRoute");
                }
            }
        }
    }
}
