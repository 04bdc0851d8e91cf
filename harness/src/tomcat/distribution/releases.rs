//! Which releases Maven knows of, asked for at most once an hour.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::artifact::Artifact;
use super::caches::Caches;
use super::{DistributionError, Maven, Progress, store};
use crate::model::ServerSpec;

/// Many runs in a row ask for the same line; Maven takes ten seconds to answer.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// The file of one artifact.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Releases {
    format: u32,
    /// When Maven was asked, in seconds since 1970.
    asked_s: u64,
    /// All that the metadata list.
    pub(super) versions: Vec<String>,
    /// Names of archives that are listed and cannot be had.
    #[serde(default)]
    missing: BTreeSet<String>,
    #[serde(skip)]
    path: Utf8PathBuf,
}

impl Releases {
    /// What Maven knows of an artifact, from the last hour where it was asked in it.
    pub(super) async fn of(
        artifact: &Artifact,
        caches: &Caches,
        maven: &Maven,
        progress: &dyn Progress,
    ) -> Result<Self, DistributionError> {
        let root = caches.releases();
        let path = root.join(format!("{}.json", artifact.id()));
        if let Some(known) = read(&path) {
            return Ok(known);
        }
        fs::create_dir_all(&root)?;
        let _lock = store::lock(&root, artifact.id(), progress).await?;
        if let Some(known) = read(&path) {
            return Ok(known);
        }
        let work = tempfile::tempdir_in(&root)?;
        let folder = Utf8Path::from_path(work.path()).ok_or(DistributionError::NoCacheFolder)?;
        let versions = maven.versions(artifact, folder, progress).await?;
        let releases = Self { format: 1, asked_s: now_s(), versions, missing: BTreeSet::new(), path };
        releases.write()?;
        Ok(releases)
    }

    pub(super) fn is_missing(&self, artifact: &Artifact) -> bool {
        self.missing.contains(&artifact.name())
    }

    /// Notes that an archive cannot be had, so that the next run does not ask again.
    pub(super) fn note_missing(&mut self, artifact: &Artifact) -> Result<(), DistributionError> {
        self.missing.insert(artifact.name());
        self.write()
    }

    fn write(&self) -> Result<(), DistributionError> {
        let folder = self.path.parent().unwrap_or(Utf8Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self).map_err(std::io::Error::from)?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Every version of a server's product that Maven's metadata list, in their order.
///
/// # Errors
/// Maven cannot be asked. A folder has no releases: it is none.
pub async fn known_releases(
    server: &ServerSpec,
    caches: &Caches,
    maven: &Maven,
    progress: &dyn Progress,
) -> Result<Vec<String>, DistributionError> {
    let artifact = match server {
        ServerSpec::Home { .. } => return Ok(vec![]),
        ServerSpec::Tomee { version, flavour } => Artifact::tomee(version, *flavour),
        ServerSpec::Tomcat { version } => Artifact::tomcat(version),
    };
    Ok(Releases::of(&artifact, caches, maven, progress).await?.versions)
}

fn read(path: &Utf8Path) -> Option<Releases> {
    let known: Releases = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let age = now_s().checked_sub(known.asked_s)?;
    (known.format == 1 && age < GOOD_FOR.as_secs()).then(|| Releases { path: path.to_owned(), ..known })
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
