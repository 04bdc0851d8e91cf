//! Rule C115, reserved-multicast.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C115",
    name: "reserved-multicast",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a multicast address of 224.0.0.0/24",
    why: "The block is reserved for protocols of the local network, and equipment treats it in its own way.",
    bad: r#"<Membership className="…McastService" address="224.0.0.4"/>"#,
    good: r#"<Membership className="…McastService" address="228.0.0.9"/>"#,
    evidence: "RFC 5771",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for membership in input.clusters().filter_map(|cluster| cluster.membership()) {
        if let Some(address) = membership.value("address").filter(|address| address.trim().starts_with("224.0.0.")) {
            out.on_value(
                membership,
                "address",
                format!("`{address}` is of a block that is reserved for routing protocols"),
            )
            .help("use for example `228.0.0.9`");
        }
    }
}
