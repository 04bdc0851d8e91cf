//! Rule C088, external-entity.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C088",
    name: "external-entity",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a part of a file that stands in another file",
    why: "External entities are not read: whatever stands there was not looked at. An XInclude is read by nobody.",
    bad: r#"<!DOCTYPE Server [<!ENTITY ha SYSTEM "ha.xml">]><Server>…&ha;…</Server>"#,
    good: "the part in the file itself",
    evidence: "XML 1.0, 4.2.2; nothing that a file names is fetched; Digester.getFactory makes no parser that knows XInclude",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let clusters: Vec<usize> = input.clusters().map(|cluster| cluster.element.document().file()).collect();
    for document in input.files.iter().filter_map(|file| file.document.as_ref()) {
        for entity in document.external().iter().filter(|entity| entity.is_used) {
            let mut message = format!("part of it is in `{}`, which was not read", entity.system);
            if document.root().name() == "Server" && !clusters.contains(&document.file()) {
                message.push_str(", and no cluster was checked");
            }
            out.in_file(document.file(), entity.span.clone(), message)
                .help("lint the file with the entity put in; what is missing here may stand there");
        }
        let is_servers = ["Server", "Service", "Engine", "Host", "Context"].contains(&document.root().name());
        let is_include = |element: &Element<'_>| element.local_name() == "include" && element.name().contains(':');
        for include in document.elements().filter(|element| is_servers && is_include(element)) {
            out.on(include, "Tomcat reads no XInclude: the element is ignored, and the file that it names is not read")
                .help("put the part into the file itself, or name it by an entity");
        }
    }
}
