//! What a client asks.

use crate::model::plan::AppRequest;
use crate::model::{ContextPath, Exchange};

/// What is asked of which app.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// The counter app.
    Counter(ContextPath, AppRequest),
    /// Any app.
    Any(Exchange),
}
