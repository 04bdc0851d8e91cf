//! What matters of a web archive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

use super::entry::{AppError, FRAGMENT, MOST_BYTES, MOST_KEPT, names};
use super::jars::{Jars, Own};

/// Whether an entry of an archive says anything to a rule: descriptors, jars and classes.
pub fn is_wanted(path: &str) -> bool {
    let is_jar = path.strip_prefix("WEB-INF/lib/").is_some_and(|name| name.ends_with(".jar") && !name.contains('/'));
    let is_class = path.starts_with("WEB-INF/classes/") && path.ends_with(".class");
    matches!(path, WEB | "META-INF/context.xml" | "WEB-INF/beans.xml") || is_jar || is_class
}

/// Where an app's web.xml is.
const WEB: &str = "WEB-INF/web.xml";

/// Reads what matters out of a web archive, or of each in an enterprise archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archives(name: &str, archive: impl Read + Seek) -> Result<Vec<AppFiles>, AppError> {
    let mut archive = zip::ZipArchive::new(archive)?;
    let is_beside = |path: &String| !path.starts_with("WEB-INF/");
    let names: Vec<String> = names(&archive).into_iter().filter(is_beside).collect();
    let (inner, jars): (Vec<&String>, Vec<&String>) = names
        .iter()
        .filter(|path| path.ends_with(".war") || path.ends_with(".jar"))
        .partition(|it| it.ends_with(".war"));
    if inner.is_empty() {
        return Ok(vec![read(name, &mut archive, Own::default())?.0]);
    }
    let mut own = Own::default();
    for path in jars.iter().filter(|path| !path.contains('/')) {
        if let Some(jar) = jar(&mut archive, path)? {
            own.add_module(jar);
        }
    }
    let (mut apps, mut of_all) = (vec![], own.clone());
    for path in inner {
        if let Some(bytes) = jar(&mut archive, path)? {
            let (app, of_app) = read(&format!("{name}!/{path}"), &mut zip::ZipArchive::new(bytes)?, own.clone())?;
            of_all.extend(of_app);
            apps.push(app);
        }
    }
    let mut beside = Jars::of(of_all);
    add_all(&mut beside, &mut archive, jars)?;
    let beside = beside.into_parts().0.into_iter().filter(|(path, _)| !path.ends_with(FRAGMENT));
    let beside: BTreeMap<String, Vec<u8>> = beside.map(|(path, bytes)| (format!("{name}!/{path}"), bytes)).collect();
    for app in &mut apps {
        app.beside.clone_from(&beside);
    }
    Ok(apps)
}

/// Reads what matters out of a web archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archive(name: &str, archive: impl Read + Seek) -> Result<AppFiles, AppError> {
    Ok(read(name, &mut zip::ZipArchive::new(archive)?, Own::default())?.0)
}

/// Reads an app, and what its own classes are known by, besides what is known before.
fn read(name: &str, archive: &mut zip::ZipArchive<impl Read + Seek>, own: Own) -> Result<(AppFiles, Own), AppError> {
    let (mut files, mut sizes, mut own) = (BTreeMap::new(), BTreeMap::new(), own);
    let (mut kept, mut jars) = (0, vec![]);
    let names = names(archive);
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        if !is_wanted(&path) {
            continue;
        }
        if path.ends_with(".jar") {
            sizes.insert(path.clone(), entry.size());
            jars.push(path);
        } else if entry.size() <= MOST_BYTES {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
            // An entry may be longer than it says.
            entry.take(MOST_BYTES).read_to_end(&mut bytes)?;
            kept += bytes.len();
            if kept > MOST_KEPT {
                return Err(AppError::TooLarge);
            }
            files.insert(path, bytes);
        }
    }
    own.add_app(names.iter().map(String::as_str), files.get(WEB).map(Vec::as_slice));
    let mut read = Jars::of(own);
    add_all(&mut read, archive, &jars)?;
    let (of_jars, own) = read.into_parts();
    files.extend(of_jars);
    let has_web = names.iter().any(|path| path == WEB);
    Ok((AppFiles { name: name.to_owned(), files, jars: sizes, has_web, ..AppFiles::default() }, own))
}

/// Adds the jars of an archive, and those again of which only then it is known that they are the app's own.
fn add_all<'p>(
    jars: &mut Jars,
    archive: &mut zip::ZipArchive<impl Read + Seek>,
    paths: impl IntoIterator<Item = &'p String>,
) -> Result<(), AppError> {
    let mut add = |jars: &mut Jars, path: &str| match jar(archive, path)? {
        Some(jar) => jars.add(path, jar),
        None => Ok(()),
    };
    paths.into_iter().try_for_each(|path| add(jars, path))?;
    jars.again().iter().try_for_each(|path| add(jars, path))
}

/// An archive in an archive, if it is not too large.
fn jar(archive: &mut zip::ZipArchive<impl Read + Seek>, path: &str) -> Result<Option<Cursor<Vec<u8>>>, AppError> {
    let entry = archive.by_name(path)?;
    let most = MOST_BYTES * 16;
    if entry.size() > most {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(entry.size().min(MOST_BYTES)).unwrap_or_default());
    entry.take(most).read_to_end(&mut bytes)?;
    Ok(Some(Cursor::new(bytes)))
}

/// An app's archive or folder, as the caller found it.
#[derive(Debug, Clone, Default)]
pub struct AppFiles {
    /// The path or name of the archive.
    pub name: String,
    /// Its entries that matter, by their path in it: see [`is_wanted`]; those of its jars behind `JAR!/`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Classes of the enterprise archive that it is in, which are the app's own, by their full names.
    pub beside: BTreeMap<String, Vec<u8>>,
    /// Its jars by path, with the size of each in bytes.
    pub jars: BTreeMap<String, u64>,
    /// Whether it has a web.xml, which may be too large to be read.
    pub has_web: bool,
}
