//! Walks the files that `lint` is given.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::lint::app::{fragment, is_wanted, read_archive};
use tomee_harness::lint::{AppFiles, Input, NodeFiles, Versions, app_bases};

use crate::exit::Failure;

/// A larger configuration file is refused.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// As many files of a base are listed, and as deep.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 3;

/// What was given beside the nodes.
#[derive(Default)]
struct Others {
    apps: Vec<(AppFiles, bool)>,
    files: Vec<(String, Vec<u8>)>,
    contexts: Vec<(String, Vec<u8>)>,
}

/// One input for the nodes that have names, and one for each other server.
pub(super) fn inputs(
    paths: &[String],
    versions: Option<Versions>,
    define: &[(String, String)],
) -> Result<Vec<Input>, Failure> {
    let mut others = Others::default();
    let mut named = vec![];
    let mut single = vec![];
    for given in paths {
        match node_name(given) {
            Some((name, path)) => named.push(node(name, path, &mut others)?),
            None => single.extend(anything(Utf8Path::new(given), &mut others)?),
        }
    }
    let mut groups: Vec<Vec<(NodeFiles, Vec<AppFiles>)>> = single.into_iter().map(|node| vec![node]).collect();
    if !named.is_empty() {
        groups.insert(0, named);
    }
    if groups.is_empty() {
        groups.push(vec![]);
    }
    let inputs = groups.into_iter().map(|nodes| {
        let mut input = Input::new();
        // The apps of one node stand for those of all: they are to be the same.
        let mut apps: BTreeMap<String, AppFiles> = BTreeMap::new();
        if nodes.is_empty() && !others.contexts.is_empty() {
            input.add_node(NodeFiles { name: "node".to_owned(), ..NodeFiles::default() }.with(&others.contexts));
        }
        for (node, found) in nodes {
            let node = NodeFiles {
                versions: versions.or(node.versions),
                properties: define.iter().cloned().collect(),
                ..node
            };
            input.add_node(node.with(&others.contexts));
            for app in found {
                let short = app.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
                apps.entry(short).or_insert(app);
            }
        }
        for app in apps.into_values() {
            input.add_app(app, false);
        }
        for (app, is_explicit) in &others.apps {
            input.add_app(app.clone(), *is_explicit);
        }
        for (name, bytes) in &others.files {
            input.add_other(name, bytes);
        }
        input
    });
    Ok(inputs.collect())
}

/// Adds context files to a node.
trait WithContexts {
    fn with(self, contexts: &[(String, Vec<u8>)]) -> Self;
}

impl WithContexts for NodeFiles {
    fn with(mut self, contexts: &[(String, Vec<u8>)]) -> Self {
        for (name, bytes) in contexts {
            let path = format!("conf/{}", name.rsplit('/').next().unwrap_or_default());
            self.names.insert(path.clone(), name.clone());
            self.files.insert(path, bytes.clone());
        }
        self
    }
}

/// `n1=DIR`, unless a file has that name.
fn node_name(given: &str) -> Option<(&str, &Utf8Path)> {
    let (name, path) = given.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (is_name && !Utf8Path::new(given).exists()).then(|| (name, Utf8Path::new(path)))
}

/// A node by its name.
fn node(name: &str, path: &Utf8Path, others: &mut Others) -> Result<(NodeFiles, Vec<AppFiles>), Failure> {
    let found = anything(path, others)?;
    let missing = || {
        Failure::usage(format!(
            "no server.xml found in {path}, expected a CATALINA_BASE, a conf folder or a server.xml"
        ))
    };
    let (node, apps) = found.ok_or_else(missing)?;
    Ok((NodeFiles { name: name.to_owned(), ..node }, apps))
}

/// A server, or else something that is put beside the nodes.
fn anything(path: &Utf8Path, others: &mut Others) -> Result<Option<(NodeFiles, Vec<AppFiles>)>, Failure> {
    if fs_err::metadata(path).map_err(Failure::usage)?.is_dir() {
        return folder(path, others);
    }
    let mut start = [0; 4];
    let read = fs_err::File::open(path).and_then(|mut file| file.read(&mut start)).map_err(Failure::usage)?;
    if start[..read].starts_with(b"PK\x03\x04") {
        let file = std::io::BufReader::new(fs_err::File::open(path).map_err(Failure::usage)?);
        let app = read_archive(path.as_str(), file).map_err(|error| Failure::usage(format!("{path}: {error}")))?;
        others.apps.push((app, true));
        return Ok(None);
    }
    let bytes = small(path)?;
    let name = path.file_name().unwrap_or_default();
    if !name.ends_with(".xml")
        && !name.contains(".xml.")
        && name != "server.xml"
        && !bytes.trim_ascii_start().starts_with(b"<")
    {
        others.files.push((path.to_string(), bytes));
        return Ok(None);
    }
    match root(&bytes).as_deref() {
        Some("Context") => {
            others.contexts.push((path.to_string(), bytes));
            Ok(None)
        }
        Some("web-app") => {
            let app = AppFiles { name: path.to_string(), files: BTreeMap::from([(String::new(), bytes)]) };
            others.apps.push((app, true));
            Ok(None)
        }
        Some(root) if root != "Server" => {
            Err(Failure::usage(format!("{path} is a <{root}>, expected a <Server>, <Context> or <web-app>")))
        }
        _ => {
            let mut node = NodeFiles { name: path.to_string(), ..NodeFiles::default() };
            node.names.insert("conf/server.xml".to_owned(), path.to_string());
            node.files.insert("conf/server.xml".to_owned(), bytes);
            Ok(Some((node, vec![])))
        }
    }
}

