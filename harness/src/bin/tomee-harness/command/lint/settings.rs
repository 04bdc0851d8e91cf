//! `[lint]` of the settings file.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::args::{ConfidenceChoice, SeverityChoice};
use crate::exit::Failure;

/// The name of the settings file, searched upward from the working directory.
const FILE_NAME: &str = "tomee-harness.toml";

/// `[lint]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct LintSettings {
    pub(super) server: Option<String>,
    pub(super) min_severity: Option<SeverityChoice>,
    pub(super) min_confidence: Option<ConfidenceChoice>,
    pub(super) ignore: Vec<String>,
    pub(super) baseline: Option<Utf8PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    lint: LintSettings,
}

/// Reads them; there need be no file. The baseline's path is relative to the file.
pub(super) fn read() -> Result<LintSettings, Failure> {
    let here = std::env::current_dir().map_err(Failure::environment)?;
    let here =
        Utf8PathBuf::from_path_buf(here).map_err(|path| Failure::usage(format!("{} is not UTF-8", path.display())))?;
    let Some(path) = here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file()) else {
        return Ok(LintSettings::default());
    };
    let text = fs_err::read_to_string(&path).map_err(Failure::usage)?;
    let File { mut lint } = toml::from_str(&text).map_err(|error| Failure::usage(format!("{path}: {error}")))?;
    lint.baseline = lint.baseline.map(|baseline| path.parent().unwrap_or(Utf8Path::new("")).join(baseline));
    Ok(lint)
}
