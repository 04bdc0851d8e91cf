//! Which machines can do a run.

use tomee_harness::model::plan::PlanError;
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::PlannedRun;

use crate::args::RuntimeChoice;

/// The machines that can do a run, of those that the settings allow.
pub(crate) fn able(run: &PlannedRun, choice: RuntimeChoice) -> Result<RuntimeKind, PlanError> {
    match choice.kind() {
        Some(kind) => kind.check(&run.plan).map(|()| kind),
        None => RuntimeKind::first_able(&run.plan),
    }
}
