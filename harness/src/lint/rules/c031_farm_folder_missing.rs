//! Rule C031, farm-folder-missing.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C031",
    name: "farm-folder-missing",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a folder of the FarmWarDeployer that does not exist",
    why: "Nothing creates it: every fragment of a WAR fails with an IOException, or the watcher warns at every poll.",
    bad: r#"<Deployer … tempDir="cluster/temp"/> without CATALINA_BASE/cluster/temp"#,
    good: "mkdir -p cluster/temp",
    evidence: "seen in a run; WarWatcher.check",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.host.is_some()) {
        let Some(deployer) = cluster.deployer().filter(|_| !super::c083_sample_deployer::is_sample(&cluster)) else {
            continue;
        };
        let watches = deployer.flag("watchEnabled", false) == Some(true);
        for name in ["tempDir", "deployDir", "watchDir"] {
            let Some(path) = deployer.value(name).filter(|_| name != "watchDir" || watches) else { continue };
            if cluster.node.has_folder(path) == Some(false) {
                let message = format!("there is no folder `{path}` ({name}), and nothing creates it");
                let finding = out.on_value(deployer, name, message);
                finding.help(format!("mkdir -p {path}"));
                // A checkout of the configuration has no folders that are empty.
                if !cluster.node.is_deployed() {
                    finding.at_most(Severity::Warning).sure(Confidence::Low);
                }
            }
        }
    }
}
