//! What is linted: files by name, sorted into nodes and apps.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::app::{App, AppError, read_archive};
use super::{Node, Versions};
use crate::config::read::{Document, Properties, ReadError, read_properties};

/// A file of the input.
#[derive(Debug)]
pub struct SourceFile {
    /// Its name as the user knows it: a path, or `shop.war!/WEB-INF/web.xml`.
    pub name: String,
    /// Its text, where it is no XML.
    pub text: String,
    /// Its bytes as they were, where it can be fixed.
    pub bytes: Vec<u8>,
    /// Its tree, where it is XML.
    pub document: Option<Document>,
}

impl SourceFile {
    /// The decoded text.
    pub fn text(&self) -> &str {
        self.document.as_ref().map_or(&self.text, Document::text)
    }

    /// The name without folders.
    pub fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// Line and column of a place.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        if let Some(document) = &self.document {
            return document.position(offset);
        }
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

/// A file that could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Its name.
    pub name: String,
    /// Its text as far as it could be decoded, to show the place.
    pub text: String,
    /// Why.
    pub error: ReadError,
}

/// The files of one node, as the caller found them.
#[derive(Debug, Default)]
pub struct NodeFiles {
    /// `n1`, or the path.
    pub name: String,
    /// What stands before each file's name: `n1/`.
    pub prefix: String,
    /// Files by their path below `CATALINA_BASE`, as in `conf/server.xml`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What a file is called where that is not its path behind the prefix.
    pub names: BTreeMap<String, String>,
    /// All files and folders of the base by path, with the device of each; `None` where the base was not given.
    pub listing: Option<BTreeMap<String, u64>>,
    /// The path of the base.
    pub base: Option<String>,
    /// What runs it, if the caller knows.
    pub versions: Option<Versions>,
    /// Properties from the command line.
    pub properties: Properties,
}

/// An app's archive or folder, as the caller found it.
#[derive(Debug, Clone, Default)]
pub struct AppFiles {
    /// The path or name of the archive.
    pub name: String,
    /// Its entries that matter, by their path in it: see [`super::app::is_wanted`].
    pub files: BTreeMap<String, Vec<u8>>,
}

/// All that is linted together.
#[derive(Debug, Default)]
pub struct Input {
    /// Every file.
    pub files: Vec<SourceFile>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The apps that were given beside the nodes, and those in the nodes.
    pub apps: Vec<App>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Files that are neither server nor app: manifests, configurations of load balancers.
    pub others: Vec<usize>,
}

impl Input {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file that is neither of a node nor of an app.
    pub fn add_other(&mut self, name: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.others.push(self.files.len());
        self.files.push(SourceFile { name: name.to_owned(), text, bytes: vec![], document: None });
    }

    /// Adds a node.
    pub fn add_node(&mut self, files: NodeFiles) {
        let NodeFiles { name, prefix, files, names, listing, base, versions, properties } = files;
        let mut known = Properties::new();
        if let Some(base) = &base {
            known.insert("catalina.base".to_owned(), base.clone());
        }
        for path in ["conf/catalina.properties", "conf/system.properties"] {
            known.extend(files.get(path).map(|bytes| read_properties(bytes)).unwrap_or_default());
        }
        let tomee = files.get("conf/system.properties").map(|bytes| read_properties(bytes)).unwrap_or_default();
        let scripts: Vec<String> = files
            .iter()
            .filter(|(path, _)| path.starts_with("bin/setenv."))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        let mut given: Properties = scripts.iter().flat_map(|text| super::node::java_options(text)).collect();
        given.extend(properties);
        known.extend(given.clone());
        let found = files.get("version.txt").and_then(|bytes| std::str::from_utf8(bytes).ok()?.trim().parse().ok());
        let mut node = Node::new(name, versions.or(found).unwrap_or(Versions::ANY), listing, base);
        (node.given, node.tomee, node.scripts) = (given, tomee, scripts);
        for (path, bytes) in files {
            if path.ends_with(".xml") && !is_other_xml(&path) {
                let file = self.add_xml(names.get(&path).unwrap_or(&format!("{prefix}{path}")), bytes, Some(&known));
                if let Some(file) = file {
                    node.add(self, &path, file);
                }
            }
        }
        if node.versions.is_unknown() {
            node.infer_versions(self);
        }
        self.nodes.push(node);
    }

    /// Adds an app, for the nodes of the input or for itself.
    pub fn add_app(&mut self, files: AppFiles, is_explicit: bool) {
        let app = App::new(self, files, is_explicit);
        self.apps.push(app);
    }

    /// Adds an app's archive.
    ///
    /// # Errors
    /// It is no archive, or cannot be read.
    pub fn add_archive(&mut self, name: &str, archive: impl Read + Seek, is_explicit: bool) -> Result<(), AppError> {
        let files = read_archive(name, archive)?;
        self.add_app(files, is_explicit);
        Ok(())
    }

    /// Reads one XML file; `None` where it is none, which is noted.
    pub(super) fn add_xml(&mut self, name: &str, bytes: Vec<u8>, properties: Option<&Properties>) -> Option<usize> {
        let file = self.files.len();
        match Document::read(&bytes) {
            Ok(document) => {
                let mut document = document.of_file(file);
                document.substitute(properties.unwrap_or(&Properties::new()));
                let document = Some(document);
                self.files.push(SourceFile { name: name.to_owned(), text: String::new(), bytes, document });
                Some(file)
            }
            Err(error) => {
                let text = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
                self.unreadable.push(Unreadable { name: name.to_owned(), text, error });
                None
            }
        }
    }

    /// The tree of a file that is XML.
    pub(super) fn document(&self, file: usize) -> Option<&Document> {
        self.files.get(file)?.document.as_ref()
    }

    /// Every cluster of every node.
    pub fn clusters(&self) -> impl Iterator<Item = super::Cluster<'_>> {
        self.nodes.iter().flat_map(|node| node.clusters(self))
    }

    /// The clusters that belong together: the first of each node, the second of each node, and so on.
    pub fn groups(&self) -> Vec<Vec<super::Cluster<'_>>> {
        let all: Vec<Vec<super::Cluster<'_>>> = self.nodes.iter().map(|node| node.clusters(self)).collect();
        let most = all.iter().map(Vec::len).max().unwrap_or_default();
        (0..most).map(|index| all.iter().filter_map(|clusters| clusters.get(index).copied()).collect()).collect()
    }

    /// Whether the text of a file that is no XML has a word, and where.
    pub fn find_in_others(&self, word: &str) -> Vec<(usize, std::ops::Range<usize>)> {
        let found = self.others.iter().filter_map(|file| {
            let at = self.files[*file].text.find(word)?;
            Some((*file, at..at + word.len()))
        });
        found.collect()
    }
}

/// Files of `conf/` that no rule reads.
fn is_other_xml(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(
        name,
        "tomcat-users.xml" | "jaspic-providers.xml" | "tomee.xml" | "openejb.xml" | "logback.xml" | "log4j2.xml"
    )
}

/// The `appBase` of each Host in a server.xml: where the caller finds apps.
pub fn app_bases(server_xml: &[u8]) -> Vec<String> {
    let Ok(document) = Document::read(server_xml) else { return vec![] };
    let hosts = document.elements().filter(|element| element.name() == "Host");
    let mut bases: Vec<String> =
        hosts.filter_map(|host| host.value_or("appBase", "webapps").map(str::to_owned)).collect();
    bases.sort();
    bases.dedup();
    bases
}
