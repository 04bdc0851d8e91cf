//! The final read: no verb, but a last step where a session would go untested.

/// What a progress line says of it.
pub(in crate::model) const TITLE: &str = "ask for every session once more";
