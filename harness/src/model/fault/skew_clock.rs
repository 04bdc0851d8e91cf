//! A clock that is wrong.

use super::about::{About, Part};
use super::error::{FaultError, Parameter, fits};
use crate::model::{Capability, Skew};

pub(super) const ABOUT: About = About {
    parameters: &[BY],
    needs_preparation: true,
    ..About::of(
        Part::Clock,
        Capability::SkewClock,
        "sets the wall clock of a node's JVM wrong: `by = \"+1h\"`, `\"-90s\"`",
    )
};

const BY: Parameter = Parameter { key: "by", expected: "expected for example `+1h`" };

/// Any that can be read will do.
pub(super) fn check(by: Skew) -> Result<(), FaultError> {
    fits("skew-clock", BY, &by, |_| true)
}

pub(super) fn title(node: &str, by: Skew) -> String {
    format!("set the clock of {node} wrong by {by}")
}
