//! The removal of what belongs to a run.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use super::processes::{ProcessId, Table};
use crate::host::error_chain::DisplayErrorChain;
use crate::model::RunId;

/// How long processes may take to die. SIGKILL needs milliseconds; a process that hangs in the kernel needs for ever.
const LIMIT: Duration = Duration::from_secs(8);

/// Between two looks: long enough for a process that was being forked at the first to show its environment at the next.
const PAUSE: Duration = Duration::from_millis(50);

/// What was removed and what was not, each in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) removed: Vec<String>,
    pub(crate) left: Vec<String>,
}

impl Removal {
    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.removed.extend(other.removed);
        self.left.extend(other.left);
        self
    }
}

/// An error with all that lies behind it, for a log or a list in words.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    DisplayErrorChain(error).to_string()
}

/// Kills a run's processes until two looks in a row find none.
pub(crate) fn remove_processes(run: &RunId, known: &BTreeSet<ProcessId>, spared: &BTreeSet<i32>) -> Removal {
    let start = Instant::now();
    let mut killed = BTreeMap::new();
    let mut looks_without = 0;
    loop {
        let table = Table::read();
        let found = table.of_run(run.as_str(), known, spared);
        for process in &found {
            process.kill();
            killed.insert(process.id.clone(), process.to_string());
        }
        looks_without = if found.is_empty() { looks_without + 1 } else { 0 };
        let out_of_time = start.elapsed() >= LIMIT;
        if looks_without == 2 || out_of_time {
            let left: Vec<String> = found.iter().filter_map(|process| killed.remove(&process.id)).collect();
            return Removal { removed: killed.into_values().collect(), left };
        }
        pause();
    }
}

fn pause() {
    #[expect(clippy::disallowed_methods, reason = "the guard process has no async runtime to wait with")]
    std::thread::sleep(PAUSE);
}
