//! Proofs of rules about the farm.

use super::experiment::{Experiment, Parts, Proof};
use super::steps;

const NOT_DEPLOYED: &[&str] = &["not-deployed"];

/// A farm that looks every second, watched on the first node.
pub(super) const SCANS: Parts = &[
    ("engine-attributes", r#"jvmRoute="@self@" backgroundProcessorDelay="1""#),
    ("n1 watches", "true"),
    ("n2 watches", "false"),
];
/// Its deployer.
pub(super) const DEPLOYER: &str = r#"<Deployer className="~FarmWarDeployer" tempDir="farm/temp" deployDir="webapps" watchDir="farm/watch" watchEnabled="%watches%" processDeployFrequency="1"/>"#;

const PLAIN: Experiment = Experiment { steps: steps::FARM, shows: NOT_DEPLOYED, both: SCANS, ..Experiment::PLAIN };

pub(super) static ALL: &[(&str, Proof)] = &[
    (
        "C029",
        Proof::Runs(Experiment {
            bad: &[(
                "more",
                r#"<Deployer className="~FarmWarDeployer" tempDir="farm/temp" deployDir="farm/webapps" watchDir="farm/watch" watchEnabled="%watches%" processDeployFrequency="1"/>"#,
            )],
            good: &[("more", DEPLOYER)],
            ..PLAIN
        }),
    ),
    (
        "C030",
        Proof::Runs(Experiment {
            bad: &[("more", DEPLOYER), ("host", ""), ("engine", "%cluster%")],
            good: &[("more", DEPLOYER)],
            ..PLAIN
        }),
    ),
    (
        "C031",
        Proof::Runs(Experiment {
            bad: &[("more", DEPLOYER), ("lacks farm/temp", "")],
            good: &[("more", DEPLOYER)],
            ..PLAIN
        }),
    ),
    (
        "C135",
        Proof::Runs(Experiment {
            bad: &[(
                "more",
                r#"<Deployer className="~FarmWarDeployer" tempDir="farm/temp" watchDir="farm/watch" watchEnabled="%watches%" processDeployFrequency="1"/>"#,
            )],
            good: &[("more", DEPLOYER)],
            ..PLAIN
        }),
    ),
    (
        "C032",
        Proof::Runs(Experiment {
            bad: &[(
                "more",
                r#"<Deployer className="~FarmWarDeployer" tempDir="farm/temp" deployDir="webapps" watchDir="webapps" watchEnabled="%watches%" processDeployFrequency="1"/>"#,
            )],
            good: &[("more", DEPLOYER)],
            ..PLAIN
        }),
    ),
];
