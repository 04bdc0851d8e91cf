//! A file that is linted.

use crate::config::read::Document;

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
    /// Whether it is a class file: a place in it is the number of a line of its source, 0 where that is not known.
    pub is_class: bool,
    /// The node that it is of, by name, where it is of one.
    pub node: Option<String>,
}

impl SourceFile {
    /// A file of which nothing but the name is kept.
    pub(super) fn named(name: String, is_class: bool) -> Self {
        Self { name, text: String::new(), bytes: vec![], document: None, is_class, node: None }
    }

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
        if self.is_class {
            return (offset.max(1), 1);
        }
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}
