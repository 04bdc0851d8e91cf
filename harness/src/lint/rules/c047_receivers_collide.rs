//! Rule C047, receivers-collide.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::config::read::Element;
use crate::lint::cluster::is_loopback;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C047",
    name: "receivers-collide",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "two nodes whose Receivers have the same address and port and may take no other",
    why: "The second node cannot bind the port, and its Host does not start.",
    bad: r#"<!-- n1 and n2 --> <Receiver address="127.0.0.1" port="4000" autoBind="1"/>"#,
    good: r#"<!-- n2 --> <Receiver address="127.0.0.1" port="4001" autoBind="1"/>"#,
    evidence: "ReceiverBase.bind",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let mut seen: HashMap<(&str, i64), Cluster<'_>> = HashMap::new();
    for other in input.clusters() {
        let Some(place) = fixed_place(&other) else { continue };
        let first = match seen.entry(place) {
            Entry::Occupied(first) => *first.get(),
            Entry::Vacant(free) => {
                free.insert(other);
                continue;
            }
        };
        let (Some(receiver), Some(earlier)) = (other.receiver(), first.receiver()) else { continue };
        let message = format!(
            "{} and {} listen on the same address and port: the second does not start",
            first.node.name, other.node.name
        );
        let finding = out.on_value(receiver, "port", message);
        finding.label(earlier, "port", format!("the Receiver of {}", first.node.name));
        // With a default address, the start command may give each node another one.
        let is_default = |it: Element<'_>| it.attribute("address").is_some_and(|address| address.is_default);
        if is_default(receiver) || is_default(earlier) {
            finding.at_most(Severity::Warning).sure(Confidence::Medium);
        }
    }
}

/// Address and port of a Receiver that can take no other.
fn fixed_place<'i>(cluster: &Cluster<'i>) -> Option<(&'i str, i64)> {
    let (address, port) = cluster.receiver_place()?;
    let is_fixed = address != "auto" && port != 0 && cluster.auto_bind() == Some(1);
    is_fixed
        .then_some((if is_loopback(address) && !address.starts_with("127.0.0.") { "127.0.0.1" } else { address }, port))
}
