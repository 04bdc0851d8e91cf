//! Rule C082, engines-alike.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C082",
    name: "engines-alike",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "two Services with the same Engine name or jvmRoute in one file",
    why: "Their registrations clash, and a route leads to both.",
    bad: r#"<Service name="A"><Engine name="Catalina" …/></Service><Service name="B"><Engine name="Catalina" …/></Service>"#,
    good: r#"<Service name="A"><Engine name="A" …/></Service><Service name="B"><Engine name="B" …/></Service>"#,
    evidence: "documentation, config/engine: each Engine must have a unique name",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let engines = node.engines(input);
        for (index, engine) in engines.iter().enumerate() {
            for name in ["name", "jvmRoute"] {
                let value = engine.value(name).filter(|value| !value.is_empty());
                let other = engines[..index].iter().find(|other| value.is_some() && other.value(name) == value);
                if let (Some(other), Some(value)) = (other, value) {
                    out.on_value(*engine, name, format!("two Engines have the {name} `{value}`"))
                        .label(*other, name, "the other Engine")
                        .help(format!("give each Engine a {name} of its own"));
                }
            }
        }
    }
}
