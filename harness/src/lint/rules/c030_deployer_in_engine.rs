//! Rule C030, deployer-in-engine.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C030",
    name: "deployer-in-engine",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a FarmWarDeployer in the Cluster of an Engine",
    why: r#"It logs "FarmWarDeployer can only work as host cluster subelement!" and deploys nothing; the server runs on."#,
    bad: r#"<Engine …><Cluster …><Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" watchEnabled="true"/></Cluster></Engine>"#,
    good: r#"<Host …><Cluster …><Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" watchEnabled="true"/></Cluster></Host>"#,
    evidence: "FarmWarDeployer.start; seen in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.host.is_none()) {
        if let Some(deployer) = cluster.deployer().filter(|_| !super::c083_sample_deployer::is_sample(&cluster)) {
            let finding = out.on(deployer, "a FarmWarDeployer in an Engine's Cluster deploys nothing");
            finding.label(cluster.engine, "name", "the Engine").help("move the `<Cluster>` into the `<Host>`");
            if deployer.flag("watchEnabled", false) == Some(false) {
                finding.at_most(Severity::Warning);
            }
        }
    }
}
