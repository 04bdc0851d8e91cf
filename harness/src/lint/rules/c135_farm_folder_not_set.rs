//! Rule C135, farm-folder-not-set.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C135",
    name: "farm-folder-not-set",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a FarmWarDeployer without one of its folders",
    why: "None has a default. Without watchDir a watcher ends with a NullPointerException, and its Host does not start; without tempDir or deployDir no app can be received.",
    bad: r#"<Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" tempDir="farm/temp" deployDir="webapps" watchEnabled="true"/>"#,
    good: r#"<Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" tempDir="farm/temp" deployDir="webapps" watchDir="farm/watch" watchEnabled="true"/>"#,
    evidence: "FarmWarDeployer.start, getWatchDirFile, getDeployDirFile; a run on Tomcat 10.1.59 without watchDir",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.host.is_some()) {
        let Some(deployer) = cluster.deployer() else { continue };
        let watches = deployer.flag("watchEnabled", false) == Some(true);
        for (name, what) in [
            ("watchDir", "the Host does not start"),
            ("deployDir", "no app is deployed"),
            ("tempDir", "no app is received"),
        ] {
            if !deployer.has(name) && (name != "watchDir" || watches) {
                let finding = out.on(deployer, format!("missing `{name}`, which has no default: {what}"));
                finding.help(format!("set `{name}`"));
                // A node that watches sends; it receives from another that does.
                if name == "tempDir" && watches && !has_another_watcher(input, &cluster) {
                    finding.at_most(Severity::Warning).sure(Confidence::Medium);
                }
            }
        }
    }
}

fn has_another_watcher(input: &Input, cluster: &Cluster<'_>) -> bool {
    let watches = |other: &Cluster<'_>| {
        other.element != cluster.element
            && other.deployer().is_some_and(|deployer| deployer.flag("watchEnabled", false) != Some(false))
    };
    let is_in = |group: &&Vec<Cluster<'_>>| group.iter().any(|other| other.element == cluster.element);
    input.groups().iter().find(is_in).is_some_and(|group| group.iter().any(watches))
}
