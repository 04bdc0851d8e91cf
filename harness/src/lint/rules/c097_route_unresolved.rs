//! Rule C097, route-unresolved.

use crate::lint::environment::PROPERTY_SOURCE;
use crate::lint::environment::variables;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C097",
    name: "route-unresolved",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a jvmRoute with a property that nothing sets",
    why: "The property's name itself is the route, and it is the same on every node.",
    bad: r#"<Engine … jvmRoute="${jvmRoute}"/> without -DjvmRoute"#,
    good: r#"CATALINA_OPTS="-DjvmRoute=n1""#,
    evidence: "IntrospectionUtils.replaceProperties leaves what it does not know",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in input.nodes.iter().filter(|node| !node.clusters(input).is_empty()) {
        for engine in node.engines(input) {
            let Some(placeholder) = engine.attribute("jvmRoute").and_then(|route| route.placeholder.as_deref()) else {
                continue;
            };
            let Some(name) = placeholder.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else { continue };
            let finding =
                out.on_value(engine, "jvmRoute", format!("nothing sets `{name}`, unless the start command does"));
            if node.tomee.contains_key(name) {
                finding.message = format!("`{name}` stands in conf/system.properties, which is read after server.xml");
                finding.sure(Confidence::High).help("set it in conf/catalina.properties, on each node another one");
                continue;
            }
            let option = format!("-D{name}=");
            let uses = node.scripts.iter().any(|script| script.contains(&option));
            if uses || input.manifests().iter().any(|manifest| manifest.mentions(&option)) {
                // The script sets it from a variable of the shell; a manifest sets it in the environment of each node.
                out.found.pop();
                continue;
            }
            if let Some(source) = node.other_source() {
                // Another source may know it, on each node another value.
                finding.message = format!("`{name}` is asked of {source}, and these files do not say what it answers");
                finding.at_most(Severity::Info).sure(Confidence::Low);
                finding.help(format!("give it to lint: `-D {name}=n1`"));
                continue;
            }
            if node.scripts.is_empty() {
                finding.at_most(Severity::Info).sure(Confidence::Low);
            }
            let is_variable = node.scripts.iter().any(|script| variables(script).contains_key(name));
            if is_variable {
                finding.help(format!(
                    "pass it on: `-D{name}=${name}`, or set {PROPERTY_SOURCE} to EnvironmentPropertySource"
                ));
                continue;
            }
            finding.help(format!(
                "set `-D{name}=…` in bin/setenv.sh, on each node another one; or give it to lint: `-D {name}=n1`"
            ));
        }
    }
}
