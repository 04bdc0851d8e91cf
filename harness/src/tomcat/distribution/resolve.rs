//! From the server that the user names to its files.

use camino::{Utf8Path, Utf8PathBuf};
use etcetera::BaseStrategy;

use super::artifact::Artifact;
use super::home::Installed;
use super::identify::Identity;
use super::{Distribution, DistributionError, Maven, Progress, store};
use crate::model::ServerSpec;

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

    /// Where distributions are unpacked, one folder each.
    pub fn distributions(&self) -> Utf8PathBuf {
        self.root.join("distributions")
    }
}

/// The server.xml of an installed server, with its path: the one file of its configuration that no node of ours uses. A
/// release has none of its own, nor has a folder in which no server is found.
pub fn own_server_xml(server: &ServerSpec) -> Option<(Utf8PathBuf, String)> {
    let ServerSpec::Home { path } = server else { return None };
    let file = Installed::find(path).ok()?.base.join("conf/server.xml");
    let text = fs_err::read(&file).ok()?;
    Some((file, String::from_utf8_lossy(&text).into_owned()))
}

impl Distribution {
    /// Finds the files of a server, fetching a release with Maven unless it is in the cache already.
    ///
    /// Safe to call from many processes at once: one fetches, the others wait for it. Dropping the future ends Maven
    /// and leaves the cache as it was.
    ///
    /// # Errors
    /// The release or the folder cannot be had; each kind is one of [`DistributionError`], with a hint.
    pub async fn resolve(
        server: &ServerSpec,
        caches: &Caches,
        maven: &Maven,
        progress: &dyn Progress,
    ) -> Result<Self, DistributionError> {
        let artifact = match server {
            ServerSpec::Tomee { version, flavour } => Artifact::tomee(version, *flavour),
            ServerSpec::Tomcat { version } => Artifact::tomcat(version),
            ServerSpec::Home { path } => return Self::installed(path),
        };
        let stored = store::obtain(&artifact, &caches.distributions(), maven, progress).await?;
        let identity = Identity::of(&stored.home)?;
        Ok(identity.with(stored.home.clone(), stored.home, stored.sha256))
    }

    /// Finds the files of an installed server. The user may name `CATALINA_HOME` or `CATALINA_BASE` where they are
    /// apart as in Debian's packages.
    fn installed(named: &Utf8Path) -> Result<Self, DistributionError> {
        let installed = Installed::find(named)?;
        let identity = Identity::of(&installed.home)?;
        let digest = installed.digest()?;
        Ok(identity.with(installed.home, installed.base, digest))
    }
}
