//! A fault that lasts.

use crate::model::{Fault, FaultKind};

/// A fault that can be undone and was not yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActiveFault {
    pub(super) number: u32,
    pub(super) fault: Fault,
}

impl ActiveFault {
    pub(super) fn kind(self) -> FaultKind {
        self.fault.kind()
    }
}
