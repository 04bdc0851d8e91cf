//! The summary as one line of JSON, for programs. Its schema is `schema/summary.json`.

use super::format::{Format, Rendering};
use crate::history::History;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Format for Json {
    // Not `json`, which is the form of what a command says of itself.
    fn name(&self) -> &'static str {
        "summary"
    }

    fn title(&self) -> &'static str {
        "the summary as JSON"
    }

    fn begin<'a>(&self, _history: &'a History) -> Rendering<'a> {
        Box::new(|run| Ok(serde_json::to_string(run.summary)? + "\n"))
    }
}
