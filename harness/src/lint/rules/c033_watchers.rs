//! Rule C033, watchers.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C033",
    name: "watchers",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "several nodes whose deployer watches a folder, or none; a node without a deployer beside one with",
    why: "Two watchers deploy each other's WARs a second time; without one nothing is ever deployed.",
    bad: r#"<!-- n1 and n2 --> <Deployer … watchEnabled="true"/>"#,
    good: r#"<!-- n1 --> <Deployer … watchEnabled="true"/>
<!-- n2 --> <Deployer … watchEnabled="false"/>"#,
    evidence: "FarmWarDeployer.java; reports of users",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let farm = |cluster: &Cluster<'_>| {
            cluster.host.is_some() && cluster.deployer().is_some() && !super::c083_sample_deployer::is_sample(cluster)
        };
        let all: Vec<_> = group.iter().filter(|cluster| farm(cluster)).collect();
        if let Some(first) = all.first() {
            // Of a `<Cluster>` that is of no Host, or of which a part was not read, nothing is said.
            let lacks = |cluster: &&Cluster<'_>| {
                cluster.host.is_some()
                    && cluster.element.child("Deployer").is_none()
                    && !cluster.element.document().is_partial()
            };
            for other in group.iter().filter(lacks) {
                let message = format!(
                    "{} has no Deployer, but {} has: what that deploys does not come here",
                    other.node.name, first.node.name
                );
                let finding = out.on(other.element, message);
                finding.help("give it a `<Deployer>` with `watchEnabled=\"false\"`");
                if let Some(place) = first.deployer() {
                    finding.label(place, "className", format!("the farm of {}", first.node.name));
                }
            }
        }
        let flags: Option<Vec<bool>> =
            all.iter().map(|cluster| cluster.deployer()?.flag("watchEnabled", false)).collect();
        let Some(flags) = flags.filter(|flags| flags.len() > 1) else { continue };
        let watchers: Vec<_> =
            all.iter().zip(&flags).filter(|(_, watches)| **watches).map(|(cluster, _)| cluster).collect();
        match watchers.as_slice() {
            [] => {
                if let Some(deployer) = all[0].deployer() {
                    out.on_value(deployer, "watchEnabled", "no node watches a folder: nothing is ever deployed")
                        .help("set `watchEnabled=\"true\"` on one node");
                }
            }
            [first, others @ ..] => {
                for other in others {
                    let (Some(deployer), Some(place)) = (other.deployer(), first.deployer()) else { continue };
                    let message = format!(
                        "{} watches a folder and so does {}: apps are deployed twice",
                        other.node.name, first.node.name
                    );
                    let finding = out.on_value(deployer, "watchEnabled", message);
                    finding.label(place, "watchEnabled", format!("the watcher {}", first.node.name));
                    finding.help("leave one watcher").set(Applicability::Unsafe, deployer, "watchEnabled", "false");
                }
            }
        }
    }
}
