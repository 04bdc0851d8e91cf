//! Rule C034, temp-dir-on-other-device.

use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C034",
    name: "temp-dir-on-other-device",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a tempDir on another file system than the deployDir",
    why: "Up to 10.1 the WAR is moved by File.renameTo, which fails across file systems; the old app is removed before.",
    bad: r#"tempDir="/mnt/temp" deployDir="webapps""#,
    good: r#"tempDir="cluster/temp" deployDir="webapps""#,
    evidence: "FarmWarDeployer.messageReceived, 10.1: renameTo; 11.0 copies",
    versions: "7.0 to 10.1",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(deployer) = cluster.deployer() else { continue };
        let device = |name: &str| cluster.node.device(deployer.value(name)?).flatten();
        let differ = device("tempDir").zip(device("deployDir")).is_some_and(|(temp, deploy)| temp != deploy);
        if differ && cluster.node.versions.since(Version(11, 0, 0)) != Some(true) {
            let message = "tempDir is on another file system than deployDir: a received WAR cannot be moved there";
            out.on_value(deployer, "tempDir", message)
                .label(deployer, "deployDir", "the other file system")
                .help("put both on one file system");
        }
    }
}
