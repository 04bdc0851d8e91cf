//! Rule C040, not-in-static-list.

use crate::config::read::Element;
use crate::lint::cluster::{MembershipKind, is_loopback};
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C040",
    name: "not-in-static-list",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a StaticMembershipService whose list lacks the node itself",
    why: r#"IllegalStateException "There is no localMember in static member list": the server does not start."#,
    bad: r#"<Member host="10.0.0.1" port="4000"/> … <Receiver address="10.0.0.1" port="4001"/>"#,
    good: r#"<Member host="10.0.0.1" port="4000"/> … <Receiver address="10.0.0.1" port="4000"/>"#,
    evidence: "StaticMembershipService.start; seen in runs",
    versions: "9.0.17 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Static) {
        let Some(service) = cluster.membership().filter(|service| service.child("LocalMember").is_none()) else {
            continue;
        };
        let members: Vec<_> = service.all("Member").collect();
        let places: Option<Vec<(&str, i64)>> =
            members.iter().map(|member| Some((member.value("host")?.trim(), member.number("port", -1)?))).collect();
        if members.is_empty() {
            let message =
                "a static list without a `<Member>`: the node itself is missing, and the server does not start";
            out.on(service, message).help("add a `<Member>` for each node, also for this one");
            continue;
        }
        let (Some(places), Some((address, port))) = (places, cluster.receiver_place()) else { continue };
        let range = port..port + cluster.auto_bind().unwrap_or(100);
        let is_number = |host: &str| host.parse::<std::net::IpAddr>().is_ok() || host == "localhost";
        let same = |host: &str| {
            let parsed = |text: &str| text.parse::<std::net::IpAddr>().ok();
            host == address
                || is_loopback(host) && is_loopback(address)
                || parsed(host).zip(parsed(address)).is_some_and(|(a, b)| a == b)
        };
        let by_port = places.iter().any(|(_, member)| range.contains(member));
        let by_place = places.iter().any(|(host, member)| same(host) && range.contains(member));
        let comparable = is_number(address) && places.iter().all(|(host, _)| is_number(host));
        if !by_port || comparable && !by_place {
            let message =
                format!("no `<Member>` is this node, whose Receiver is at {address}:{port}: the server does not start");
            let place = cluster.receiver().unwrap_or(service);
            let finding = out.on_value(place, if by_port { "address" } else { "port" }, message);
            finding.label(service, "className", "this list must name all nodes, also the one that it stands on");
            finding.help(format!(
                "add a `<Member>` for {address}:{port}, or a `<LocalMember>` with this node's `uniqueId`"
            ));
            // The start command may give another address or port than the default.
            let is_default = |element: &Element<'_>| element.attributes().iter().any(|attribute| attribute.is_default);
            if members.iter().chain([&place]).any(is_default) {
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
            }
        }
    }
}
