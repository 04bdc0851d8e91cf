//! A node: one server with its configuration.

use std::collections::BTreeMap;

use super::{Version, Versions};
use crate::config::read::{Element, Properties};

/// The properties that name jars which `StandardJarScanFilter` leaves out, and those that it takes in any case.
pub(super) const JARS_TO_SKIP: &str = "tomcat.util.scan.StandardJarScanFilter.jarsToSkip";
pub(super) const JARS_TO_SCAN: &str = "tomcat.util.scan.StandardJarScanFilter.jarsToScan";
/// The source that is asked in any case.
const SYSTEM: &str = "SystemPropertySource";

/// Where a Context's configuration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// `conf/context.xml`: every app.
    Global,
    /// `conf/ENGINE/HOST/context.xml.default`: every app of a Host.
    Host(String),
    /// One app.
    App(String),
}

/// A Context element.
#[derive(Debug, Clone)]
pub struct Context<'i> {
    /// For which apps.
    pub scope: Scope,
    /// The name of its Host, where it is of one.
    pub host: Option<String>,
    /// The name of its Engine, where that is known.
    pub engine: Option<String>,
    /// The element.
    pub element: Element<'i>,
}

/// One server with its configuration.
#[derive(Debug)]
pub struct Node {
    /// `n1`, or the path that was given.
    pub name: String,
    /// What it runs on.
    pub versions: Versions,
    /// Its files and folders by path below the base, with their device; `None` where only configuration was given.
    pub listing: Option<BTreeMap<String, u64>>,
    /// The path of its base.
    pub base: Option<String>,
    /// Folders of its configuration that are reached by a link, each as it is written and where it is.
    pub real_folders: BTreeMap<String, String>,
    /// The jars that are not scanned, as catalina.properties has them.
    pub(super) jars_to_skip: Option<String>,
    /// The jars that are scanned in any case.
    pub(super) jars_to_scan: Option<String>,
    /// System properties from `bin/setenv.*` and the command line.
    pub given: Properties,
    /// `TomEE`'s system.properties.
    pub tomee: Properties,
    /// Files and folders that could not be read, each with the reason.
    pub unread: Vec<String>,
    /// The text of `bin/setenv.*`.
    pub scripts: Vec<String>,
    /// The classes that are asked for `${…}` before the system properties: `PROPERTY_SOURCE`.
    pub sources: Vec<String>,
    /// Its files of properties, by path.
    pub(super) properties: BTreeMap<String, usize>,
    /// Folders, below its base, of which `TomEE` deploys what is in them: `<Deployments dir>` of tomee.xml.
    pub deployments: Vec<String>,
    pub(super) server: Option<usize>,
    /// Every `<Cluster>` that Catalina reads, with its Engine and its Host: looked for once, and asked for by most rules.
    pub(super) clusters: Vec<(usize, usize, Option<usize>)>,
    pub(super) web: Option<usize>,
    pub(super) contexts: Vec<ContextFile>,
}

/// A file that is a Context, by its place below `conf`.
#[derive(Debug)]
pub(super) struct ContextFile {
    pub(super) scope: Scope,
    pub(super) file: usize,
    pub(super) engine: Option<String>,
    pub(super) host: Option<String>,
}

impl Node {
    pub(super) fn new(
        name: String,
        versions: Versions,
        listing: Option<BTreeMap<String, u64>>,
        base: Option<String>,
    ) -> Self {
        let (given, tomee) = (Properties::new(), Properties::new());
        Self {
            name,
            versions,
            listing,
            base,
            real_folders: BTreeMap::new(),
            jars_to_skip: None,
            jars_to_scan: None,
            given,
            tomee,
            unread: vec![],
            scripts: vec![],
            sources: vec![],
            properties: BTreeMap::new(),
            deployments: vec![],
            server: None,
            clusters: vec![],
            web: None,
            contexts: vec![],
        }
    }

    /// The source that may know what is unresolved here: the environment, or a class of somebody else's.
    pub fn other_source(&self) -> Option<&str> {
        self.sources.iter().map(|class| class.rsplit('.').next().unwrap_or(class)).find(|class| *class != SYSTEM)
    }

    /// Whether it has a server.xml.
    pub fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// The route of an Engine: its attribute, or the system property that counted up to Tomcat 10.0 (c3e33b6210).
    pub fn route<'i>(&'i self, engine: Element<'i>) -> Option<&'i str> {
        let own = engine.attribute("jvmRoute").map(|_| engine.value("jvmRoute"));
        own.unwrap_or_else(|| {
            let is_read = self.versions.since(Version(10, 1, 0)) != Some(true);
            is_read.then(|| self.given.get("jvmRoute").map(String::as_str)).flatten()
        })
    }

    /// Whether a folder exists below the base; `None` where nobody knows.
    pub fn has_folder(&self, path: &str) -> Option<bool> {
        self.device(path).map(|device| device.is_some())
    }

    /// The device of a folder below the base: `None` where nobody knows, `Some(None)` where there is no such folder.
    pub fn device(&self, path: &str) -> Option<Option<u64>> {
        let listing = self.listing.as_ref()?;
        let relative = self.relative(path).or_else(|| self.relative(self.real(path)))?;
        Some(listing.get(&relative).copied())
    }

    /// A path below the base as in the listing: without `./`, `a/../` and a trailing `/`; `None` outside of the base.
    pub fn relative(&self, path: &str) -> Option<String> {
        if is_of_windows(path) {
            return None;
        }
        let inner = match (&self.base, path.starts_with('/')) {
            (Some(base), true) => {
                path.strip_prefix(base.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?
            }
            (None, true) => return None,
            (_, false) => path,
        };
        let mut parts: Vec<&str> = vec![];
        for part in inner.replace('\\', "/").split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(inner.find(part).map_or("", |at| &inner[at..at + part.len()])),
            }
        }
        Some(parts.join("/"))
    }

    /// Where a folder is.
    fn real<'p>(&'p self, path: &'p str) -> &'p str {
        self.real_folders.get(path.trim()).map_or(path, String::as_str)
    }

    /// Whether the base is one that a server runs with, and not only its configuration: what Tomcat needs or makes is there.
    pub fn is_deployed(&self) -> bool {
        const MADE: [&str; 6] = ["bin/bootstrap.jar", "lib", "logs", "temp", "webapps", "work"];
        self.listing.as_ref().is_some_and(|listing| MADE.iter().any(|name| listing.contains_key(*name)))
    }

    /// A path in one spelling, to compare two: absolute or relative to the base.
    pub fn canonical(&self, path: &str) -> String {
        let path = self.real(path);
        self.relative(path).unwrap_or_else(|| {
            let mut parts: Vec<&str> = vec![];
            for part in path.split('/') {
                match part {
                    "" | "." => {}
                    ".." => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
            format!("/{}", parts.join("/"))
        })
    }
}

/// Whether a path begins with a drive: `C:\tomcat` or `C:/tomcat`.
pub(super) fn is_of_windows(path: &str) -> bool {
    matches!(path.trim().as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}
