//! Rule C038, farm-peer-without-auto-deploy.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C038",
    name: "farm-peer-without-auto-deploy",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: r#"a farm on a Host with autoDeploy="false""#,
    why: "When a WAR is removed, its unpacked folder stays and is deployed again at the next start.",
    bad: r#"<Host … autoDeploy="false"><Cluster …><Deployer className="…FarmWarDeployer"/></Cluster></Host>"#,
    good: r#"<Host … autoDeploy="true"><Cluster …><Deployer className="…FarmWarDeployer"/></Cluster></Host>"#,
    evidence: "seen in a run; FarmWarDeployer, UndeployMessage",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let (Some(_), Some(host)) = (cluster.deployer(), cluster.host) else { continue };
        if host.flag("autoDeploy", true) == Some(false) && !super::c083_sample_deployer::is_sample(&cluster) {
            let message =
                "autoDeploy is off: an app that the farm removes stays unpacked and comes back at the next start";
            out.on_value(host, "autoDeploy", message).label(cluster.element, "className", "the farm");
        }
    }
}
