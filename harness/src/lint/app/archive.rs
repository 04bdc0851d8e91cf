//! What matters of a web archive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

/// An archive that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// It is no zip archive.
    #[error("not a web archive")]
    Zip(#[from] zip::result::ZipError),
    /// An entry cannot be read.
    #[error("reading an entry of the archive")]
    Io(#[from] std::io::Error),
}

/// A larger entry of an archive is not read.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Whether an entry of an archive says anything to a rule: descriptors, jars and classes.
pub fn is_wanted(path: &str) -> bool {
    let is_jar = path.strip_prefix("WEB-INF/lib/").is_some_and(|name| name.ends_with(".jar") && !name.contains('/'));
    let is_class = path.starts_with("WEB-INF/classes/") && path.ends_with(".class");
    matches!(path, "WEB-INF/web.xml" | "META-INF/context.xml") || is_jar || is_class
}

/// Whether an entry of a jar in `WEB-INF/lib` says anything to a rule.
pub(super) const FRAGMENT: &str = "META-INF/web-fragment.xml";

/// Reads what matters out of a web archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archive(name: &str, archive: impl Read + Seek) -> Result<AppFiles, AppError> {
    let mut archive = zip::ZipArchive::new(archive)?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        let is_jar = path.ends_with(".jar");
        if is_wanted(&path) && entry.size() <= if is_jar { MOST_BYTES * 16 } else { MOST_BYTES } {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
            entry.read_to_end(&mut bytes)?;
            if !is_jar {
                files.insert(path, bytes);
            } else if let Some(fragment) = fragment(Cursor::new(&bytes)) {
                files.insert(format!("{path}!/{FRAGMENT}"), fragment);
            }
        }
    }
    Ok(AppFiles { name: name.to_owned(), files })
}

/// The web-fragment.xml of a jar, if it has one.
pub fn fragment(jar: impl Read + Seek) -> Option<Vec<u8>> {
    let mut jar = zip::ZipArchive::new(jar).ok()?;
    let entry = jar.by_name(FRAGMENT).ok()?;
    let mut bytes = vec![];
    entry.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// An app's archive or folder, as the caller found it.
#[derive(Debug, Clone, Default)]
pub struct AppFiles {
    /// The path or name of the archive.
    pub name: String,
    /// Its entries that matter, by their path in it: see [`is_wanted`].
    pub files: BTreeMap<String, Vec<u8>>,
}
