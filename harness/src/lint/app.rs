//! A web application: an archive or a folder.

mod archive;
mod classes;
mod entry;
mod files;
mod jars;

use std::collections::BTreeMap;

pub use archive::{AppFiles, is_wanted, read_archive, read_archives};
pub use classes::{ClassFacts, Lambda, MapBySession, Stored, Stranger};
pub(super) use classes::{is_broken, is_view};
pub use entry::{AppError, entry, fragment};
pub(super) use files::{child, cookie, has, is_default_web};
pub use jars::{Jars, Own};

/// A web application.
#[derive(Debug)]
pub struct App {
    /// Its archive or folder.
    pub name: String,
    /// Whether the user named it, or it was found in a node's `appBase`.
    pub is_explicit: bool,
    /// Its name in the context path: `shop` of `shop.war`, `shop##2.war` and `shop/`.
    pub base_name: String,
    /// The nodes that have it, by name; none where it is of all.
    pub nodes: Vec<String>,
    /// Its entries, each with a number that is another one where the entry is.
    pub(super) contents: BTreeMap<String, u64>,
    pub(super) web: Option<usize>,
    pub(super) has_web: bool,
    pub(super) place: usize,
    pub(super) context: Option<usize>,
    /// `web-fragment.xml` of its jars.
    pub(super) fragments: Vec<(String, usize)>,
    /// What its class files say.
    pub classes: ClassFacts,
}

impl App {
    /// Whether it has a web.xml, readable or not.
    pub fn has_web(&self) -> bool {
        self.has_web
    }

    /// Where it is on its node: its file, with its version, and its folder, unless somebody named it.
    pub(super) fn place_on_node(&self) -> &str {
        let path = self.name.trim_end_matches('/');
        let path = path.strip_suffix(".war").unwrap_or(path);
        let parts = if self.is_explicit { 1 } else { 2 };
        let start = path.rmatch_indices('/').nth(parts - 1).map_or(0, |(at, _)| at + 1);
        &path[start..]
    }

    /// Whether a node has it.
    pub fn is_on(&self, node: &str) -> bool {
        self.nodes.is_empty() || self.nodes.iter().any(|name| name == node)
    }

    /// Whether no node has both.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        !self.nodes.is_empty() && !other.nodes.is_empty() && !self.nodes.iter().any(|node| other.is_on(node))
    }

    /// The first of its files.
    pub(super) fn file(&self) -> usize {
        self.place
    }
}
