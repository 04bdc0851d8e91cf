//! Rule C143, receiver-port-taken.

use crate::config::read::Element;
use crate::lint::cluster::is_loopback;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C143",
    name: "receiver-port-taken",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Receiver whose only port is that of a Connector or of the shutdown command of its own server",
    why: "The Connector has bound it before: the cluster does not start, nor does its container. The shutdown command finds it taken, and the server ends.",
    bad: r#"<Connector port="8080" …/> … <Receiver port="8080" autoBind="1" …/>"#,
    good: r#"<Connector port="8080" …/> … <Receiver port="4000" autoBind="1" …/>"#,
    evidence: "ReceiverBase.bind, AbstractProtocol.init, StandardServer.await; runs on Tomcat 10.1.59: Unable to start cluster",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let (Some(receiver), Some((address, port))) = (cluster.receiver(), cluster.receiver_place()) else { continue };
        if port <= 0 || cluster.auto_bind() != Some(1) {
            continue;
        }
        if let Some(other) = taken(&cluster, address, port) {
            let what = if other.name() == "Server" { "the shutdown command" } else { "a `<Connector>`" };
            out.on_value(receiver, "port", format!("port {port} is that of {what} of the same server"))
                .label(other, "port", "here")
                .help("give the Receiver a port of its own");
        }
    }
}

/// What of the server has the port, at the same address or at all.
fn taken<'i>(cluster: &Cluster<'i>, address: &str, port: i64) -> Option<Element<'i>> {
    let server = cluster.element.document().root();
    let is_all = |address: &str| matches!(address, "0.0.0.0" | "::");
    let meets = |own: Option<&str>| {
        own.is_none_or(|own| {
            let own = own.trim();
            is_all(own) || is_all(address) || own == address || is_loopback(own) && is_loopback(address)
        })
    };
    let has = |element: Element<'i>, default: Option<&'i str>| {
        let known = element.attribute("address").is_none_or(|address| address.known().is_some());
        // The shutdown command has 8005 where nothing is said, a Connector has none.
        let number = if default.is_some() { element.number("port", 8005) } else { element.number("port", -1) };
        known && number == Some(port) && meets(element.value("address").or(default))
    };
    let mut connectors = server.document().elements().filter(|element| element.name() == "Connector");
    connectors
        .find(|connector| has(*connector, None))
        .or_else(|| (server.name() == "Server" && has(server, Some("localhost"))).then_some(server))
}
