//! A node: one server with its configuration.

use std::collections::BTreeMap;

use super::{Version, Versions};
use crate::config::read::{Element, Properties};

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
    /// System properties from `bin/setenv.*` and the command line.
    pub given: Properties,
    /// `TomEE`'s system.properties.
    pub tomee: Properties,
    /// The text of `bin/setenv.*`.
    pub scripts: Vec<String>,
    pub(super) server: Option<usize>,
    pub(super) web: Option<usize>,
    pub(super) contexts: Vec<(Scope, usize)>,
}

impl Node {
    pub(super) fn new(
        name: String,
        versions: Versions,
        listing: Option<BTreeMap<String, u64>>,
        base: Option<String>,
    ) -> Self {
        let (given, tomee) = (Properties::new(), Properties::new());
        Self { name, versions, listing, base, given, tomee, scripts: vec![], server: None, web: None, contexts: vec![] }
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
        let relative = self.relative(path)?;
        Some(listing.get(&relative).copied())
    }

    /// A path below the base as in the listing: without `./`, `a/../` and a trailing `/`; `None` outside of the base.
    pub fn relative(&self, path: &str) -> Option<String> {
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

    /// A path in one spelling, to compare two: absolute or relative to the base.
    pub fn canonical(&self, path: &str) -> String {
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

/// `-Dname=value` in a start script, with or without quotes. A value with a variable of the shell is left out.
pub(super) fn java_options(script: &str) -> Vec<(String, String)> {
    let lines = script.lines().filter(|line| {
        !line.trim_start().starts_with(['#', ':']) && !line.trim_start().to_ascii_lowercase().starts_with("rem ")
    });
    let options = lines.flat_map(|line| line.match_indices("-D").map(move |(at, _)| &line[at + 2..]));
    let pairs = options.filter_map(|option| {
        let (name, rest) = option.split_once('=')?;
        let value = rest.trim_start_matches(['"', '\'']);
        let value = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next()?;
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        (is_name && !value.contains(['$', '%', '`'])).then(|| (name.to_owned(), value.to_owned()))
    });
    pairs.collect()
}
