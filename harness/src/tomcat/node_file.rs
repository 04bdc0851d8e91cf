//! The files of which a node's `CATALINA_BASE` is made.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

/// A file below a node's `CATALINA_BASE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFile {
    /// Relative to `CATALINA_BASE`.
    pub path: Utf8PathBuf,
    /// Its content.
    pub content: Vec<u8>,
    /// Its modification time in whole seconds since 1970, where it matters.
    pub modified: Option<i64>,
}

impl NodeFile {
    /// Gives the file at a path of this machine the modification time, where it matters.
    pub(crate) fn date(&self, path: &Utf8Path) -> std::io::Result<()> {
        let Some(seconds) = self.modified.and_then(|seconds| u64::try_from(seconds).ok()) else { return Ok(()) };
        let time = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        fs_err::OpenOptions::new().write(true).open(path)?.file().set_modified(time)
    }
}
