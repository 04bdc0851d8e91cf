//! The files of a `CATALINA_BASE`, and of an app that is a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::config::read::{Properties, read_properties};
use tomee_harness::lint::app::{AppError, Jars, Own, entry, is_wanted, read_archives};
use tomee_harness::lint::{AppFiles, Folders, NodeFiles, Versions, deployments, folders, java_options};

use crate::exit::Failure;

/// A larger configuration file is refused.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// As many files of a base are listed, and as deep.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 3;

/// A whole `CATALINA_BASE`.
pub(super) fn base(files: &Files, path: &Utf8Path) -> Result<(NodeFiles, Vec<AppFiles>), Failure> {
    let absolute = path.canonicalize_utf8().map_err(Failure::usage)?;
    let mut node = NodeFiles {
        name: path.to_string(),
        prefix: format!("{}/", path.as_str().trim_end_matches('/')),
        ..NodeFiles::default()
    };
    conf(files, &path.join("conf"), "", &mut node)?;
    for script in ["bin/setenv.sh", "bin/setenv.bat"] {
        if path.join(script).is_file() {
            node.files.insert(script.to_owned(), files.small(&path.join(script))?);
        }
    }
    node.versions = version(path);
    let (known, later) = properties(&absolute, &node);
    let mut listing = BTreeMap::new();
    list(&absolute, Utf8Path::new(""), 0, &mut listing);
    list_farm(&absolute, &mut node, &known, &mut listing);
    (node.listing, node.base) = (Some(listing), Some(absolute.to_string()));
    let mut apps = Apps::default();
    let app_folders = app_folders(files, path, &known, &later, &mut node)?;
    for folder in &app_folders {
        apps.unread.extend(closed(folder));
        let mut names: Vec<Utf8PathBuf> = sorted(folder);
        // An archive that is unpacked beside itself is what is unpacked.
        names.retain(|app| !(app.extension() == Some("war") && app.with_extension("").is_dir()));
        for app in names {
            apps.add(files, &app)?;
        }
    }
    for app in doc_bases(path, &later, &node, &app_folders) {
        apps.add(files, &app)?;
    }
    node.unread.extend(apps.unread);
    Ok((node, apps.found))
}

/// The apps of a base, each once.
#[derive(Default)]
struct Apps {
    seen: BTreeSet<Utf8PathBuf>,
    found: Vec<AppFiles>,
    unread: Vec<String>,
}

impl Apps {
    /// Adds a folder or an archive that is an app.
    fn add(&mut self, files: &Files, path: &Utf8Path) -> Result<(), Failure> {
        let Ok(whole) = path.canonicalize_utf8() else { return Ok(()) };
        if !self.seen.insert(whole) {
            return Ok(());
        }
        if path.is_file() && matches!(path.extension(), Some("war" | "ear")) {
            let file = std::io::BufReader::new(fs_err::File::open(path).map_err(Failure::usage)?);
            match read_archives(path.as_str(), file) {
                Ok(apps) => self.found.extend(apps),
                Err(error) => self.unread.push(format!("{path}: {error}")),
            }
        } else if let Some(closed) = path.is_dir().then(|| closed(path)).flatten() {
            self.unread.push(closed);
        } else if path.join("WEB-INF").is_dir() {
            self.found.push(unpacked(files, path)?);
        }
        Ok(())
    }
}

/// What the properties of a path stand for: in server.xml, and in what is read later, as `TomEE` reads its own between.
fn properties(absolute: &Utf8Path, node: &NodeFiles) -> (Properties, Properties) {
    let of_base = ["catalina.base", "catalina.home"].map(|name| (name.to_owned(), absolute.to_string()));
    let scripts = node.files.iter().filter(|(name, _)| name.starts_with("bin/setenv."));
    let mut known: Properties = scripts.flat_map(|(_, text)| java_options(&String::from_utf8_lossy(text))).collect();
    let of = |file: &str| node.files.get(file).map(|bytes| read_properties(bytes)).unwrap_or_default();
    known.extend(of("conf/catalina.properties"));
    let mut later = known.clone();
    later.extend(of("conf/system.properties"));
    for all in [&mut known, &mut later] {
        all.extend(of_base.clone());
    }
    (known, later)
}

