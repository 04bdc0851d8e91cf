//! Walks the files that `lint` is given.

use std::collections::BTreeMap;
use std::io::Read as _;

use camino::Utf8Path;
use tomee_harness::config::own;
use tomee_harness::lint::app::read_archives;
use tomee_harness::lint::{AppFiles, Input, NodeFiles, Versions};

use super::base::{Files, base, conf, sorted, unpacked};
use crate::exit::Failure;

/// What was given beside the nodes.
#[derive(Default)]
struct Others {
    apps: Vec<(AppFiles, bool)>,
    files: Vec<(String, Vec<u8>)>,
    contexts: Vec<(String, Vec<u8>)>,
}

/// One input for the nodes that have names, and one for each other server.
pub(super) fn inputs(
    files: &Files,
    paths: &[String],
    versions: Option<Versions>,
    define: &[(String, String)],
) -> Result<Vec<Input>, Failure> {
    let mut others = Others::default();
    let mut named = vec![];
    let mut single = vec![];
    for given in paths {
        match node_name(given) {
            Some((name, path)) => of_node(files, name, path, &mut named, &mut others)?,
            None => match anything(files, Utf8Path::new(given), &mut others)? {
                Found::Node(node) => single.push(*node),
                Found::Cluster(nodes) => named.extend(nodes),
                Found::Other => {}
            },
        }
    }
    let mut groups: Vec<Vec<FoundNode>> = single.into_iter().map(|node| vec![node]).collect();
    if !named.is_empty() {
        groups.insert(0, named);
    }
    if groups.is_empty() {
        groups.push(vec![]);
    }
    let inputs = groups.into_iter().map(|nodes| {
        let mut input = Input::new();
        // The environment here may be that of one node, but not of each of several.
        let environment: BTreeMap<String, String> =
            if nodes.len() == 1 { std::env::vars_os().filter_map(text).collect() } else { BTreeMap::new() };
        let is_alone = nodes.len() == 1;
        let mut apps: Vec<FoundApp> = vec![];
        if nodes.is_empty() && !others.contexts.is_empty() {
            input.add_node(NodeFiles { name: "node".to_owned(), ..NodeFiles::default() }.with(&others.contexts));
        }
        for (node, found) in nodes {
            let name = node.name.clone();
            let node = NodeFiles {
                versions: versions.or(node.versions),
                properties: own::properties_of(&name, define.iter().map(|(name, value)| (name, value))),
                environment: environment.clone(),
                ..node
            };
            input.add_node(node.with(&others.contexts));
            for (app, is_explicit) in found {
                // What is the same on several nodes is one app.
                match apps.iter_mut().find(|other| other.is_as(&app)) {
                    Some(other) => other.nodes.push(name.clone()),
                    None => apps.push(FoundApp { app, is_explicit, nodes: vec![name.clone()] }),
                }
            }
        }
        apps.sort_by(|a, b| short_name(&a.app).cmp(short_name(&b.app)));
        for FoundApp { app, is_explicit, nodes } in apps {
            input.add_app_of(app, is_explicit, if is_alone { vec![] } else { nodes });
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

/// A variable of the environment that is text.
fn text((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// Something of a node by its name: its server, an app, a context.
fn of_node(
    files: &Files,
    name: &str,
    path: &Utf8Path,
    named: &mut Vec<FoundNode>,
    others: &mut Others,
) -> Result<(), Failure> {
    let mut own = Others::default();
    let found = anything(files, path, &mut own)?;
    let known = named.iter().position(|(node, _)| node.name == name);
    let (before, mut apps) = known.map(|at| named.remove(at)).unwrap_or_default();
    let mut node = match found {
        Found::Node(_) if before.files.contains_key("conf/server.xml") => {
            return Err(Failure::usage(format!("{name} is given twice, with two servers")));
        }
        Found::Node(found) => {
            let (mut node, more) = *found;
            apps.extend(more);
            node.files.extend(before.files);
            node.names.extend(before.names);
            node
        }
        Found::Cluster(nodes) => {
            let count = nodes.len();
            return Err(Failure::usage(format!("{path} has {count} nodes, expected the files of {name} alone")));
        }
        Found::Other => before,
    };
    node = node.with(&own.contexts);
    name.clone_into(&mut node.name);
    apps.extend(own.apps);
    others.files.extend(own.files);
    named.insert(known.unwrap_or(named.len()), (node, apps));
    Ok(())
}

/// A node with the apps in it, and whether somebody named them.
type FoundNode = (NodeFiles, Vec<(AppFiles, bool)>);

/// An app, and the nodes that have it.
struct FoundApp {
    app: AppFiles,
    is_explicit: bool,
    nodes: Vec<String>,
}

impl FoundApp {
    fn is_as(&self, app: &AppFiles) -> bool {
        (short_name(&self.app), &self.app.files, &self.app.jars) == (short_name(app), &app.files, &app.jars)
    }
}

/// The name of an app without folders.
fn short_name(app: &AppFiles) -> &str {
    app.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// What a path is.
enum Found {
    Node(Box<FoundNode>),
    /// A folder with a folder for each node.
    Cluster(Vec<FoundNode>),
    /// It is put beside the nodes.
    Other,
}

/// A server, the nodes of a cluster, or else something that is put beside the nodes.
fn anything(files: &Files, path: &Utf8Path, others: &mut Others) -> Result<Found, Failure> {
    if fs_err::metadata(path).map_err(Failure::usage)?.is_dir() {
        return folder(files, path, others);
    }
    let mut start = [0; 4];
    let read = fs_err::File::open(path).and_then(|mut file| file.read(&mut start)).map_err(Failure::usage)?;
    let is_archive = matches!(path.extension(), Some("war" | "ear" | "jar" | "zip"));
    if is_archive || start[..read].starts_with(b"PK") {
        let file = std::io::BufReader::new(fs_err::File::open(path).map_err(Failure::usage)?);
        let apps = read_archives(path.as_str(), file).map_err(|error| Failure::usage(format!("{path}: {error}")))?;
        others.apps.extend(apps.into_iter().map(|app| (app, true)));
        return Ok(Found::Other);
    }
    let bytes = files.small(path)?;
    let name = path.file_name().unwrap_or_default();
    if !name.ends_with(".xml")
        && !name.contains(".xml.")
        && name != "server.xml"
        && (!bytes.trim_ascii_start().starts_with(b"<") || is_httpds(path))
    {
        others.files.push((path.to_string(), bytes));
        return Ok(Found::Other);
    }
    match root(&bytes).as_deref() {
        Some("Context") => {
            others.contexts.push((path.to_string(), bytes));
            Ok(Found::Other)
        }
        Some("web-app") => {
            let app = AppFiles {
                name: path.to_string(),
                files: BTreeMap::from([(String::new(), bytes)]),
                ..AppFiles::default()
            };
            others.apps.push((app, true));
            Ok(Found::Other)
        }
        Some(root) if !matches!(root, "Server" | "Service" | "Engine" | "Host" | "Cluster") => Err(Failure::usage(
            format!("{path} is a <{root}>, expected a <Server> or a part of one, <Context> or <web-app>"),
        )),
        _ => {
            let mut node = NodeFiles { name: path.to_string(), ..NodeFiles::default() };
            node.names.insert("conf/server.xml".to_owned(), path.to_string());
            node.files.insert("conf/server.xml".to_owned(), bytes);
            Ok(Found::Node(Box::new((node, vec![]))))
        }
    }
}

/// Whether it is a configuration of httpd, which may begin with `<VirtualHost>`.
fn is_httpds(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("conf" | "cfg"))
}

/// The name of the root element; `None` where the file is no XML, which is reported when it is read.
fn root(bytes: &[u8]) -> Option<String> {
    let document = tomee_harness::config::read::Document::read(bytes).ok()?;
    Some(document.root().local_name().to_owned())
}

fn folder(files: &Files, path: &Utf8Path, others: &mut Others) -> Result<Found, Failure> {
    if path.join("WEB-INF").is_dir() {
        others.apps.push((unpacked(files, path)?, true));
        return Ok(Found::Other);
    }
    if let Some(node) = node_folder(files, path)? {
        return Ok(Found::Node(Box::new(node)));
    }
    let mut nodes = vec![];
    for inner in sorted(path).into_iter().filter(|inner| inner.is_dir()) {
        if let Some((node, apps)) = node_folder(files, &inner)? {
            nodes.push((NodeFiles { name: inner.file_name().unwrap_or_default().to_owned(), ..node }, apps));
        }
    }
    if nodes.is_empty() {
        return Err(Failure::usage(format!(
            "no server.xml found in {path}, expected a CATALINA_BASE, a conf folder, a server.xml, a folder of these, or an app"
        )));
    }
    Ok(Found::Cluster(nodes))
}

/// A `CATALINA_BASE` or a `conf` folder.
fn node_folder(files: &Files, path: &Utf8Path) -> Result<Option<FoundNode>, Failure> {
    if path.join("conf/server.xml").is_file() {
        let (node, apps) = base(files, path)?;
        return Ok(Some((node, apps.into_iter().map(|app| (app, false)).collect())));
    }
    if path.join("server.xml").is_file() {
        let mut node = NodeFiles { name: path.to_string(), ..NodeFiles::default() };
        conf(files, path, &format!("{path}/"), &mut node)?;
        return Ok(Some((node, vec![])));
    }
    Ok(None)
}
