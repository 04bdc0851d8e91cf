//! Jars of an app: `web-fragment.xml` of each, and the classes of those that are the app's own.
//!
//! A jar is the app's own if a class of it has an owner that `WEB-INF/classes` or web.xml has, too, or if it was built by
//! the Maven group of the app. Where the app has no class but in jars, those count that have to do with sessions and are
//! of no well-known library. Nothing of a jar is unpacked but what is read.

mod package;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::entry::{AppError, FRAGMENT, MOST_KEPT, bytes, names};
use crate::config::read::{Document, Element};
use package::{is_library, owner, part};

/// The beans.xml of a jar.
const BEANS: &str = "META-INF/beans.xml";

/// What the own classes of an app are known by.
#[derive(Debug, Clone, Default)]
pub struct Own {
    packages: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Own {
    /// Takes what the entries of an app and its web.xml say of its own classes.
    pub fn add_app<'n>(&mut self, entries: impl Iterator<Item = &'n str> + Clone, web_xml: Option<&[u8]>) {
        let classes =
            entries.clone().filter_map(|path| path.strip_prefix("WEB-INF/classes/")).filter(|it| is_class(it));
        let all: BTreeSet<&str> = classes.filter(|class| class.contains('/')).collect();
        // An app may be a library's own, or lie in its package; a class of a library beside those of an app replaces it.
        let owners: BTreeSet<&str> = all.iter().filter(|class| !is_library(class)).filter_map(|it| owner(it)).collect();
        let is_library_s = owners.is_empty();
        let parts = all.iter().filter(|_| is_library_s).filter_map(|class| part(class, 3));
        self.packages.extend(owners.iter().copied().chain(parts).map(str::to_owned));
        self.add_named(web_xml);
        self.groups.extend(groups(entries));
    }

    /// Takes the classes that a web.xml names.
    fn add_named(&mut self, web_xml: Option<&[u8]>) {
        let Some(document) = web_xml.and_then(|bytes| Document::read(bytes).ok()) else { return };
        let named = document.elements().filter(|element| element.local_name().ends_with("-class")).map(Element::text);
        let named: Vec<String> = named.map(|class| class.trim().replace('.', "/")).collect();
        self.packages
            .extend(named.iter().filter(|class| !is_library(class)).filter_map(|it| owner(it)).map(str::to_owned));
    }

    /// Takes a module of an enterprise archive, whose classes are of the app if they are of no library.
    pub(super) fn add_module(&mut self, jar: impl Read + Seek) {
        let Ok(jar) = zip::ZipArchive::new(jar) else { return };
        let names = names(&jar);
        let classes = names.iter().filter(|name| is_class(name) && !is_library(name));
        self.packages.extend(classes.filter_map(|class| owner(class)).map(str::to_owned));
    }

    /// Takes what another app of the same archive is known by.
    pub(super) fn extend(&mut self, other: Self) {
        self.packages.extend(other.packages);
        self.groups.extend(other.groups);
    }

    fn has(&self, class: &str) -> bool {
        self.packages.iter().any(|package| class.starts_with(package.as_str()))
    }
}

/// The jars of an app, as they are read.
#[derive(Debug, Default)]
pub struct Jars {
    own: Own,
    files: BTreeMap<String, Vec<u8>>,
    kept: usize,
    /// Whose classes each jar has, where nobody knows yet which are the app's own.
    open: BTreeMap<String, BTreeSet<String>>,
    /// Of those, who has to do with sessions.
    storing: BTreeSet<String>,
}

impl Jars {
    /// Jars of an app whose own classes are known by this.
    pub fn of(own: Own) -> Self {
        Self { own, ..Self::default() }
    }

    /// Reads what matters of a jar. One that is no archive is left out.
    ///
    /// # Errors
    /// The app's own classes are more than is kept in memory.
    pub fn add(&mut self, path: &str, jar: impl Read + Seek) -> Result<(), AppError> {
        let Ok(mut jar) = zip::ZipArchive::new(jar) else { return Ok(()) };
        self.take(path, &mut jar, FRAGMENT)?;
        let mut classes = names(&jar);
        let is_of_group = groups(classes.iter().map(String::as_str)).any(|group| self.own.groups.contains(&group));
        classes.retain(|name| is_class(name) && name.contains('/'));
        let is_own = |class: &str| self.own.has(class) || is_of_group && !is_library(class);
        if !classes.iter().any(|class| is_own(class)) {
            if self.own.packages.is_empty() {
                classes.retain(|class| !is_library(class));
                self.ask_for_sessions(path, &mut jar, &classes);
            }
            return Ok(());
        }
        classes.retain(|class| is_own(class));
        self.take(path, &mut jar, BEANS)?;
        classes.iter().try_for_each(|class| self.take(path, &mut jar, class))
    }

    /// Jars to be added again: only when all were read it is known that they are the app's own.
    pub fn again(&mut self) -> Vec<String> {
        let storing = std::mem::take(&mut self.storing);
        let open = std::mem::take(&mut self.open);
        let again =
            open.into_iter().filter(|(_, owners)| !owners.is_disjoint(&storing)).map(|(path, _)| path).collect();
        self.own.packages.extend(storing);
        again
    }

    /// What was read, by its path in the app, and what the app's own classes are known by.
    pub fn into_parts(self) -> (BTreeMap<String, Vec<u8>>, Own) {
        (self.files, self.own)
    }

    /// Notes whose classes a jar has, and which owners put something into sessions.
    fn ask_for_sessions(&mut self, path: &str, jar: &mut zip::ZipArchive<impl Read + Seek>, classes: &[String]) {
        for class in classes {
            let Some(owner) = owner(class).filter(|owner| !self.storing.contains(*owner)) else { continue };
            if bytes(jar, class).is_some_and(|bytes| concerns_sessions(&bytes)) {
                self.storing.insert(owner.to_owned());
            }
        }
        let owners = classes.iter().filter_map(|class| owner(class)).map(str::to_owned);
        self.open.insert(path.to_owned(), owners.collect());
    }

    fn take(&mut self, path: &str, jar: &mut zip::ZipArchive<impl Read + Seek>, name: &str) -> Result<(), AppError> {
        if let Some(bytes) = bytes(jar, name) {
            self.kept += bytes.len();
            if self.kept > MOST_KEPT {
                return Err(AppError::TooLarge);
            }
            self.files.insert(format!("{path}!/{name}"), bytes);
        }
        Ok(())
    }
}

/// Whether an entry of a jar is a class that every version of Java loads.
fn is_class(name: &str) -> bool {
    name.ends_with(".class") && !name.starts_with("META-INF/")
}

/// The Maven groups that an archive says it was built by.
fn groups<'n>(entries: impl Iterator<Item = &'n str>) -> impl Iterator<Item = String> {
    let named = entries.filter_map(|path| path.strip_prefix("META-INF/maven/")?.split_once('/'));
    named
        .map(|(group, _)| group.to_owned())
        .filter(|group| !group.is_empty() && !is_library(&format!("{}/", group.replace('.', "/"))))
}

/// Whether a class file has the names of what puts something into a session.
fn concerns_sessions(class: &[u8]) -> bool {
    let has = |name: &[u8]| class.windows(name.len()).any(|part| part == name);
    has(b"SessionScope") || has(b"servlet/http/HttpSession") && (has(b"setAttribute") || has(b"putValue"))
}

#[cfg(test)]
mod tests;
