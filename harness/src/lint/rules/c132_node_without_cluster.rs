//! Rule C132, node-without-cluster.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C132",
    name: "node-without-cluster",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a node without the Cluster that the others have",
    why: "Its sessions are on no other node, and it has none of theirs. A Cluster in a comment is none.",
    bad: "<!-- n1 --> <Host …><Cluster …/></Host> <!-- n2 --> <Host …><!-- <Cluster …/> --></Host>",
    good: "the same Cluster on all nodes",
    evidence: "StandardContext.startInternal: without a cluster a context gets a StandardManager",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    if input.nodes.len() < 2 || input.clusters().next().is_none() {
        return;
    }
    for node in input.nodes.iter().filter(|node| node.clusters(input).is_empty()) {
        let Some(server) = node.server(input).filter(|server| is_whole(*server)) else { continue };
        // One of Tomcat 5.5, or in a wrong place, has a rule of its own.
        if server.document().elements().any(|element| element.name() == "Cluster") {
            continue;
        }
        let message = format!("{} has no Cluster: it shares no session with the other nodes", node.name);
        let finding = out.on(server, message);
        finding.help("give it the same `<Cluster>`");
        if let Some(other) = input.clusters().next() {
            finding.label(other.element, "className", format!("the cluster of {}", other.node.name));
        }
    }
    for group in input.groups() {
        let Some((first, host)) = group.first().and_then(|first| Some((first, first.host?))) else { continue };
        let is_member = |node: &Node| group.iter().any(|cluster| std::ptr::eq(cluster.node, node));
        for node in input.nodes.iter().filter(|node| !node.clusters(input).is_empty() && !is_member(node)) {
            let Some(other) = bare_host(input, node, first.engine.value("name"), host.value("name")) else { continue };
            let message = format!(
                "the Host of {} has no Cluster, that of {} has: they share no session",
                node.name, first.node.name
            );
            out.on(other, message)
                .label(first.element, "className", format!("on {}", first.node.name))
                .help("give it the same `<Cluster>`");
        }
    }
}

/// A node's Host of this name that no cluster serves.
fn bare_host<'i>(input: &'i Input, node: &'i Node, engine: Option<&str>, host: Option<&str>) -> Option<Element<'i>> {
    let engines = node.engines(input).into_iter().filter(|own| own.child("Cluster").is_none());
    let mut hosts = engines.filter(|own| own.value("name") == engine).flat_map(|own| own.all("Host"));
    hosts.find(|own| own.child("Cluster").is_none() && own.value("name").is_some() && own.value("name") == host)
}

fn is_whole(server: Element<'_>) -> bool {
    server.name() == "Server" && !server.document().is_partial()
}
