//! From an archive to a folder.

use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::host::hex::hex;

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveProblem {
    /// No zip, or one that ends too early, or an entry whose content does not have the checksum beside it.
    #[error("it is truncated or not a zip, or an entry does not match its checksum: {0}")]
    Broken(String),
    /// The whole is not what the repository said it is.
    #[error("its SHA-1 is {found}, expected {wanted} from the checksum file beside it")]
    Checksum {
        /// What Maven got with the archive.
        wanted: String,
        /// What the archive has.
        found: String,
    },
    /// An entry that would be written outside of the folder, or a link, which could lead there.
    #[error("its entry {0:?} points outside the target folder")]
    Escapes(String),
    /// Not one folder with everything in it.
    #[error("expected a single top-level folder, found {0}")]
    Tops(String),
    /// The file system refused.
    #[error(transparent)]
    Io(io::Error),
}

impl From<ZipError> for ArchiveProblem {
    fn from(error: ZipError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// A file that was unpacked, relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct UnpackedFile {
    pub(super) path: Utf8PathBuf,
    pub(super) bytes: u64,
}

/// The SHA-256 of an archive, after its SHA-1 was compared with the checksum file that Maven keeps beside it.
///
/// Maven checks what it downloads, and never again: a file damaged in the local repository is found here.
pub(super) fn checked_sha256(archive: &Utf8Path) -> Result<String, ArchiveProblem> {
    let mut file = fs::File::open(archive).map_err(ArchiveProblem::Io)?;
    let (mut sha1, mut sha256) = (Sha1::new(), Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(ArchiveProblem::Io)?;
        if read == 0 {
            break;
        }
        sha1.update(&buffer[..read]);
        sha256.update(&buffer[..read]);
    }
    let found = hex(&sha1.finalize());
    match checksum_beside(archive) {
        Some(wanted) if wanted != found => Err(ArchiveProblem::Checksum { wanted, found }),
        _ => Ok(hex(&sha256.finalize())),
    }
}

/// The SHA-1 that Maven got with an archive, where it did: a repository need not offer one.
fn checksum_beside(archive: &Utf8Path) -> Option<String> {
    const SHA1_DIGITS: usize = 40;
    let text = fs::read_to_string(format!("{archive}.sha1")).ok()?;
    let word = text.split_whitespace().next()?.to_ascii_lowercase();
    (word.len() == SHA1_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit())).then_some(word)
}

/// Unpacks what is below the archive's single top folder into `into`, which must not exist yet.
///
/// `report` hears the entries done and their number; where it returns false, the work is given up with an error.
pub(super) fn unpack(
    archive: &Utf8Path,
    into: &Utf8Path,
    report: &dyn Fn(u64, u64) -> bool,
) -> Result<Vec<UnpackedFile>, ArchiveProblem> {
    let file = fs::File::open(archive).map_err(ArchiveProblem::Io)?;
    let mut zip = ZipArchive::new(io::BufReader::new(file))?;
    let total = zip.len();
    let mut top = None;
    let mut files = Vec::new();
    fs::create_dir_all(into).map_err(ArchiveProblem::Io)?;
    for index in 0..total {
        if !report(index as u64, total as u64) {
            return Err(ArchiveProblem::Io(io::ErrorKind::Interrupted.into()));
        }
        let mut entry = zip.by_index(index)?;
        let name = entry.name()?.into_owned();
        let path = safe_path(&name, entry.is_symlink()).ok_or_else(|| ArchiveProblem::Escapes(name.clone()))?;
        let path = below_top(&path, &mut top)?;
        let target = into.join(&path);
        if entry.is_dir() {
            fs::create_dir_all(&target).map_err(ArchiveProblem::Io)?;
            continue;
        }
        if path.as_str().is_empty() {
            return Err(ArchiveProblem::Tops(format!("the file {name}")));
        }
        let executable = is_start_script(&path) || entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        let bytes = write_entry(&mut entry, &target, executable)?;
        files.push(UnpackedFile { path, bytes });
    }
    if files.is_empty() {
        return Err(ArchiveProblem::Tops("none".to_owned()));
    }
    report(total as u64, total as u64);
    Ok(files)
}

/// The entry's path, where it stays inside: no root, no `..`, no link.
fn safe_path(name: &str, is_link: bool) -> Option<Utf8PathBuf> {
    let inside =
        !is_link && !name.starts_with('/') && !name.contains(['\\', '\0']) && !name.split('/').any(|part| part == "..");
    inside.then(|| Utf8PathBuf::from(name))
}

/// The path without its first folder, which must be the same for all.
fn below_top(path: &Utf8Path, top: &mut Option<String>) -> Result<Utf8PathBuf, ArchiveProblem> {
    let mut parts = path.components();
    let first = parts.next().map(|part| part.to_string()).unwrap_or_default();
    match top {
        Some(top) if *top != first => Err(ArchiveProblem::Tops(format!("{top} and {first}"))),
        Some(_) => Ok(parts.as_path().to_owned()),
        None => {
            *top = Some(first);
            Ok(parts.as_path().to_owned())
        }
    }
}

/// TomEE's archives carry no permissions, and without the bit `catalina.sh` does not start.
fn is_start_script(path: &Utf8Path) -> bool {
    path.starts_with("bin") && path.extension() == Some("sh")
}

fn write_entry(entry: &mut impl Read, target: &Utf8Path, executable: bool) -> Result<u64, ArchiveProblem> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(ArchiveProblem::Io)?;
    }
    let mut file = fs::File::create_new(target).map_err(ArchiveProblem::Io)?;
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        // Reading and writing are kept apart, so that a bad archive is never taken for a full disk.
        let read = entry.read(&mut buffer).map_err(|error| ArchiveProblem::Broken(error.to_string()))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read]).map_err(ArchiveProblem::Io)?;
        bytes += read as u64;
    }
    if executable {
        let mut permissions = file.metadata().map_err(ArchiveProblem::Io)?.permissions();
        permissions.set_mode(permissions.mode() | 0o111);
        file.set_permissions(permissions).map_err(ArchiveProblem::Io)?;
    }
    Ok(bytes)
}
