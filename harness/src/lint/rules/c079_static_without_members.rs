//! Rule C079, static-without-members.

use crate::lint::cluster::open_text;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C079",
    name: "static-without-members",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a static list without another node",
    why: "The node is a cluster of one, and no line of the log says so.",
    bad: r#"<Interceptor className="…StaticMembershipInterceptor"/>"#,
    good: r#"<Interceptor className="…StaticMembershipInterceptor"><Member …/></Interceptor>"#,
    evidence: "StaticMembershipInterceptor.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for list in input.clusters().flat_map(|cluster| cluster.static_lists()) {
        // A StaticMembershipService without the node itself does not start (C040).
        let is_asked = list.name() == "Interceptor" || list.child("LocalMember").is_some();
        if list.child("Member").is_none() && is_asked && open_text(list).is_none() {
            out.on(list, "a static list without a `<Member>`: the node is a cluster of one")
                .help("add a `<Member>` for each other node");
        }
    }
}
