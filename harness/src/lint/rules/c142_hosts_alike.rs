//! Rule C142, hosts-alike.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C142",
    name: "hosts-alike",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "two Hosts of an Engine with one name, or an Alias with the name of another Host",
    why: "The server does not start: Child name is not unique. An Alias that is taken is ignored, and its requests go to the other Host.",
    bad: r#"<Host name="localhost" …/><Host name="LOCALHOST" …/>"#,
    good: r#"<Host name="localhost" …/><Host name="www.example.org" …/>"#,
    evidence: "ContainerBase.addChild, StandardHost.setName, Mapper.addHostAlias; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for engine in input.nodes.iter().flat_map(|node| node.engines(input)) {
        let hosts: Vec<(Element<'_>, &str)> =
            engine.all("Host").filter_map(|host| Some((host, host.value("name")?))).collect();
        for (index, (host, name)) in hosts.iter().enumerate() {
            if let Some((first, _)) = hosts[..index].iter().find(|(_, other)| other.eq_ignore_ascii_case(name)) {
                out.on_value(*host, "name", format!("two Hosts have the name `{name}`: the server does not start"))
                    .label(*first, "name", "the other Host");
            }
            for alias in host.all("Alias") {
                let taken = hosts.iter().find(|(other, name)| other != host && name.eq_ignore_ascii_case(alias.text()));
                if let Some((other, name)) = taken {
                    let message = format!("the alias `{name}` is the name of another Host, which gets its requests");
                    out.on(alias, message).at_most(Severity::Warning).label(*other, "name", "the other Host");
                }
            }
        }
    }
}
