//! Rule C064, versions-differ.

use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C064",
    name: "versions-differ",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "nodes whose versions cannot read each other's messages",
    why: "The transfer of state and changes fail, while the log says that state was received.",
    bad: "n1 on Tomcat 9.0.65, n2 on 9.0.66",
    good: "both on one version",
    evidence: "DeltaSession.doReadObject (notes since 9.0.66 and 10.1.0); the serial version of MemberImpl is another one in 9.0, in 10.0, and in 10.1 and newer",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let Some((first, others)) = group.split_first() else { continue };
        for other in others {
            let (a, b) = (first.node.versions, other.node.versions);
            let differ = |parts: &[Version]| a.has(parts).zip(b.has(parts)).is_some_and(|(a, b)| a != b);
            let why = match () {
                () if differ(&[Version(9, 0, 66), Version(10, 1, 0)]) => "sessions have notes since 9.0.66 and 10.1.0",
                () if a.since(Version(10, 0, 0)).zip(b.since(Version(10, 0, 0))).is_some_and(|(a, b)| a != b) => {
                    "one is of javax.servlet and one of jakarta.servlet"
                }
                () if differ(&[Version(10, 1, 0)]) => "members of 10.0 and of 10.1 cannot be read by each other",
                () => continue,
            };
            let message = format!("{} runs Tomcat {a} and {} runs Tomcat {b}: {why}", first.node.name, other.node.name);
            out.on(other.element, message).help("run one version on all nodes");
        }
    }
}
