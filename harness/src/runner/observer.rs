//! Who hears what goes on in a run.

use super::renewal::Renewal;
use crate::history::Record;
use crate::model::RunId;
use crate::tomcat::distribution::{Progress, Quiet};

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Its server is fetched, its machines are made.
    Prepare,
    /// Its steps are done, from the start of the nodes to their end.
    Execute,
    /// What was recorded is judged.
    Judge,
    /// Its folder is completed.
    Report,
    /// The guard looks once more.
    Release,
}

/// Hears what goes on in a run, and how far downloads are ([`Progress`]). It is called often, from any thread, and must
/// return at once.
pub trait Observer: Progress + Send + Sync {
    /// A phase begins.
    fn phase(&self, _phase: Phase) {}

    /// Something was recorded.
    fn record(&self, _record: &Record) {}

    /// Something that is worth a line.
    fn line(&self, _text: &str) {}

    /// The cluster that a run had started was reset for others, or ended.
    fn renewed(&self, _run: &RunId, _renewal: &Renewal) {}
}

impl Observer for Quiet {}
