//! Rule C036, slow-farm-poll.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C036",
    name: "slow-farm-poll",
    severity: Severity::Info,
    confidence: Confidence::High,
    finds: "a farm that polls its folder less often than once a minute",
    why: "A WAR is noticed after backgroundProcessorDelay times processDeployFrequency seconds, 20 by default.",
    bad: r#"<Deployer … watchEnabled="true" processDeployFrequency="30"/>"#,
    good: r#"<Deployer … watchEnabled="true" processDeployFrequency="1"/>"#,
    evidence: "FarmWarDeployer.backgroundProcess",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(deployer) = cluster.deployer().filter(|deployer| deployer.flag("watchEnabled", false) == Some(true))
        else {
            continue;
        };
        let delay =
            cluster.host.and_then(|host| host.number("backgroundProcessorDelay", -1)).filter(|delay| *delay > 0);
        let delay = delay.or_else(|| cluster.engine.number("backgroundProcessorDelay", 10));
        let seconds =
            delay.zip(deployer.number("processDeployFrequency", 2)).map(|(delay, every)| delay.saturating_mul(every));
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 60) {
            out.on_value(deployer, "processDeployFrequency", format!("the folder is polled every {seconds} s"));
        }
    }
}
