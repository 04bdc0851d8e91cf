//! The cache of unpacked releases.
//!
//! A release is unpacked beside its place and moved there in one step, so that it is there whole or not at all. A lock
//! file keeps others out meanwhile, and whoever has the lock removes what a killed run left.

use std::fs::TryLockError;
use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::artifact::Artifact;
use super::unpack::{self, ArchiveProblem, UnpackedFile};
use super::{DistributionError, Maven, Progress};
use crate::host::wait::Patience;

/// How long another run may take to fetch the same release.
const LIMIT_OF_ANOTHER_RUN: Duration = Duration::from_mins(30);

/// Written last; says what was unpacked.
const MARKER: &str = "unpacked.json";

/// The server's files inside of a stored release.
const HOME: &str = "home";

/// A release in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    /// `CATALINA_HOME`.
    pub(super) home: Utf8PathBuf,
    /// The SHA-256 of the archive, in hex.
    pub(super) sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    format: u32,
    sha256: String,
    files: Vec<UnpackedFile>,
}

/// Gives the release out of the cache `root`, after putting it there if need be.
pub(super) async fn obtain(
    artifact: &Artifact,
    root: &Utf8Path,
    maven: &Maven,
    progress: &dyn Progress,
) -> Result<Stored, DistributionError> {
    let name = artifact.name();
    let place = root.join(&name);
    if let Some(stored) = stored(&place) {
        return Ok(stored);
    }
    fs::create_dir_all(root)?;
    let _lock = lock(root, &name, progress).await?;
    if let Some(stored) = stored(&place) {
        return Ok(stored);
    }
    remove_leftovers(root, &prefix_of_staging(&name))?;
    let staging = staging(root, &name)?;
    let work = utf8(&staging)?;
    let fetched = maven.fetch(artifact, &work.join("maven"), progress).await?;
    progress.note(&format!("unpacking {}", artifact.file_name()));
    let whole = work.join("whole");
    let sha256 = unpacked(fetched.archive.clone(), whole.clone(), progress).await.map_err(|problem| match problem {
        ArchiveProblem::Io(error) => DistributionError::Io(error),
        source => DistributionError::Archive { path: fetched.archive, folder: fetched.folder, source },
    })?;
    if place.exists() {
        // It was there, and not whole.
        fs::rename(&place, work.join("damaged"))?;
    }
    fs::rename(&whole, &place)?;
    fs::File::open(root)?.sync_all()?;
    Ok(Stored { home: place.join(HOME), sha256 })
}

/// What is at `place`, if every file of it is there in its full size.
///
/// Cleaners that go by access times thin out cache folders, hence the look at each file: about a thousand, in some
/// milliseconds. It also shows what a power failure left of files that were never synced.
pub(super) fn stored(place: &Utf8Path) -> Option<Stored> {
    let marker: Marker = serde_json::from_slice(&fs::read(place.join(MARKER)).ok()?).ok()?;
    let home = place.join(HOME);
    let whole = marker.files.iter().all(|file| {
        fs::metadata(home.join(&file.path)).is_ok_and(|found| found.is_file() && found.len() == file.bytes)
    });
    (marker.format == 1 && whole).then_some(Stored { home, sha256: marker.sha256 })
}

/// Unpacks on a thread of its own and forwards its progress. Ends early when the caller goes away.
async fn unpacked(archive: Utf8PathBuf, whole: Utf8PathBuf, progress: &dyn Progress) -> Result<String, ArchiveProblem> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let work = tokio::task::spawn_blocking(move || {
        let sha256 = unpack::checked_sha256(&archive)?;
        let report = |done, total| sender.send((done, total)).is_ok();
        let files = unpack::unpack(&archive, &whole.join(HOME), &report)?;
        write_marker(&whole, &Marker { format: 1, sha256: sha256.clone(), files }).map_err(ArchiveProblem::Io)?;
        Ok(sha256)
    });
    while let Some((done, total)) = receiver.recv().await {
        progress.fraction(done, total);
    }
    work.await.map_err(|error| ArchiveProblem::Io(io::Error::other(error)))?
}

fn write_marker(whole: &Utf8Path, marker: &Marker) -> io::Result<()> {
    let mut file = fs::File::create_new(whole.join(MARKER))?;
    serde_json::to_writer(&mut file, marker)?;
    file.sync_all()?;
    fs::File::open(whole)?.sync_all()
}

/// Takes the release's lock; the lock goes with the file. A run that dies loses it, whichever way it dies.
pub(super) async fn lock(root: &Utf8Path, name: &str, progress: &dyn Progress) -> Result<fs::File, DistributionError> {
    let path = root.join(format!(".{name}.lock"));
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
    let mut patience = Patience::new("the lock of the other run", LIMIT_OF_ANOTHER_RUN);
    let mut noted = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if noted => {}
            Err(TryLockError::WouldBlock) => {
                progress.note(&format!("waiting for another run that is fetching {name}"));
                noted = true;
            }
        }
        let busy = |source| DistributionError::Busy { name: name.to_owned(), source };
        patience.another_look(format!("{path} is locked")).await.map_err(busy)?;
    }
}

fn prefix_of_staging(name: &str) -> String {
    format!(".{name}.partial-")
}

fn staging(root: &Utf8Path, name: &str) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(&prefix_of_staging(name)).tempdir_in(root)
}

/// Removes what runs left that were killed half-way. Only for the owner of the lock.
pub(crate) fn remove_leftovers(root: &Utf8Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn utf8(folder: &TempDir) -> io::Result<Utf8PathBuf> {
    Utf8PathBuf::try_from(folder.path().to_owned()).map_err(camino::FromPathBufError::into_io_error)
}
