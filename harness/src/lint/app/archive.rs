//! What matters of a web archive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

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
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// As much is kept of one archive.
const MOST_KEPT: usize = 512 * 1024 * 1024;

/// Whether an entry of an archive says anything to a rule: descriptors, jars and classes.
pub fn is_wanted(path: &str) -> bool {
    let is_jar = path.strip_prefix("WEB-INF/lib/").is_some_and(|name| name.ends_with(".jar") && !name.contains('/'));
    let is_class = path.starts_with("WEB-INF/classes/") && path.ends_with(".class");
    matches!(path, "WEB-INF/web.xml" | "META-INF/context.xml" | "WEB-INF/beans.xml") || is_jar || is_class
}

/// Whether an entry of a jar in `WEB-INF/lib` says anything to a rule.
pub(super) const FRAGMENT: &str = "META-INF/web-fragment.xml";

/// Reads what matters out of a web archive, or of each in an enterprise archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archives(name: &str, archive: impl Read + Seek) -> Result<Vec<AppFiles>, AppError> {
    let mut archive = zip::ZipArchive::new(archive)?;
    let is_inner = |path: &String| path.ends_with(".war") && !path.starts_with("WEB-INF/");
    let names = archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned);
    let inner: Vec<String> = names.filter(is_inner).collect();
    if inner.is_empty() {
        return Ok(vec![read(name, &mut archive)?]);
    }
    let mut apps = vec![];
    for path in inner {
        let entry = archive.by_name(&path)?;
        if entry.size() <= MOST_BYTES * 16 {
            let mut bytes = vec![];
            entry.take(MOST_BYTES * 16).read_to_end(&mut bytes)?;
            apps.push(read(&format!("{name}!/{path}"), &mut zip::ZipArchive::new(Cursor::new(bytes))?)?);
        }
    }
    Ok(apps)
}

/// Reads what matters out of a web archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archive(name: &str, archive: impl Read + Seek) -> Result<AppFiles, AppError> {
    read(name, &mut zip::ZipArchive::new(archive)?)
}

fn read(name: &str, archive: &mut zip::ZipArchive<impl Read + Seek>) -> Result<AppFiles, AppError> {
    let (mut files, mut jars) = (BTreeMap::new(), BTreeMap::new());
    let (mut kept, mut has_web) = (0, false);
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        let is_jar = path.ends_with(".jar");
        has_web |= path == "WEB-INF/web.xml";
        let most = if is_jar { MOST_BYTES * 16 } else { MOST_BYTES };
        if is_jar && is_wanted(&path) {
            jars.insert(path.clone(), entry.size());
        }
        if is_wanted(&path) && entry.size() <= most {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size().min(MOST_BYTES)).unwrap_or_default());
            // An entry may be longer than it says.
            entry.take(most).read_to_end(&mut bytes)?;
            if !is_jar {
                kept += bytes.len();
                if kept > MOST_KEPT {
                    return Err(AppError::TooLarge);
                }
                files.insert(path, bytes);
            } else if let Some(fragment) = fragment(Cursor::new(&bytes)) {
                files.insert(format!("{path}!/{FRAGMENT}"), fragment);
            }
        }
    }
    Ok(AppFiles { name: name.to_owned(), files, jars, has_web })
}

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

/// An app's archive or folder, as the caller found it.
#[derive(Debug, Clone, Default)]
pub struct AppFiles {
    /// The path or name of the archive.
    pub name: String,
    /// Its entries that matter, by their path in it: see [`is_wanted`].
    pub files: BTreeMap<String, Vec<u8>>,
    /// Its jars by path, with the size of each in bytes.
    pub jars: BTreeMap<String, u64>,
    /// Whether it has a web.xml, which may be too large to be read.
    pub has_web: bool,
}