/// The folders of apps: the appBase of each Host, and those that tomee.xml names. The contexts of an xmlBase are added to the node.
fn app_folders(
    files: &Files,
    path: &Utf8Path,
    known: &Properties,
    later: &Properties,
    node: &mut NodeFiles,
) -> Result<Vec<Utf8PathBuf>, Failure> {
    let Folders { app_bases, xml_bases, .. } =
        node.files.get("conf/server.xml").map(|bytes| folders(bytes, known)).unwrap_or_default();
    for (engine, host, folder) in xml_bases {
        for file in
            sorted(&path.join(folder)).into_iter().filter(|file| file.is_file() && file.extension() == Some("xml"))
        {
            let inner = format!("conf/{engine}/{host}/{}", file.file_name().unwrap_or_default());
            node.names.insert(inner.clone(), file.to_string());
            node.files.insert(inner, files.small(&file)?);
        }
    }
    let tomee = node.files.get("conf/tomee.xml").map(|bytes| deployments(bytes, later)).unwrap_or_default();
    // An appBase that is still a placeholder names no folder.
    Ok(app_bases.into_iter().chain(tomee).map(|folder| path.join(folder)).filter(|folder| folder.is_dir()).collect())
}

/// The apps that a Context names.
fn doc_bases(path: &Utf8Path, known: &Properties, node: &NodeFiles, app_bases: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let files = node.files.iter().filter(|(name, _)| name.starts_with("conf/") && name.ends_with(".xml"));
    let named: Vec<String> = files.flat_map(|(_, bytes)| folders(bytes, known).doc_bases).collect();
    let is_app = |doc_base: &Utf8PathBuf| doc_base.is_absolute() && doc_base.parent() != Some(path);
    // A relative one begins at the appBase; without a folder in it, it is found there in any case.
    let relative = named.iter().filter(|doc_base| !doc_base.starts_with('/') && doc_base.contains('/'));
    let outside = relative.flat_map(|doc_base| app_bases.iter().map(move |app_base| app_base.join(doc_base)));
    named.iter().map(Utf8PathBuf::from).filter(is_app).chain(outside).collect()
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
pub(super) fn conf(read: &Files, path: &Utf8Path, given: &str, node: &mut NodeFiles) -> Result<(), Failure> {
    let mut take = |file: &Utf8Path, below: &str| -> Result<(), Failure> {
        let inner = format!("conf/{below}");
        if !given.is_empty() {
            node.names.insert(inner.clone(), format!("{given}{below}"));
        }
        node.files.insert(inner, read.small(file)?);
        Ok(())
    };
    for name in CONF {
        if path.join(name).is_file() {
            take(&path.join(name), name)?;
        }
    }
    let mut unread = vec![];
    for engine in sorted(path).into_iter().filter(|entry| entry.is_dir()) {
        unread.extend(closed(&engine));
        for host in sorted(&engine).into_iter().filter(|entry| entry.is_dir()) {
            unread.extend(closed(&host));
            for file in sorted(&host).into_iter().filter(|file| file.is_file() && file.as_str().contains(".xml")) {
                let below = file.strip_prefix(path).map(Utf8Path::to_string).unwrap_or_default();
                take(&file, &below)?;
            }
        }
    }
    node.unread.extend(unread);
    Ok(())
}

/// A folder that may not be looked into, with the reason.
fn closed(folder: &Utf8Path) -> Option<String> {
    folder.read_dir_utf8().err().map(|error| format!("{folder}: {error}"))
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
        let jar = base.join("lib/catalina.jar");
        let jar = jar.is_file().then(|| fs_err::File::open(jar).ok()).flatten()?;
        let info = entry(std::io::BufReader::new(jar), "org/apache/catalina/util/ServerInfo.properties")?;
        let number = read_properties(&info).remove("server.number")?;
        // 10.1.59.0
        number.rsplit_once('.').map(|(version, _)| version.to_owned())
    };
    let of_notes = || {
        let notes = base.join("RELEASE-NOTES");
        let notes = notes.is_file().then(|| fs_err::read_to_string(notes).ok()).flatten()?;
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

/// The folders of a farm, wherever they are below the base, with what lies in them; a file in the place of one is left out.
fn list_farm(root: &Utf8Path, node: &mut NodeFiles, known: &Properties, listing: &mut BTreeMap<String, u64>) {
    let Some(xml) = node.files.get("conf/server.xml") else { return };
    let Folders { farm, app_bases, .. } = folders(xml, known);
    let compared = if farm.is_empty() { vec![] } else { app_bases };
    for folder in farm.iter().chain(&compared) {
        let real = real_path(&root.join(folder)).filter(|real| *real != root.join(folder));
        node.real_folders.extend(real.map(|real| (folder.trim().to_owned(), real.into_string())));
    }
    for folder in farm {
        let path = root.join(&folder);
        let Ok(metadata) = fs_err::metadata(&path) else { continue };
        // As the configuration has it, which may lead there by a link, and where it is.
        let real = path.canonicalize_utf8().ok();
        let real = real.as_deref().and_then(|path| path.strip_prefix(root).ok());
        let named = path.strip_prefix(root).ok();
        for below in [real, named].into_iter().flatten() {
            let below = below.as_str().trim_start_matches("./").trim_end_matches('/');
            if !metadata.is_dir() {
                listing.remove(below);
                continue;
            }
            listing.insert(below.to_owned(), metadata.dev());
            for entry in sorted(&path).into_iter().take(MOST_FILES) {
                if let (Some(name), Ok(metadata)) = (entry.file_name(), fs_err::metadata(&entry)) {
                    listing.insert(format!("{below}/{name}"), metadata.dev());
                }
            }
        }
    }
    // The jars of the server are asked for, too, and may stand behind too many other files.
    for entry in sorted(&root.join("lib")).into_iter().take(MOST_FILES) {
        if let Ok(inner) = entry.strip_prefix(root) {
            listing.entry(inner.to_string()).or_default();
        }
    }
}

/// Where a path leads to, as far as it exists.
fn real_path(path: &Utf8Path) -> Option<Utf8PathBuf> {
    path.ancestors().find_map(|above| {
        let real = above.canonicalize_utf8().ok()?;
        Some(
            path.strip_prefix(above)
                .ok()
                .filter(|rest| !rest.as_str().is_empty())
                .map_or(real.clone(), |rest| real.join(rest)),
        )
    })
}

/// An app that is a folder.
pub(super) fn unpacked(read: &Files, path: &Utf8Path) -> Result<AppFiles, Failure> {
    let (mut files, mut sizes) = (BTreeMap::new(), BTreeMap::new());
    collect(read, path, path, &mut files, &mut sizes)?;
    let mut own = Own::default();
    let group = |folder: &Utf8PathBuf| format!("META-INF/maven/{}/", folder.file_name().unwrap_or_default());
    let groups: Vec<String> = sorted(&path.join("META-INF/maven")).iter().map(group).collect();
    own.add_app(files.keys().chain(&groups).map(String::as_str), files.get("WEB-INF/web.xml").map(Vec::as_slice));
    let mut jars = Jars::of(own);
    let open = |jar: &str| fs_err::File::open(path.join(jar)).map(std::io::BufReader::new).map_err(Failure::usage);
    let failed = |error: AppError| Failure::usage(format!("{path}: {error}"));
    for jar in sizes.keys() {
        jars.add(jar, open(jar)?).map_err(failed)?;
    }
    for jar in jars.again() {
        jars.add(&jar, open(&jar)?).map_err(failed)?;
    }
    files.extend(jars.into_parts().0);
    Ok(AppFiles { name: path.to_string(), files, jars: sizes, ..AppFiles::default() })
}

fn collect(
    read: &Files,
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
                collect(read, root, &entry, files, jars)?;
            }
        } else if !entry.is_file() {
            // A pipe would be waited for.
        } else if is_wanted(&below) && below.ends_with(".jar") {
            jars.insert(below, fs_err::metadata(&entry).map_err(Failure::usage)?.len());
        } else if is_wanted(&below) {
            files.insert(below, read.small(&entry)?);
        }
    }
    Ok(())
}

/// The files as they are, or as they would be once they were fixed.
#[derive(Debug, Default)]
pub(super) struct Files {
    fixed: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl Files {
    /// What a file would be.
    pub(super) fn put(&mut self, path: &Utf8Path, bytes: Vec<u8>) -> Result<(), Failure> {
        self.fixed.insert(path.canonicalize_utf8().map_err(Failure::usage)?, bytes);
        Ok(())
    }

    pub(super) fn small(&self, path: &Utf8Path) -> Result<Vec<u8>, Failure> {
        let fixed = || self.fixed.get(&path.canonicalize_utf8().ok()?);
        if let Some(bytes) = (!self.fixed.is_empty()).then(fixed).flatten() {
            return Ok(bytes.clone());
        }
        let file = fs_err::File::open(path).map_err(Failure::usage)?;
        let mut bytes = vec![];
        // What a device or a pipe has, nobody knows before.
        let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(Failure::usage)?;
        if u64::try_from(read).unwrap_or(u64::MAX) > MOST_BYTES {
            return Err(Failure::usage(format!("{path} is larger than {MOST_BYTES} bytes")));
        }
        Ok(bytes)
    }
}
