//! A web application: an archive or a folder.

mod archive;
mod classes;
mod files;

pub use archive::{AppError, AppFiles, entry, fragment, is_wanted, read_archive, read_archives};
pub(super) use classes::is_broken;
pub use classes::{ClassFacts, Lambda, MapBySession, Stored};
pub(super) use files::{child, has};

/// A web application.
#[derive(Debug)]
pub struct App {
    /// Its archive or folder.
    pub name: String,
    /// Whether the user named it, or it was found in a node's `appBase`.
    pub is_explicit: bool,
    /// Its name in the context path: `shop` of `shop.war`, `shop##2.war` and `shop/`.
    pub base_name: String,
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

    /// The first of its files.
    pub(super) fn file(&self) -> usize {
        self.place
    }
}
