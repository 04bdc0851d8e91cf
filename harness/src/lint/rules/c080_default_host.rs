//! Rule C080, default-host.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C080",
    name: "default-host",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an Engine whose defaultHost names none of its Hosts",
    why: "Requests for other names reach no app; they and the cluster miss each other.",
    bad: r#"<Engine defaultHost="localhost"><Host name="www.example.org"/></Engine>"#,
    good: r#"<Engine defaultHost="www.example.org"><Host name="www.example.org"/></Engine>"#,
    evidence: "documentation, config/engine: must match the name of one of the Hosts",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for engine in
        input.nodes.iter().flat_map(|node| node.engines(input)).filter(|engine| !engine.document().is_partial())
    {
        let Some(default) = engine.value("defaultHost") else { continue };
        let hosts: Vec<Element<'_>> = engine.all("Host").collect();
        let names: Option<Vec<&str>> = hosts.iter().map(|host| host.value("name")).collect();
        let Some(names) = names.filter(|names| !names.is_empty()) else { continue };
        let aliases = hosts.iter().flat_map(|host| host.all("Alias")).map(Element::text);
        // Names are compared in lower case (Mapper).
        if !names.iter().copied().chain(aliases).any(|name| name.eq_ignore_ascii_case(default)) {
            out.on_value(
                engine,
                "defaultHost",
                format!("defaultHost `{default}` is none of the Hosts {}", names.join(", ")),
            )
            .label(hosts[0], "name", "a Host")
            .help("name one of them");
        }
    }
}
