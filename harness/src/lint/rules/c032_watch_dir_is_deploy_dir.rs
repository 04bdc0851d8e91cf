//! Rule C032, watch-dir-is-deploy-dir.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C032",
    name: "watch-dir-is-deploy-dir",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a watchDir that is the deployDir or the appBase",
    why: "The deployer copies a WAR onto itself, which empties it; since 9.0.120, 10.1.57 and 11.0.24 it is an error instead.",
    bad: r#"<Deployer … deployDir="webapps" watchDir="webapps" watchEnabled="true"/>"#,
    good: r#"<Deployer … deployDir="webapps" watchDir="cluster/watch" watchEnabled="true"/>"#,
    evidence: "FarmWarDeployer.copy; Tomcat commit 67a806859a",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let (Some(deployer), Some(host)) = (cluster.deployer(), cluster.host) else { continue };
        let Some(watch) = deployer.value("watchDir").filter(|_| deployer.flag("watchEnabled", false) == Some(true))
        else {
            continue;
        };
        let watch = cluster.node.canonical(watch);
        let deploy = deployer.value("deployDir").map(|path| cluster.node.canonical(path));
        let base = host.value_or("appBase", "webapps").map(|path| cluster.node.canonical(path));
        let other = match () {
            () if deploy.as_ref() == Some(&watch) => "deployDir",
            () if base.as_ref() == Some(&watch) => "the Host's appBase",
            () => continue,
        };
        out.on_value(deployer, "watchDir", format!("watchDir is {other}: a WAR is copied onto itself"))
            .help("watch a folder of its own, for example `watchDir=\"cluster/watch\"`");
    }
}
