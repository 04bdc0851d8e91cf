//! The user's own app as a plan: is it served everywhere, with the Manager that the configuration names?

use camino::Utf8PathBuf;

use super::names::{ContextPath, NameError};
use super::plan::{App, Plan};
use super::step::{Step, StepKind};
use super::{Guarantee, Topology};

/// The plan that deploys a WAR through the farm and looks at what every node then runs. The file's name gives the
/// context path, as in Tomcat.
///
/// # Errors
/// The file's name gives no context path.
pub fn plan(topology: Topology, war: Utf8PathBuf) -> Result<Plan, NameError> {
    let name = war.file_name().unwrap_or_default().to_owned();
    let context = ContextPath::of_war(&name)?;
    let steps = [
        (format!("start {} nodes", topology.nodes.len()), StepKind::Start),
        (
            format!("deploy {name} through the farm of {}", topology.watcher()),
            StepKind::deploy(App::War(war), context.clone()),
        ),
        ("read every replica".to_owned(), StepKind::Observe { context }),
    ];
    let steps = steps.into_iter().map(|(title, kind)| Step::new(title, kind)).collect();
    let cluster = [
        Guarantee::ClusterForms,
        Guarantee::DeployedEverywhere,
        Guarantee::ManagerAsConfigured,
        Guarantee::MembersAgree,
    ];
    let guarantees = cluster.into_iter().chain(Guarantee::ANY_APP).collect();
    Ok(Plan {
        name: format!("every node serves {name}"),
        topology,
        guarantees,
        expect_violations: vec![],
        allow: vec![],
        at_most: super::AtMost::default(),
        steps,
    })
}
