//! The gate: does this configuration, of the user's own, keep sessions alive?
//!
//! [`load`] finds the files of each node and reads what they claim; [`choose`] says which runs decide it, and why; the
//! caller runs them; [`GateReport`] is what they showed, of one side or of two that are compared.

mod answer;
mod beside;
mod choice;
mod compare;
mod effective;
mod fits;
mod judged;
mod load;
mod preview;
mod resources;
mod result;

pub use choice::{Choice, ChoiceError, Role, choose};
pub use compare::compare;
pub use effective::{Setting, effective};
pub use fits::{FitsError, Fitting};
pub use judged::judged;
pub use load::{Given, LoadError, Loaded, load};
pub use preview::{Preview, preview};
pub use resources::{ResourceError, names_resource};
pub use result::{Change, GateReport, Linted, RunResult, Side, Tested};
