//! What the files of an app say.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Cursor;

use super::archive::AppFiles;
use super::classes::Classes;
use super::entry::{FRAGMENT, fragment};
use super::{App, ClassFacts};
use crate::config::read::Element;
use crate::lint::{Input, SourceFile};

impl App {
    pub(in crate::lint) fn new(input: &mut Input, files: AppFiles, is_explicit: bool, nodes: Vec<String>) -> Self {
        let AppFiles { name, files, beside, jars, has_web } = files;
        let file_name = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let base_name = file_name.strip_suffix(".war").unwrap_or(file_name).split("##").next().unwrap_or_default();
        // What every node has is held against nothing; nodes come before apps.
        let is_compared = !nodes.is_empty() && input.nodes.iter().any(|node| !nodes.contains(&node.name));
        let mut app = Self {
            base_name: base_name.to_owned(),
            name: name.clone(),
            is_explicit,
            contents: if is_compared { contents(&files, jars) } else { BTreeMap::new() },
            nodes,
            web: None,
            place: input.files.len(),
            has_web: has_web || files.contains_key("WEB-INF/web.xml"),
            context: None,
            fragments: vec![],
            classes: ClassFacts::default(),
        };
        let separator = if file_name.ends_with(".war") { "!/" } else { "/" };
        let prefix = format!("{}{separator}", name.trim_end_matches('/'));
        let mut classes = Classes::new(is_compared);
        for (path, bytes) in files {
            let full = if path.is_empty() { name.clone() } else { format!("{prefix}{path}") };
            if path.ends_with(".class") || path.ends_with("/beans.xml") {
                classes.add(full, bytes);
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
        for (full, bytes) in beside {
            classes.add(full, bytes);
        }
        if input.files.len() == app.place {
            // Nothing of it is said by a file of its own.
            input.files.push(SourceFile::named(name, false));
        }
        app.classes = ClassFacts::read(&mut input.files, classes);
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
        known.contains(&self.base_name.as_str())
            || self.web(input).is_some_and(is_default_web)
            || display.is_some_and(|name| welcome.contains(&name))
    }
}

/// Whether a web.xml is the one that a server gives to every app, and of no app: it declares the servlets for files and
/// for JSP by the server's own classes.
pub(in crate::lint) fn is_default_web(web: Element<'_>) -> bool {
    let servlets = || web.children().filter(|element| element.local_name() == "servlet");
    let has_servlet = |name: &str| {
        servlets().any(|servlet| {
            let class = child(servlet, "servlet-class").map_or("", Element::text);
            let is_servers = ["org.apache.catalina.", "org.apache.jasper.", "org.eclipse.jetty.", "org.mortbay.jetty."];
            child(servlet, "servlet-name").map(Element::text) == Some(name)
                && is_servers.iter().any(|package| class.starts_with(package))
        })
    };
    has_servlet("default") && has_servlet("jsp")
}

/// The entries of an app, each with a number that stands for what is in it.
fn contents(files: &BTreeMap<String, Vec<u8>>, jars: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let number = |bytes: &Vec<u8>| {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        hasher.finish()
    };
    let files = files.iter().filter(|(path, _)| !path.contains(".jar"));
    files.map(|(path, bytes)| (path.clone(), number(bytes))).chain(jars).collect()
}

/// A child of an element by its name without a prefix.
pub(in crate::lint) fn child<'d>(element: Element<'d>, name: &str) -> Option<Element<'d>> {
    element.children().find(|child| child.local_name() == name)
}

/// A part of an app's `<cookie-config>`.
pub(in crate::lint) fn cookie<'d>(web: Element<'d>, name: &str) -> Option<Element<'d>> {
    child(child(child(web, "session-config")?, "cookie-config")?, name)
}

/// Whether there is such a child.
pub(in crate::lint) fn has(element: Element<'_>, name: &str) -> bool {
    child(element, name).is_some()
}
