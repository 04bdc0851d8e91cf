//! The files of a `CATALINA_BASE`, and of an app that is a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::config::read::read_properties;
use tomee_harness::lint::app::{entry, fragment, is_wanted, read_archives};
use tomee_harness::lint::{AppFiles, Folders, NodeFiles, Versions, deployments, folders};

use crate::exit::Failure;

/// A larger configuration file is refused.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// As many files of a base are listed, and as deep.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 3;

/// A whole `CATALINA_BASE`.
pub(super) fn base(path: &Utf8Path) -> Result<(NodeFiles, Vec<AppFiles>), Failure> {
    let absolute = path.canonicalize_utf8().map_err(Failure::usage)?;
    let mut node = NodeFiles {
        name: path.to_string(),
        prefix: format!("{}/", path.as_str().trim_end_matches('/')),
        ..NodeFiles::default()
    };
    conf(&path.join("conf"), "", &mut node)?;
    for script in ["bin/setenv.sh", "bin/setenv.bat"] {
        if path.join(script).is_file() {
            node.files.insert(script.to_owned(), small(&path.join(script))?);
        }
    }
    node.versions = version(path);
    let mut listing = BTreeMap::new();
    list(&absolute, Utf8Path::new(""), 0, &mut listing);
    (node.listing, node.base) = (Some(listing), Some(absolute.to_string()));
    let mut apps = Apps::default();
    for folder in app_folders(path, &absolute, &mut node)? {
        let mut names: Vec<Utf8PathBuf> = sorted(&folder);
        // An archive that is unpacked beside itself is what is unpacked.
        names.retain(|app| !(app.extension() == Some("war") && app.with_extension("").is_dir()));
        for app in names {
            apps.add(&app)?;
        }
    }
    for app in doc_bases(path, &absolute, &node) {
        apps.add(&app)?;
    }
    let apps = apps.found;
    Ok((node, apps))
}

/// The apps of a base, each once.
#[derive(Default)]
struct Apps {
    seen: BTreeSet<Utf8PathBuf>,
    found: Vec<AppFiles>,
}

impl Apps {
    /// Adds a folder or an archive that is an app.
    fn add(&mut self, path: &Utf8Path) -> Result<(), Failure> {
        let Ok(whole) = path.canonicalize_utf8() else { return Ok(()) };
        if !self.seen.insert(whole) {
            return Ok(());
        }
        if path.is_file() && matches!(path.extension(), Some("war" | "ear")) {
            let file = std::io::BufReader::new(fs_err::File::open(path).map_err(Failure::usage)?);
            // Half a copy in a folder of apps is the server's to report.
            self.found.extend(read_archives(path.as_str(), file).into_iter().flatten());
        } else if path.join("WEB-INF").is_dir() {
            self.found.push(unpacked(path)?);
        }
        Ok(())
    }
}

/// What the properties of a path in a configuration stand for.
fn of_base(absolute: &Utf8Path) -> BTreeMap<String, String> {
    ["catalina.base", "catalina.home"].map(|name| (name.to_owned(), absolute.to_string())).into()
}

/// The folders of apps: the appBase of each Host, and those that tomee.xml names. The contexts of an xmlBase are added to the node.
fn app_folders(path: &Utf8Path, absolute: &Utf8Path, node: &mut NodeFiles) -> Result<Vec<Utf8PathBuf>, Failure> {
    let known = of_base(absolute);
    let Folders { app_bases, xml_bases, .. } =
        node.files.get("conf/server.xml").map(|bytes| folders(bytes, &known)).unwrap_or_default();
    for (engine, host, folder) in xml_bases {
        for file in
            sorted(&path.join(folder)).into_iter().filter(|file| file.is_file() && file.extension() == Some("xml"))
        {
            let inner = format!("conf/{engine}/{host}/{}", file.file_name().unwrap_or_default());
            node.names.insert(inner.clone(), file.to_string());
            node.files.insert(inner, small(&file)?);
        }
    }
    let tomee = node.files.get("conf/tomee.xml").map(|bytes| deployments(bytes, &known)).unwrap_or_default();
    // An appBase that is still a placeholder names no folder.
    Ok(app_bases.into_iter().chain(tomee).map(|folder| path.join(folder)).filter(|folder| folder.is_dir()).collect())
}

/// The apps that a Context names.
fn doc_bases(path: &Utf8Path, absolute: &Utf8Path, node: &NodeFiles) -> Vec<Utf8PathBuf> {
    let known = of_base(absolute);
    let files = node.files.iter().filter(|(name, _)| name.starts_with("conf/") && name.ends_with(".xml"));
    let named = files.flat_map(|(_, bytes)| folders(bytes, &known).doc_bases);
    // A relative one is below the appBase, where it is found in any case.
    named.map(Utf8PathBuf::from).filter(|doc_base| doc_base.is_absolute() && doc_base.parent() != Some(path)).collect()
}

