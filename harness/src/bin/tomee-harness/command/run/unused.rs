//! The server.xml of an installed server, which no node uses: said at once where it says more than a stock one.

use std::io::Write as _;

use tomee_harness::config;
use tomee_harness::model::Plan;
use tomee_harness::report::environment::UnusedFile;
use tomee_harness::tomcat::distribution::own_server_xml;

use crate::scenarios::PlannedRun;

/// What of the servers' own configuration is not in effect in a run of this plan.
pub(super) fn of(plan: &Plan) -> Vec<UnusedFile> {
    let servers = std::iter::once(&plan.topology.server);
    let mut unused: Vec<UnusedFile> = vec![];
    for server in servers.chain(plan.changes().filter_map(|changes| changes.server.as_ref())) {
        let Some((file, xml)) = own_server_xml(server) else { continue };
        let says = config::not_stock(&xml);
        if !says.is_empty() && unused.iter().all(|known| known.file != file) {
            unused.push(UnusedFile { file, says });
        }
    }
    unused
}

/// Warns of it, once a file, on standard error, also where progress is not wanted.
pub(super) fn warn(told: &[PlannedRun]) {
    let mut warned: Vec<UnusedFile> = vec![];
    for unused in told.iter().flat_map(|told| of(&told.plan)) {
        if !warned.contains(&unused) {
            // Standard error that is gone leaves nobody to tell.
            let _ = write(&unused);
            warned.push(unused);
        }
    }
}

fn write(unused: &UnusedFile) -> std::io::Result<()> {
    let mut out = std::io::stderr().lock();
    writeln!(out, "warning: {} is not used: tomee-harness makes each node's server.xml", unused.file)?;
    writeln!(out, "  not in effect:")?;
    for line in &unused.says {
        writeln!(out, "  | {line}")?;
    }
    writeln!(out, "hint: a scenario sets elements of <Cluster> for its nodes, as in [cluster.elements.receiver]")
}
