//! From the server that the user names to its files.

use camino::{Utf8Path, Utf8PathBuf};

use super::artifact::Artifact;
use super::caches::Caches;
use super::home::Installed;
use super::identify::Identity;
use super::line::newest;
use super::release::release;
use super::{Distribution, DistributionError, Maven, Progress};
use crate::model::ServerSpec;

/// The server.xml of an installed server, with its path: the one file of its configuration that no node of ours uses. A
/// release has none of its own, nor has a folder in which no server is found.
pub fn own_server_xml(server: &ServerSpec) -> Option<(Utf8PathBuf, String)> {
    let ServerSpec::Home { path } = server else { return None };
    let file = Installed::find(path).ok()?.base.join("conf/server.xml");
    let text = fs_err::read(&file).ok()?;
    Some((file, String::from_utf8_lossy(&text).into_owned()))
}

impl Distribution {
    /// Finds the files of a server, fetching a release with Maven unless it is in the cache already. Of a line of releases it
    /// is the newest that Maven's metadata list and that can be had, or, where Maven cannot be asked, the newest in the cache;
    /// [`Distribution::chosen`] says so.
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
            ServerSpec::Home { path } => return Self::installed(path),
            ServerSpec::Tomee { version, flavour } => Artifact::tomee(version, *flavour),
            ServerSpec::Tomcat { version } => Artifact::tomcat(version),
        };
        if let Some(line) = server.line() {
            // Seldom needed, and no small future.
            return Box::pin(newest(server, (line, &artifact), caches, maven, progress)).await;
        }
        release(&artifact, caches, maven, progress).await
    }

    /// The server that this is, named exactly: the release, where a line was asked for.
    pub fn exactly(&self, asked: &ServerSpec) -> ServerSpec {
        if asked.line().is_some() { asked.at_version(&self.version) } else { asked.clone() }
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
