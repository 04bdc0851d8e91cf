//! Rule C048, loopback-receiver.

use crate::config::read::Element;
use crate::lint::cluster::{MembershipKind, is_loopback};
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C048",
    name: "loopback-receiver",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a Receiver on a loopback address while members are on other machines, or announcements of another one that leave by the loopback interface only",
    why: "The node announces an address at which the others find themselves.",
    bad: r#"<Receiver address="127.0.0.1" …/> with <Member host="10.0.0.2" …/>"#,
    good: r#"<Receiver address="10.0.0.1" …/>"#,
    evidence: "documentation, cluster-howto: common errors; ReceiverBase: auto is InetAddress.getLocalHost",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((address, _)) = cluster.receiver_place() else { continue };
        let members = cluster.static_members();
        let remote = members
            .iter()
            .filter(|member| member.value("host").is_some_and(|host| !is_loopback(host)))
            .min_by_key(|member| member.span().start);
        let place = cluster.receiver().unwrap_or(cluster.element);
        if let Some(remote) = remote.filter(|_| is_loopback(address)) {
            out.on_value(
                place,
                "address",
                format!("the Receiver listens on {address}, where members on other machines cannot reach it"),
            )
            .label(*remote, "host", "a member on another machine");
        }
        if remote.is_none() {
            own_group(input, out, &cluster, address, place);
        }
        if address == "auto" {
            for (file, span, name) in loopback_names(input) {
                let finding = out.on_value(
                    place,
                    "address",
                    format!(
                        "address auto is this machine's name, and `{name}` is a loopback address in the hosts file"
                    ),
                );
                finding.help("set `address` to the address that the other nodes reach");
                finding.labels.push(crate::lint::Label { file, span, text: "here".to_owned() });
            }
        }
    }
}

/// One of several nodes that is reached by itself alone, or that announces itself to itself alone.
fn own_group(input: &Input, out: &mut Findings<'_>, cluster: &Cluster<'_>, address: &str, place: Element<'_>) {
    let is_elsewhere = |address: &str| !is_loopback(address) && !matches!(address, "auto" | "" | "0.0.0.0" | "::");
    if is_loopback(address) {
        let groups = input.groups();
        let group = groups.iter().find(|group| group.iter().any(|other| other.element == cluster.element));
        let of = |other: &Cluster<'_>| other.receiver_place().is_some_and(|(address, _)| is_elsewhere(address));
        if let Some(other) = group.into_iter().flatten().find(|other| of(other)) {
            let message = format!(
                "the Receiver of {} listens on {address}, that of {} does not: the others find themselves there",
                cluster.node.name, other.node.name
            );
            let finding = out.on_value(place, "address", message);
            if let Some(receiver) = other.receiver() {
                finding.label(receiver, "address", format!("on {}", other.node.name));
            }
            finding.help("set `address` to the address that the other nodes reach");
        }
        return;
    }
    let membership = cluster.membership().filter(|_| cluster.membership_kind() == MembershipKind::Multicast);
    let bind = membership.and_then(|membership| Some((membership, membership.value("bind")?.trim())));
    if let Some((membership, bind)) = bind.filter(|(_, bind)| is_loopback(bind) && is_elsewhere(address)) {
        let message = format!("announcements leave by {bind} only: nodes on other machines never see this one");
        out.on_value(membership, "bind", message)
            .label(place, "address", "the address at which they would reach it")
            .help("set `bind` to the Receiver's address, or remove it");
    }
}

/// Names other than localhost that a hosts file gives to 127.*.
fn loopback_names(input: &Input) -> Vec<(usize, std::ops::Range<usize>, String)> {
    let mut found = vec![];
    for file in input.others.iter().filter(|file| input.files[**file].short_name() == "hosts") {
        let text = &input.files[*file].text;
        let lines = text.lines().filter(|line| line.starts_with("127."));
        for name in lines
            .flat_map(|line| line.split_whitespace().skip(1))
            .filter(|name| !name.starts_with("localhost") && !name.starts_with('#'))
        {
            let start = name.as_ptr() as usize - text.as_ptr() as usize;
            found.push((*file, start..start + name.len(), name.to_owned()));
        }
    }
    found
}
