//! What is linted: files by name, sorted into nodes and apps.

use std::collections::BTreeMap;

use super::app::App;
use super::source_file::SourceFile;
use super::{Node, Versions};
use crate::config::read::{Document, Element, Encoded, Properties, ReadError};

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
    /// Folders of its configuration that are reached by a link, each as it is written and where it is.
    pub real_folders: BTreeMap<String, String>,
    /// Files and folders of the base that could not be read, each with the reason.
    pub unread: Vec<String>,
    /// What runs it, if the caller knows.
    pub versions: Option<Versions>,
    /// Properties from the command line.
    pub properties: Properties,
    /// Variables of the environment that it runs in, where the caller knows: read where `EnvironmentPropertySource` is set.
    pub environment: Properties,
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
        self.files.push(SourceFile { text, ..SourceFile::named(name.to_owned(), false) });
    }

    /// Reads one XML file; `None` where it is none, which is noted.
    pub(super) fn add_xml(&mut self, name: &str, bytes: Vec<u8>, properties: Option<&Properties>) -> Option<usize> {
        let file = self.files.len();
        match Document::read(&bytes) {
            Ok(document) => {
                let mut document = document.of_file(file);
                document.substitute(properties.unwrap_or(&Properties::new()));
                let document = Some(document);
                self.files.push(SourceFile { bytes, document, ..SourceFile::named(name.to_owned(), false) });
                Some(file)
            }
            Err(error) => {
                let text = Encoded::readable(&bytes);
                self.unreadable.push(Unreadable { name: name.to_owned(), text, error });
                None
            }
        }
    }

    /// The tree of a file that is XML.
    pub(super) fn document(&self, file: usize) -> Option<&Document> {
        self.files.get(file)?.document.as_ref()
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

/// Folders of a server.xml or context.xml in which the caller finds more.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// The `appBase` of each Host.
    pub app_bases: Vec<String>,
    /// The `xmlBase` of each Host that has one, with the names of its Engine and of itself.
    pub xml_bases: Vec<(String, String, String)>,
    /// The `docBase` of each Context.
    pub doc_bases: Vec<String>,
    /// `tempDir`, `deployDir` and `watchDir` of each Deployer.
    pub farm: Vec<String>,
}

/// Where the caller finds apps and more contexts. Placeholders that the properties do not know name nothing.
pub fn folders(xml: &[u8], properties: &Properties) -> Folders {
    let Ok(mut document) = Document::read(xml) else { return Folders::default() };
    document.substitute(properties);
    let mut found = Folders::default();
    let has_cluster = |element: Element<'_>| element.child("Cluster").is_some();
    let is_cluster = document.elements().any(has_cluster);
    let is_served = |host: Element<'_>| !is_cluster || has_cluster(host) || host.parent().is_some_and(has_cluster);
    for element in document.elements() {
        if element.name() == "Deployer" {
            let named = ["tempDir", "deployDir", "watchDir"].into_iter().filter_map(|name| element.value(name));
            found.farm.extend(named.map(|folder| folder.trim().to_owned()));
        }
        let host =
            if element.name() == "Host" { Some(element) } else { element.parent().filter(|it| it.name() == "Host") };
        // The apps of a Host without a cluster, beside one with, are local on purpose.
        if host.is_some_and(|host| !is_served(host)) {
            continue;
        }
        match element.name() {
            "Host" => {
                found.app_bases.extend(element.value_or("appBase", "webapps").map(str::to_owned));
                let engine = element.parent().and_then(|engine| engine.value("name")).unwrap_or("Catalina");
                let host = element.value("name").unwrap_or("localhost");
                let named = |base: &str| (engine.to_owned(), host.to_owned(), base.to_owned());
                found.xml_bases.extend(element.value("xmlBase").map(named));
            }
            "Context" => found.doc_bases.extend(element.value("docBase").map(str::to_owned)),
            _ => {}
        }
    }
    found.app_bases.sort();
    found.app_bases.dedup();
    found
}