/// The name of the root element; `None` where the file is no XML, which is reported when it is read.
fn root(bytes: &[u8]) -> Option<String> {
    let document = tomee_harness::config::read::Document::read(bytes).ok()?;
    Some(document.root().local_name().to_owned())
}

fn folder(path: &Utf8Path, others: &mut Others) -> Result<Option<(NodeFiles, Vec<AppFiles>)>, Failure> {
    if path.join("WEB-INF").is_dir() {
        others.apps.push((unpacked(path)?, true));
        return Ok(None);
    }
    if path.join("conf/server.xml").is_file() {
        return base(path).map(Some);
    }
    if path.join("server.xml").is_file() {
        let mut node = NodeFiles { name: path.to_string(), ..NodeFiles::default() };
        conf(path, &format!("{path}/"), &mut node)?;
        return Ok(Some((node, vec![])));
    }
    Err(Failure::usage(format!(
        "no server.xml found in {path}, expected a CATALINA_BASE, a conf folder, a server.xml or an app"
    )))
}

/// A whole `CATALINA_BASE`.
fn base(path: &Utf8Path) -> Result<(NodeFiles, Vec<AppFiles>), Failure> {
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
    let mut apps = vec![];
    for app_base in node.files.get("conf/server.xml").map(|bytes| app_bases(bytes)).unwrap_or_default() {
        // An appBase that is still a placeholder names no folder.
        let Ok(entries) = path.join(&app_base).read_dir_utf8() else { continue };
        let mut names: Vec<Utf8PathBuf> = entries.flatten().map(|entry| entry.path().to_owned()).collect();
        names.sort();
        for app in names {
            let is_unpacked_war = app.extension() == Some("war") && app.with_extension("").is_dir();
            if app.extension() == Some("war") && app.is_file() && !is_unpacked_war {
                let file = std::io::BufReader::new(fs_err::File::open(&app).map_err(Failure::usage)?);
                // Half a copy in a folder of apps is the server's to report.
                apps.extend(read_archive(app.as_str(), file).ok());
            } else if app.join("WEB-INF").is_dir() {
                apps.push(unpacked(&app)?);
            }
        }
    }
    Ok((node, apps))
}

/// The files of a conf folder, and of `ENGINE/HOST` in it. `given` is what their names begin with, where it is not the
/// node's prefix.
fn conf(path: &Utf8Path, given: &str, node: &mut NodeFiles) -> Result<(), Failure> {
    let mut take = |file: &Utf8Path, below: &str| -> Result<(), Failure> {
        let inner = format!("conf/{below}");
        if !given.is_empty() {
            node.names.insert(inner.clone(), format!("{given}{below}"));
        }
        node.files.insert(inner, small(file)?);
        Ok(())
    };
    for name in ["server.xml", "context.xml", "web.xml", "catalina.properties", "system.properties"] {
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

fn sorted(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut entries: Vec<Utf8PathBuf> = entries.map(|entry| entry.path().to_owned()).collect();
    entries.sort();
    entries
}

/// `RELEASE-NOTES` of the distribution names its version.
fn version(base: &Utf8Path) -> Option<Versions> {
    let notes = fs_err::read_to_string(base.join("RELEASE-NOTES")).ok()?;
    let line = notes.lines().find_map(|line| line.trim().strip_prefix("Apache Tomcat Version "))?;
    line.trim().parse().ok()
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
fn unpacked(path: &Utf8Path) -> Result<AppFiles, Failure> {
    let mut files = BTreeMap::new();
    collect(path, path, &mut files)?;
    Ok(AppFiles { name: path.to_string(), files })
}

fn collect(root: &Utf8Path, folder: &Utf8Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    for entry in sorted(folder) {
        let below = entry.strip_prefix(root).map(Utf8Path::to_string).unwrap_or_default();
        let is_link = fs_err::symlink_metadata(&entry).is_ok_and(|metadata| metadata.is_symlink());
        if entry.is_dir() {
            if !is_link && (below.starts_with("WEB-INF") || below.starts_with("META-INF")) {
                collect(root, &entry, files)?;
            }
        } else if is_wanted(&below) && below.ends_with(".jar") {
            let jar = fs_err::read(&entry).map_err(Failure::usage)?;
            files
                .extend(fragment(Cursor::new(jar)).map(|bytes| (format!("{below}!/META-INF/web-fragment.xml"), bytes)));
        } else if is_wanted(&below) {
            files.insert(below, small(&entry)?);
        }
    }
    Ok(())
}

fn small(path: &Utf8Path) -> Result<Vec<u8>, Failure> {
    let size = fs_err::metadata(path).map_err(Failure::usage)?.len();
    if size > MOST_BYTES {
        return Err(Failure::usage(format!("{path} has {size} bytes, expected at most {MOST_BYTES}")));
    }
    fs_err::read(path).map_err(Failure::usage)
}
