//! The data sources of a configuration: which of them are not to be had here, and what rests on them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Seek};

use camino::{Utf8Path, Utf8PathBuf};
use zip::ZipArchive;

use crate::config::own::{self, DataSource};
use crate::config::read::Properties;
use crate::model::{OwnFiles, ServerSpec};
use crate::tomcat::own_base;

/// A data source that is named and not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// No such name.
    #[error("no data source is {name}; there are {}", if .there.is_empty() { "none".to_owned() } else { .there.join(", ") })]
    None {
        /// The name.
        name: String,
        /// The names of all.
        there: Vec<String>,
    },
}

/// Where a driver may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// Jars of the command line.
    pub(super) libs: &'a [Utf8PathBuf],
    /// The user's own app.
    pub(super) war: Option<&'a Utf8Path>,
    /// The server.
    pub(super) server: &'a ServerSpec,
}

/// The data sources that are replaced by one in memory, each with why: those that are named, and those whose driver nobody
/// has.
///
/// # Errors
/// A name that none has.
pub(super) fn replaced<'f>(
    named: &BTreeSet<String>,
    nodes: impl Iterator<Item = &'f OwnFiles>,
    places: Places<'_>,
) -> Result<BTreeMap<String, String>, ResourceError> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut there: BTreeSet<String> = BTreeSet::new();
    for files in nodes {
        for DataSource { name, driver } in sources(files) {
            if named.contains(&name) {
                all.insert(name.clone(), "as --resource says".to_owned());
            } else if let Some(driver) = driver.filter(|driver| !has(driver, files, places)) {
                all.insert(name.clone(), format!("no jar has its driver {driver}"));
            }
            there.insert(name);
        }
    }
    match named.iter().find(|name| !there.contains(*name)) {
        Some(name) => Err(ResourceError::None { name: name.clone(), there: there.into_iter().collect() }),
        None => Ok(all),
    }
}

/// Those of its server.xml and of its context.xml.
fn sources(files: &OwnFiles) -> Vec<DataSource> {
    let context = files.conf.as_ref().map(|conf| conf.join("context.xml"));
    let properties = own_base::properties(files).unwrap_or_else(|_| Properties::new());
    let documents = std::iter::once(files.server_xml.clone()).chain(context).filter_map(|path| {
        // A server.xml that cannot be read is refused elsewhere.
        own::read(&fs_err::read(path).ok()?, &properties).ok()
    });
    documents.flat_map(|document| own::data_sources(&document)).collect()
}

fn has(class: &str, files: &OwnFiles, places: Places<'_>) -> bool {
    // TomEE brings one.
    if matches!(places.server, ServerSpec::Tomee { .. }) && class.starts_with("org.hsqldb.") {
        return true;
    }
    let entry = format!("{}.class", class.replace('.', "/"));
    let home = match places.server {
        ServerSpec::Home { path } => Some(path.join("lib")),
        _ => None,
    };
    let folders = home.into_iter().chain(files.base.iter().map(|base| base.join("lib")));
    let jars = folders.flat_map(|folder| {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        entries.map(|entry| entry.path().to_owned()).filter(|path| path.extension() == Some("jar")).collect::<Vec<_>>()
    });
    let mut jars = jars.chain(places.libs.iter().cloned());
    jars.any(|jar| archive(&jar).is_some_and(|archive| archive.index_for_name(&entry).is_some()))
        || places.war.and_then(archive).is_some_and(|mut war| {
            war.index_for_name(&format!("WEB-INF/classes/{entry}")).is_some()
                || nested(&mut war).iter().any(|jar| jar.index_for_name(&entry).is_some())
        })
}

/// Whether an app names a resource anywhere: in a descriptor, a page, a class, or a jar of its own.
pub fn names_resource(war: &Utf8Path, name: &str) -> bool {
    // What cannot be read is refused elsewhere, and not known to be without it.
    archive(war).is_none_or(|mut war| says(&mut war, name) || nested(&mut war).iter_mut().any(|jar| says(jar, name)))
}

fn says<R: std::io::Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> bool {
    (0..archive.len()).any(|index| {
        let mut bytes = vec![];
        let read = archive.by_index(index).is_ok_and(|mut entry| entry.read_to_end(&mut bytes).is_ok());
        !read || bytes.windows(name.len()).any(|window| window == name.as_bytes())
    })
}

fn archive(path: &Utf8Path) -> Option<ZipArchive<Cursor<Vec<u8>>>> {
    ZipArchive::new(Cursor::new(fs_err::read(path).ok()?)).ok()
}

/// The jars of an app.
fn nested(war: &mut ZipArchive<Cursor<Vec<u8>>>) -> Vec<ZipArchive<Cursor<Vec<u8>>>> {
    let count = war.len();
    let open = |index: usize| {
        let mut entry = war.by_index(index).ok()?;
        let is_one = entry.name().is_ok_and(|name| name.starts_with("WEB-INF/lib/") && name.ends_with(".jar"));
        let mut bytes = vec![];
        (is_one && entry.read_to_end(&mut bytes).is_ok()).then_some(bytes)
    };
    let jars: Vec<Vec<u8>> = (0..count).filter_map(open).collect();
    jars.into_iter().filter_map(|bytes| ZipArchive::new(Cursor::new(bytes)).ok()).collect()
}
