//! A doubt whether a session is still there.

use std::collections::BTreeSet;

use crate::history::Nanos;
use crate::model::NodeName;

/// A doubt whether the session is still there under its id.
#[derive(Debug)]
pub(super) struct Doubt<'w> {
    pub(super) operation: usize,
    pub(super) until: Nanos,
    /// Whether one answer of any node ends it: what it did it did to all nodes.
    pub(super) everywhere: bool,
    pub(super) cleared: BTreeSet<&'w NodeName>,
}
