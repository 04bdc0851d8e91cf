//! Rule C088, external-entity.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C088",
    name: "external-entity",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a part of a file that stands in another file",
    why: "External entities are not read: whatever stands there was not looked at.",
    bad: r#"<!DOCTYPE Server [<!ENTITY ha SYSTEM "ha.xml">]><Server>…&ha;…</Server>"#,
    good: "the part in the file itself",
    evidence: "XML 1.0, 4.2.2; nothing that a file names is fetched",
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
    }
}
