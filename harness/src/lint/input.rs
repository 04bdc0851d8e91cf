//! What is linted: files by name, sorted into nodes and apps.

use std::collections::BTreeMap;

use super::app::App;
use super::source_file::SourceFile;
use super::{Node, Versions};
use crate::config::read::{Document, Properties, ReadError};

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

    /// Whether the text of a file that is no XML has a word, and where.
    pub fn find_in_others(&self, word: &str) -> Vec<(usize, std::ops::Range<usize>)> {
        let found = self.others.iter().filter_map(|file| {
            let at = self.files[*file].text.find(word)?;
            Some((*file, at..at + word.len()))
        });
        found.collect()
    }
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
