//! Where a process of this program becomes a guard, and what a guard removes that no process table shows.

use crate::host::guard::{Providers, Removal, become_guard, with_causes};
use crate::model::RunId;
use crate::runtime::table::RuntimeKind;

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

/// Removes what a run has with these providers.
pub(super) async fn remove(run: &RunId, providers: &Providers) -> Removal {
    let mut removal = Removal::default();
    let kinds: Vec<RuntimeKind> = match providers {
        Providers::Every => RuntimeKind::all().collect(),
        Providers::Named(names) => {
            let (known, unknown) = names.iter().partition::<Vec<&String>, _>(|name| RuntimeKind::named(name).is_some());
            removal.left =
                unknown.iter().map(|name| format!("what it has in runtime {name}, which is unknown here")).collect();
            known.iter().filter_map(|name| RuntimeKind::named(name)).collect()
        }
    };
    for kind in kinds {
        match kind.provider().remove(run).await {
            Ok(removed) => removal.removed.extend(removed),
            Err(error) => removal.left.push(with_causes(&error)),
        }
    }
    removal
}

fn remove_blocking(run: &RunId, providers: &Providers) -> Removal {
    // Made only now: most runs need none, and it would cost them threads and memory.
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(remove(run, providers)),
        Err(error) => Removal { removed: Vec::new(), left: vec![format!("what is no process: {error}")] },
    }
}
