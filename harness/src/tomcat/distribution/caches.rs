//! Where the harness keeps what it need not fetch twice.

use camino::{Utf8Path, Utf8PathBuf};
use etcetera::BaseStrategy;

use super::DistributionError;

/// The folder in which the harness keeps what it need not fetch twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caches {
    root: Utf8PathBuf,
}

impl Caches {
    /// The user's: `$XDG_CACHE_HOME/tomee-harness`, or `~/.cache/tomee-harness`.
    ///
    /// # Errors
    /// The user has no home folder, or its name is not Unicode.
    pub fn of_user() -> Result<Self, DistributionError> {
        let folders = etcetera::choose_base_strategy().map_err(|_| DistributionError::NoCacheFolder)?;
        let root = Utf8PathBuf::try_from(folders.cache_dir()).map_err(|_| DistributionError::NoCacheFolder)?;
        Ok(Self::at(root.join("tomee-harness")))
    }

    /// A folder of the caller's choice; it need not exist yet.
    pub fn at(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Where it is kept for a while which releases Maven knows.
    pub(super) fn releases(&self) -> Utf8PathBuf {
        self.root.join("releases")
    }

    /// Where distributions are unpacked, one folder each.
    pub fn distributions(&self) -> Utf8PathBuf {
        self.root.join("distributions")
    }
}
