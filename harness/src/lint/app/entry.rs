//! Entries of archives, and how much of them is read.

use std::io::{Read, Seek};

/// An archive that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// It is no zip archive.
    #[error("not a web archive")]
    Zip(#[from] zip::result::ZipError),
    /// More than is kept in memory.
    #[error("its classes and descriptors have more than {MOST_KEPT} bytes")]
    TooLarge,
    /// An entry cannot be read.
    #[error("reading an entry of the archive")]
    Io(#[from] std::io::Error),
}

/// A larger entry of an archive is not read.
pub(super) const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// As much is kept of one archive.
pub(super) const MOST_KEPT: usize = 512 * 1024 * 1024;

/// Where a jar in `WEB-INF/lib` has what it adds to web.xml.
pub(super) const FRAGMENT: &str = "META-INF/web-fragment.xml";

/// The web-fragment.xml of a jar, if it has one.
pub fn fragment(jar: impl Read + Seek) -> Option<Vec<u8>> {
    entry(jar, FRAGMENT)
}

/// An entry of a jar, if it has it and it is not too large.
pub fn entry(jar: impl Read + Seek, path: &str) -> Option<Vec<u8>> {
    let mut jar = zip::ZipArchive::new(jar).ok()?;
    let entry = jar.by_name(path).ok()?;
    let mut bytes = vec![];
    entry.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The entries of an archive.
pub(super) fn names<R: Read + Seek>(jar: &zip::ZipArchive<R>) -> Vec<String> {
    jar.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned).collect()
}

/// An entry of a jar; `None` where it has none, or one that cannot be read or is too large.
pub(super) fn bytes(jar: &mut zip::ZipArchive<impl Read + Seek>, name: &str) -> Option<Vec<u8>> {
    let entry = jar.by_name(name).ok().filter(|entry| entry.size() <= MOST_BYTES)?;
    let mut bytes = vec![];
    // An entry may be longer than it says.
    entry.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
