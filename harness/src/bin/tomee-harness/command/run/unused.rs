//! The server.xml of an installed server, which no node uses: said at once where it says more than a stock one.

use std::io::Write as _;

use tomee_harness::report::environment::UnusedFile;
use tomee_harness::suite::{PlannedRun, unused_configuration};

/// Warns of it, once a file, on standard error, also where progress is not wanted.
pub(super) fn warn(runs: &[PlannedRun]) {
    let mut warned: Vec<UnusedFile> = vec![];
    for unused in runs.iter().flat_map(|run| unused_configuration(&run.plan)) {
        if !warned.contains(&unused) {
            // Standard error that is gone leaves nowhere to say so.
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
