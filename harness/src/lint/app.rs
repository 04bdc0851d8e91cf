//! A web application: an archive or a folder.

mod classes;

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

use super::{AppFiles, Input, SourceFile};
use crate::config::read::Element;

pub use classes::ClassFacts;

/// An archive that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// It is no zip archive.
    #[error("not a web archive")]
    Zip(#[from] zip::result::ZipError),
    /// An entry cannot be read.
    #[error("reading an entry of the archive")]
    Io(#[from] std::io::Error),
}

/// A larger entry of an archive is not read.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// A web application.
#[derive(Debug)]
pub struct App {
    /// Its archive or folder.
    pub name: String,
    /// Whether the user named it, or it was found in a node's `appBase`.
    pub is_explicit: bool,
    /// Its name in the context path: `shop` of `shop.war`, `shop##2.war` and `shop/`.
    pub base_name: String,
    web: Option<usize>,
    has_web: bool,
    place: usize,
    context: Option<usize>,
    /// `web-fragment.xml` of its jars.
    fragments: Vec<(String, usize)>,
    /// What its class files say.
    pub classes: ClassFacts,
}

/// Whether an entry of an archive says anything to a rule: descriptors, jars and classes.
pub fn is_wanted(path: &str) -> bool {
    let is_jar = path.strip_prefix("WEB-INF/lib/").is_some_and(|name| name.ends_with(".jar") && !name.contains('/'));
    let is_class = path.starts_with("WEB-INF/classes/") && path.ends_with(".class");
    matches!(path, "WEB-INF/web.xml" | "META-INF/context.xml") || is_jar || is_class
}

/// Whether an entry of a jar in `WEB-INF/lib` says anything to a rule.
const FRAGMENT: &str = "META-INF/web-fragment.xml";

/// Reads what matters out of a web archive.
///
/// # Errors
/// It is no archive, or cannot be read.
pub fn read_archive(name: &str, archive: impl Read + Seek) -> Result<AppFiles, AppError> {
    let mut archive = zip::ZipArchive::new(archive)?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        let is_jar = path.ends_with(".jar");
        if is_wanted(&path) && entry.size() <= if is_jar { MOST_BYTES * 16 } else { MOST_BYTES } {
            let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
            entry.read_to_end(&mut bytes)?;
            if !is_jar {
                files.insert(path, bytes);
            } else if let Some(fragment) = fragment(Cursor::new(&bytes)) {
                files.insert(format!("{path}!/{FRAGMENT}"), fragment);
            }
        }
    }
    Ok(AppFiles { name: name.to_owned(), files })
}

/// The web-fragment.xml of a jar, if it has one.
pub fn fragment(jar: impl Read + Seek) -> Option<Vec<u8>> {
    let mut jar = zip::ZipArchive::new(jar).ok()?;
    let entry = jar.by_name(FRAGMENT).ok()?;
    let mut bytes = vec![];
    entry.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

impl App {
    pub(super) fn new(input: &mut Input, files: AppFiles, is_explicit: bool) -> Self {
        let AppFiles { name, files } = files;
        let file_name = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let base_name = file_name.strip_suffix(".war").unwrap_or(file_name).split("##").next().unwrap_or_default();
        let mut app = Self {
            base_name: base_name.to_owned(),
            name: name.clone(),
            is_explicit,
            web: None,
            place: input.files.len(),
            has_web: files.contains_key("WEB-INF/web.xml"),
            context: None,
            fragments: vec![],
            classes: ClassFacts::default(),
        };
        let separator = if file_name.ends_with(".war") { "!/" } else { "/" };
        let prefix = format!("{}{separator}", name.trim_end_matches('/'));
        let mut classes = vec![];
        for (path, bytes) in files {
            let full = if path.is_empty() { name.clone() } else { format!("{prefix}{path}") };
            if path.ends_with(".class") {
                classes.push((full, bytes));
            } else if path.ends_with(".jar") {
                if let Some(bytes) = fragment(Cursor::new(&bytes)) {
                    app.add_fragment(input, &path, &format!("{full}!/{FRAGMENT}"), bytes);
                }
            } else if path.ends_with(FRAGMENT) {
                app.add_fragment(input, path.split("!/").next().unwrap_or_default(), &full, bytes);
            } else if path.ends_with("web.xml") || path.is_empty() {
                app.has_web = true;
                app.web = input.add_xml(&full, bytes, None);
            } else if path.ends_with("context.xml") {
                app.context = input.add_xml(&full, bytes, None);
            }
        }
        if input.files.len() == app.place {
            // Nothing of it is said by a file of its own.
            input.files.push(SourceFile { name, text: String::new(), bytes: vec![], document: None });
        }
        app.classes = ClassFacts::read(input, classes);
        app
    }

    fn add_fragment(&mut self, input: &mut Input, jar: &str, name: &str, bytes: Vec<u8>) {
        if let Some(file) = input.add_xml(name, bytes, None) {
            let jar = jar.rsplit('/').next().unwrap_or_default();
            self.fragments.push((jar.to_owned(), file));
        }
    }

    /// The root of its web.xml.
    pub fn web<'i>(&self, input: &'i Input) -> Option<Element<'i>> {
        Some(input.document(self.web?)?.root())
    }

    /// Whether it has a web.xml, readable or not.
    pub fn has_web(&self) -> bool {
        self.has_web
    }

    /// The root of its context.xml.
    pub fn context<'i>(&self, input: &'i Input) -> Option<Element<'i>> {
        Some(input.document(self.context?)?.root())
    }

    /// The web-fragment.xml of each jar, with the jar's name.
    pub fn fragments<'i>(&self, input: &'i Input) -> Vec<(&str, Element<'i>)> {
        let roots = self.fragments.iter().filter_map(|(jar, file)| Some((jar.as_str(), input.document(*file)?.root())));
        roots.collect()
    }

    /// Whether web.xml has `<distributable/>`.
    pub fn is_distributable(&self, input: &Input) -> bool {
        self.web(input).is_some_and(|web| has(web, "distributable"))
    }

    /// Whether it comes with the server: the manager, the examples, the welcome page.
    pub fn is_stock(&self, input: &Input) -> bool {
        let known = ["docs", "examples", "host-manager", "manager", "tomee", "openejb"];
        let welcome = ["Welcome to Tomcat", "Welcome to Apache Tomcat", "TomEE"];
        let display = self.web(input).and_then(|web| child(web, "display-name")).map(Element::text);
        known.contains(&self.base_name.as_str()) || display.is_some_and(|name| welcome.contains(&name))
    }

    /// The first of its files.
    pub(super) fn file(&self) -> usize {
        self.place
    }
}

/// A child of an element by its name without a prefix.
pub(super) fn child<'d>(element: Element<'d>, name: &str) -> Option<Element<'d>> {
    element.children().find(|child| child.local_name() == name)
}

/// Whether there is such a child.
pub(super) fn has(element: Element<'_>, name: &str) -> bool {
    child(element, name).is_some()
}
