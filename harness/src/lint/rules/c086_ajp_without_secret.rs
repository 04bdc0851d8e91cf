//! Rule C086, ajp-without-secret.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C086",
    name: "ajp-without-secret",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: r#"an AJP connector without a secret and without secretRequired="false""#,
    why: "The connector does not start (SEVERE), while the server does: the load balancer reaches nothing.",
    bad: r#"<Connector protocol="AJP/1.3" port="8009"/>"#,
    good: r#"<Connector protocol="AJP/1.3" port="8009" address="127.0.0.1" secretRequired="false"/>"#,
    evidence: "AbstractAjpProtocol.start; seen in runs on TomEE 9.0.0, Tomcat 9 and 11",
    versions: "7.0.100, 8.5.51, 9.0.31 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let asks = node.versions.has(&[Version(7, 0, 100), Version(8, 5, 51), Version(9, 0, 31)]);
        let Some(server) = node.server(input).filter(|_| asks != Some(false)) else { continue };
        for connector in server.all("Service").flat_map(|service| service.all("Connector")) {
            let protocol = connector.value("protocol").unwrap_or_default();
            let is_ajp = protocol.contains("AJP") || protocol.contains(".ajp.");
            let has_secret = ["secret", "requiredSecret"]
                .iter()
                .any(|name| connector.attribute(name).is_some_and(|secret| secret.known() != Some("")));
            if is_ajp && !has_secret && connector.flag("secretRequired", true) == Some(true) {
                // Stock files of older servers have it, so without a version it is a hint.
                let message = match asks {
                    None => "an AJP connector without a `secret` does not start on 7.0.100, 8.5.51, 9.0.31 and newer",
                    _ => "an AJP connector without a `secret` does not start",
                };
                let finding = out.on(connector, message);
                if asks.is_none() {
                    finding.at_most(Severity::Info).sure(Confidence::Low);
                }
                finding.help(
                    "set a `secret`, or `secretRequired=\"false\"` where only the load balancer reaches the port",
                );
                finding.set(Applicability::Unsafe, connector, "secretRequired", "false");
            }
        }
    }
}
