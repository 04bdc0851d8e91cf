//! Rule C085, template-attribute.

use crate::lint::known::known_elements;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C085",
    name: "template-attribute",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an attribute of <Cluster><Manager> that is not copied to the managers of the contexts",
    why: "The Manager of a Cluster is a template, of which a fixed list of attributes is copied; the others are dropped without a word.",
    bad: r#"<Cluster …><Manager className="…DeltaManager" persistAuthenticationNotes="true"/></Cluster>"#,
    good: r#"<Context><Manager className="…DeltaManager" persistAuthenticationNotes="true"/></Context>"#,
    evidence: "ClusterManagerBase.clone, DeltaManager.cloneFromTemplate",
    versions: "all",
    check,
};

/// Attributes of a manager that no version's `clone` copies.
const DROPPED: [&str; 7] = [
    "persistAuthenticationNotes",
    "persistAuthentication",
    "sessionActivityCheck",
    "sessionLastAccessAtStart",
    "maxInactiveInterval",
    "pathname",
    "randomFile",
];

fn check(input: &Input, out: &mut Findings<'_>) {
    let known = known_elements(input);
    for manager in input.clusters().filter_map(|cluster| cluster.manager()) {
        let of_class = known.iter().find(|known| known.element == manager);
        // One that the class does not have anywhere is said by another rule (C018).
        let is_there = |name: &&str| of_class.is_none_or(|known| known.names.kind(name).is_some());
        for name in DROPPED.into_iter().filter(|name| manager.has(name)).filter(is_there) {
            out.on_value(manager, name, format!("`{name}` is not copied from here to the managers of the contexts"))
                .help("put a `<Manager>` with it into the app's `<Context>`");
        }
    }
}
