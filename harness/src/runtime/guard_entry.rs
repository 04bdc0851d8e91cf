//! Where a process of this program becomes a guard, and what a guard removes that no process table shows.

use crate::host::guard::{Removal, become_guard, error_chain};
use crate::model::RunId;
use crate::runtime::docker;

#[ctor::ctor(unsafe)]
fn start_as_guard() {
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
