//! Rule C083, sample-deployer.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C083",
    name: "sample-deployer",
    severity: Severity::Info,
    confidence: Confidence::High,
    finds: "the Deployer of the documentation's example, left as it is",
    why: "It watches nothing and deploys nothing: dead weight.",
    bad: r#"<Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" tempDir="/tmp/war-temp/" deployDir="/tmp/war-deploy/" watchDir="/tmp/war-listen/" watchEnabled="false"/>"#,
    good: "no Deployer",
    evidence: "documentation, cluster-howto",
    versions: "all",
    check,
};

/// Whether the Deployer is that of the how-to: it watches nothing, and its paths are the printed ones.
pub(super) fn is_sample(cluster: &Cluster<'_>) -> bool {
    let Some(deployer) = cluster.deployer() else { return false };
    let printed =
        |name: &str| deployer.value(name).is_some_and(|path| path.trim_end_matches('/').starts_with("/tmp/war-"));
    deployer.flag("watchEnabled", false) == Some(false) && printed("tempDir") && printed("deployDir")
}

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(is_sample) {
        let Some(deployer) = cluster.deployer() else { continue };
        let finding =
            out.on(deployer, "the documentation's example of a Deployer: it watches no folder and deploys nothing");
        finding.help(if cluster.host.is_none() {
            "remove it; a Deployer works in a Host's Cluster only"
        } else {
            "remove it, or set `deployDir` to the Host's appBase, and `watchEnabled=\"true\"` on one node"
        });
    }
}
