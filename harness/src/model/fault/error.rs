//! Parameters of faults, and what is wrong with them.

use std::ops::RangeInclusive;

use crate::model::{Millis, Skew};

/// A parameter of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its key in a scenario.
    pub key: &'static str,
    /// What it must be, as in `expected 1 to 99`.
    pub expected: &'static str,
}

/// A parameter that is out of range, or not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct FaultError {
    /// The fault's name.
    pub fault: &'static str,
    /// The parameter, as a scenario names it.
    pub parameter: &'static str,
    /// What it is, where it is known.
    pub found: Option<String>,
    /// What it must be.
    pub expected: &'static str,
}

impl FaultError {
    fn in_words(&self) -> String {
        let Self { fault, parameter, found, expected } = self;
        match found {
            Some(found) => format!("invalid `{parameter}` of `{fault}`: {found}, {expected}"),
            None => format!("missing `{parameter}` of `{fault}`, {expected}"),
        }
    }
}

/// A type of parameters. A history says a fault's kind and not how much of it there was: the plan that is drawn from one
/// has faults whose parameters are not known. They are stored as if there were none, and no such fault can be done.
pub(super) trait Value: PartialEq + Sized + ToString {
    /// What stands for a value that is not known; never one that is in range.
    const UNKNOWN: Self;
}

impl Value for u8 {
    const UNKNOWN: Self = Self::MAX;
}

impl Value for u16 {
    const UNKNOWN: Self = Self::MAX;
}

impl Value for Millis {
    const UNKNOWN: Self = Self(u64::MAX);
}

impl Value for Skew {
    const UNKNOWN: Self = Self::NONE;
}

pub(super) fn unknown<T: Value>() -> T {
    T::UNKNOWN
}

pub(super) fn is_unknown<T: Value>(value: &T) -> bool {
    *value == T::UNKNOWN
}

/// A share in percent: all or nothing is another fault.
pub(super) const PERCENT: Parameter = Parameter { key: "percent", expected: "expected 1 to 99" };
const PERCENTS: RangeInclusive<u8> = 1..=99;

/// Whether a value is known and fits.
pub(super) fn fits<T: Value>(
    fault: &'static str,
    parameter: Parameter,
    value: &T,
    fits: impl FnOnce(&T) -> bool,
) -> Result<(), FaultError> {
    let known = !is_unknown(value);
    if known && fits(value) {
        return Ok(());
    }
    let (parameter, expected) = (parameter.key, parameter.expected);
    Err(FaultError { fault, parameter, found: known.then(|| value.to_string()), expected })
}

/// Whether a share is neither nothing nor all.
pub(super) fn is_share(fault: &'static str, percent: u8) -> Result<(), FaultError> {
    fits(fault, PERCENT, &percent, |percent| PERCENTS.contains(percent))
}

/// A status by which a server refuses or fails.
pub(super) const STATUS: Parameter = Parameter { key: "status", expected: "expected 400 to 599" };

/// Whether it is such a status.
pub(super) fn is_error(fault: &'static str, status: u16) -> Result<(), FaultError> {
    fits(fault, STATUS, &status, |status| (400..=599).contains(status))
}

/// How long something comes later.
pub(super) const DELAY: Parameter = Parameter { key: "delay", expected: "expected 1ms to 60s" };
/// More than a minute is a partition to every peer.
const DELAYS: RangeInclusive<Millis> = Millis(1)..=Millis(60_000);

/// Whether it comes later, and within a minute.
pub(super) fn is_delay(fault: &'static str, delay: Millis) -> Result<(), FaultError> {
    fits(fault, DELAY, &delay, |delay| DELAYS.contains(delay))
}
