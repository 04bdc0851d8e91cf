//! Where a process of this program becomes a guard, and what a guard removes that no process table shows.

use crate::host::guard::{Removal, become_guard, error_chain};
use crate::model::RunId;
use crate::runtime::docker;

#[cfg(feature = "guard-at-start")]
#[ctor::ctor(unsafe)]
fn start_as_guard() {
    guard_main();
}

/// Turns this process into a guard where it was started as one, and never returns then; does nothing in any other process.
///
/// A cluster is guarded by the program that started it, started once more. With the feature `guard-at-start`, which is
/// on by default, that works in any program without a call. Without the feature, call this first in `main`:
///
/// ```no_run
/// tomee_harness::guard_main();
/// // All else, as starting a cluster.
/// ```
///
/// `test_main` does so itself. A program that does neither is refused when it starts a cluster. So is a
/// test target with the usual harness, whose `main` is not its own: it needs the feature.
pub fn guard_main() {
    become_guard(remove_blocking);
}

/// Removes a run's containers and networks.
pub(super) async fn remove_from_engine(run: &RunId) -> Removal {
    match docker::sweep::remove(run).await {
        Ok(removed) => Removal { removed, left: Vec::new() },
        Err(error) => Removal { removed: Vec::new(), left: vec![error_chain(&error)] },
    }
}

fn remove_blocking(run: &RunId) -> Removal {
    // Made only now: most runs need none, and it would cost them threads and memory.
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(remove_from_engine(run)),
        Err(error) => Removal { removed: Vec::new(), left: vec![format!("containers: {error}")] },
    }
}
