//! Rule C137, no-such-host.

use crate::lint::cluster::ipv4;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C137",
    name: "no-such-host",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an address of a Receiver or of a static member that no host can have",
    why: "The Receiver cannot bind, and the server does not start; such a member is left without a host.",
    bad: r#"<Receiver className="…NioReceiver" address="10.0.0.1:4000"/>"#,
    good: r#"<Receiver className="…NioReceiver" address="10.0.0.1" port="4000"/>"#,
    evidence: "ReceiverBase.bind, MemberImpl.setHost; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        if let Some(receiver) = cluster.receiver()
            && let Some(why) = receiver.value("address").and_then(|address| wrong(address.trim()))
        {
            out.on_value(receiver, "address", format!("the address {why}: the server does not start"))
                .help("write a host name or an IP address; the port is an attribute of its own");
        }
        for member in cluster.static_members() {
            if !member.has("host") {
                out.on(member, "a `<Member>` without `host` is no member")
                    .help("set `host`, the address of its Receiver");
            } else if let Some(why) = member.value("host").and_then(|host| wrong(host.trim())) {
                out.on_value(member, "host", format!("the host {why}: there is no such member"))
                    .help("write a host name or an IP address; the port is an attribute of its own");
            }
        }
    }
}

/// Why no host has this name. A name may be any other.
fn wrong(host: &str) -> Option<String> {
    let is_number = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let without_zone = host.split('%').next().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_ipv6 = without_zone.parse::<std::net::Ipv6Addr>().is_ok();
    match () {
        () if host.contains('/') => Some(format!("`{host}` is a URL or a path")),
        () if host.matches(':').count() == 1 => Some(format!("`{host}` has a port in it")),
        // In brackets nothing else is taken (`InetAddress.getByName`).
        () if (host.contains(':') || host.starts_with('[')) && !is_ipv6 => Some(format!("`{host}` is no IPv6 address")),
        () if is_number && ipv4(host).is_none() => Some(format!("`{host}` is no IPv4 address")),
        () => None,
    }
}
