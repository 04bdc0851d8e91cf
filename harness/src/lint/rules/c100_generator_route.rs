//! Rule C100, generator-route.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C100",
    name: "generator-route",
    severity: Severity::Info,
    confidence: Confidence::High,
    finds: "a SessionIdGenerator whose jvmRoute is not that of the Engine",
    why: "It has no effect: when a Manager starts it gives its generator the route of the Engine.",
    bad: r#"<Engine jvmRoute="n1"> … <SessionIdGenerator jvmRoute="n2"/>"#,
    good: "<SessionIdGenerator/>",
    evidence: "ManagerBase.startInternal: setJvmRoute(getJvmRoute()); runs on Tomcat 10.1.59 with it in <Cluster> and in <Context>: ids end in the Engine's route",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        for engine in node.engines(input) {
            let generators = engine.document().elements().filter(|element| element.name() == "SessionIdGenerator");
            for generator in generators.filter(|generator| engine.span().contains(&generator.span().start)) {
                differs(out, node, engine, generator);
            }
        }
        // A file of its own may be of each of several Engines: then nobody knows which.
        let [engine] = node.engines(input)[..] else { continue };
        for context in node.clustered_contexts(input) {
            let generator = context.element.child("Manager").and_then(|manager| manager.child("SessionIdGenerator"));
            if let Some(generator) = generator.filter(|it| it.document().file() != engine.document().file()) {
                differs(out, node, engine, generator);
            }
        }
    }
}

fn differs(out: &mut Findings<'_>, node: &Node, engine: Element<'_>, generator: Element<'_>) {
    let Some(route) = node.route(engine) else { return };
    if let Some(own) = generator.value("jvmRoute").filter(|own| *own != route) {
        let message = format!("`{own}` has no effect: ids end in the Engine's route `{route}`");
        out.on_value(generator, "jvmRoute", message)
            .label(engine, "jvmRoute", "the Engine's route")
            .help("remove it from the `<SessionIdGenerator>`")
            .unset(Applicability::Safe, generator, "jvmRoute");
    }
}
