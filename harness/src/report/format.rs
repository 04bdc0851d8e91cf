//! What a report is. The table of all is in [`formats`](super::formats).

use super::{Environment, Summary};
use crate::history::History;
use crate::model::Plan;

/// A run that was judged, as a report sees it.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRun<'a> {
    /// What it did.
    pub plan: &'a Plan,
    /// What it ran on; a run that crashed may have stored nothing of that.
    pub environment: Option<&'a Environment>,
    /// What happened.
    pub history: &'a History,
    /// What is said of it.
    pub summary: &'a Summary,
}

/// The rest of a report, once the run is judged.
pub type Rendering<'a> = Box<dyn FnOnce(&JudgedRun<'_>) -> Result<String, ReportError> + Send + 'a>;

/// A form in which a run is reported.
pub trait Format: Sync {
    /// Its name, as in `report --NAME FILE`.
    fn name(&self) -> &'static str;

    /// What it is, for the help: `the page`, `JUnit XML`.
    fn title(&self) -> &'static str;

    /// The name of its file in the run's folder, where each run leaves one.
    fn file(&self) -> Option<&'static str> {
        None
    }

    /// Begins a report: what can be made of the history alone is made here, beside its judgement.
    fn begin<'a>(&self, history: &'a History) -> Rendering<'a>;
}

/// A report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Something of the run cannot be written as JSON.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Something of the run cannot be written as XML.
    #[error("the report cannot be written as XML")]
    Xml(#[from] quick_junit::SerializeError),
}

/// A run as a text of some format.
///
/// # Errors
/// See [`ReportError`]; a run that was read from its folder has nothing in it that brings one about.
pub fn render(format: &dyn Format, run: &JudgedRun<'_>) -> Result<String, ReportError> {
    format.begin(run.history)(run)
}