/// The files of `conf` that are read.
const CONF: [&str; 7] = [
    "server.xml",
    "context.xml",
    "web.xml",
    "catalina.properties",
    "system.properties",
    "logging.properties",
    "tomee.xml",
];

/// The files of a conf folder, and of `ENGINE/HOST` in it. `given` is what their names begin with, where it is not the
/// node's prefix.
pub(super) fn conf(path: &Utf8Path, given: &str, node: &mut NodeFiles) -> Result<(), Failure> {
    let mut take = |file: &Utf8Path, below: &str| -> Result<(), Failure> {
        let inner = format!("conf/{below}");
        if !given.is_empty() {
            node.names.insert(inner.clone(), format!("{given}{below}"));
        }
        node.files.insert(inner, small(file)?);
        Ok(())
    };
    for name in CONF {
        if path.join(name).is_file() {
            take(&path.join(name), name)?;
        }
    }
    for engine in sorted(path).into_iter().filter(|entry| entry.is_dir()) {
        for host in sorted(&engine).into_iter().filter(|entry| entry.is_dir()) {
            for file in sorted(&host).into_iter().filter(|file| file.is_file() && file.as_str().contains(".xml")) {
                let below = file.strip_prefix(path).map(Utf8Path::to_string).unwrap_or_default();
                take(&file, &below)?;
            }
        }
    }
    Ok(())
}

pub(super) fn sorted(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut entries: Vec<Utf8PathBuf> = entries.map(|entry| entry.path().to_owned()).collect();
    entries.sort();
    entries
}

/// What catalina.jar says of itself, or the `RELEASE-NOTES` of the distribution.
fn version(base: &Utf8Path) -> Option<Versions> {
    let of_jar = || {
        let jar = fs_err::File::open(base.join("lib/catalina.jar")).ok()?;
        let info = entry(std::io::BufReader::new(jar), "org/apache/catalina/util/ServerInfo.properties")?;
        let number = read_properties(&info).remove("server.number")?;
        // 10.1.59.0
        number.rsplit_once('.').map(|(version, _)| version.to_owned())
    };
    let of_notes = || {
        let notes = fs_err::read_to_string(base.join("RELEASE-NOTES")).ok()?;
        let line = notes.lines().find_map(|line| line.trim().strip_prefix("Apache Tomcat Version "))?;
        Some(line.trim().to_owned())
    };
    of_jar().or_else(of_notes)?.parse().ok()
}

/// Files and folders with their device, some levels deep.
fn list(root: &Utf8Path, below: &Utf8Path, depth: usize, listing: &mut BTreeMap<String, u64>) {
    for entry in sorted(&root.join(below)) {
        let Some(name) = entry.file_name() else { continue };
        let inner = below.join(name);
        let Ok(metadata) = fs_err::metadata(&entry) else { continue };
        if listing.len() >= MOST_FILES {
            return;
        }
        listing.insert(inner.to_string(), metadata.dev());
        if metadata.is_dir() && depth < DEEPEST && !matches!(name, "work" | "temp" | "logs" | "WEB-INF" | "META-INF") {
            list(root, &inner, depth + 1, listing);
        }
    }
}

/// An app that is a folder.
pub(super) fn unpacked(path: &Utf8Path) -> Result<AppFiles, Failure> {
    let (mut files, mut jars) = (BTreeMap::new(), BTreeMap::new());
    collect(path, path, &mut files, &mut jars)?;
    Ok(AppFiles { name: path.to_string(), files, jars })
}

fn collect(
    root: &Utf8Path,
    folder: &Utf8Path,
    files: &mut BTreeMap<String, Vec<u8>>,
    jars: &mut BTreeMap<String, u64>,
) -> Result<(), Failure> {
    for entry in sorted(folder) {
        let below = entry.strip_prefix(root).map(Utf8Path::to_string).unwrap_or_default();
        let is_link = fs_err::symlink_metadata(&entry).is_ok_and(|metadata| metadata.is_symlink());
        if entry.is_dir() {
            if !is_link && (below.starts_with("WEB-INF") || below.starts_with("META-INF")) {
                collect(root, &entry, files, jars)?;
            }
        } else if is_wanted(&below) && below.ends_with(".jar") {
            jars.insert(below.clone(), fs_err::metadata(&entry).map_err(Failure::usage)?.len());
            let jar = std::io::BufReader::new(fs_err::File::open(&entry).map_err(Failure::usage)?);
            files.extend(fragment(jar).map(|bytes| (format!("{below}!/META-INF/web-fragment.xml"), bytes)));
        } else if is_wanted(&below) {
            files.insert(below, small(&entry)?);
        }
    }
    Ok(())
}

pub(super) fn small(path: &Utf8Path) -> Result<Vec<u8>, Failure> {
    let file = fs_err::File::open(path).map_err(Failure::usage)?;
    let mut bytes = vec![];
    // What a device or a pipe has, nobody knows before.
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Failure::usage)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(Failure::usage(format!("{path} is larger than {MOST_BYTES} bytes")));
    }
    Ok(bytes)
}
