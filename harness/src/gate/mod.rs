//! The gate: does this configuration, of the user's own, keep sessions alive?
//!
//! [`load`] finds the files of each node and reads what they claim; [`choose`] says which runs decide it, and why; the
//! caller runs them; [`GateReport`] is what they showed, of one side or of two that are compared.

mod accept;
mod answer;
mod beside;
mod bisection;
mod changes;
mod choice;
mod compare;
mod effective;
mod fits;
mod judged;
mod load;
mod matter;
mod measures;
mod misplaced;
mod preview;
mod problems;
mod prove;
mod resources;
mod result;
mod rolling;
mod shipped;

pub use accept::{ACCEPTED_FILE, Accepted, AcceptedError, AcceptedFile};
pub use bisection::{Bisection, Next, Outcome, Standing, Tally};
pub use changes::{MeasureChange, ProblemChange};
pub use choice::{Choice, ChoiceError, Role, choose};
pub use compare::compare;
pub use effective::{Setting, effective};
pub use fits::{FitsError, Fitting};
pub use judged::judged;
pub use load::{Given, LoadError, Loaded, load};
pub use matter::{Key, Matter};
pub use measures::measured;
pub use preview::{Preview, preview};
pub use problems::{logged, problems};
pub use prove::{ProofOutcome, ProofRun, ProveError, linted, outcome, prepare, violations};
pub use resources::{ResourceError, names_resource};
pub use result::{Change, GateReport, Linted, RunResult, Side, Tested};
pub use rolling::{Rolled, RollingError, rolling};
