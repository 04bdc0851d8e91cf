//! A node: one server with its configuration.

use std::collections::BTreeMap;

use super::{Cluster, Input, Version, Versions};
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
    server: Option<usize>,
    web: Option<usize>,
    contexts: Vec<(Scope, usize)>,
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

    /// Takes a file by its path below the base.
    pub(super) fn add(&mut self, input: &Input, path: &str, file: usize) {
        let Some(root) = input.document(file).map(crate::config::read::Document::root) else { return };
        let name = path.rsplit('/').next().unwrap_or_default();
        match root.name() {
            "Server" => self.server = Some(file),
            "web-app" => self.web = Some(file),
            "Context" if path == "conf/context.xml" || path == "context.xml" => {
                self.contexts.push((Scope::Global, file));
            }
            "Context" if name.starts_with("context.xml") => {
                let host = path.rsplit('/').nth(1).unwrap_or_default();
                self.contexts.push((Scope::Host(host.to_owned()), file));
            }
            "Context" => {
                let app = name.strip_suffix(".xml").unwrap_or(name);
                self.contexts.push((Scope::App(app.to_owned()), file));
            }
            _ if name == "server.xml" => self.server = Some(file),
            _ => {}
        }
    }

    /// Whether it has a server.xml.
    pub fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// The root of its server.xml.
    pub fn server<'i>(&self, input: &'i Input) -> Option<Element<'i>> {
        Some(input.document(self.server?)?.root())
    }

    /// Whether it is a `TomEE`: by its listener or its own properties.
    pub fn is_tomee(&self, input: &Input) -> bool {
        let listener = |server: Element<'_>| {
            server
                .all("Listener")
                .any(|listener| listener.class().is_some_and(|class| class.starts_with("org.apache.tomee.")))
        };
        !self.tomee.is_empty() || self.server(input).is_some_and(listener)
    }

    /// The root of its conf/web.xml, which every app begins with.
    pub fn web<'i>(&self, input: &'i Input) -> Option<Element<'i>> {
        Some(input.document(self.web?)?.root())
    }

    /// The roots of its server.xml and its context files.
    pub fn roots<'i>(&self, input: &'i Input) -> Vec<Element<'i>> {
        let files = self.server.into_iter().chain(self.contexts.iter().map(|(_, file)| *file));
        files.filter_map(|file| Some(input.document(file)?.root())).collect()
    }

    /// Its Engines.
    pub fn engines<'i>(&self, input: &'i Input) -> Vec<Element<'i>> {
        let server = self.server(input).filter(|server| server.name() == "Server");
        server.into_iter().flat_map(|server| server.all("Service")).flat_map(|service| service.all("Engine")).collect()
    }

    /// The versions that its server.xml can be for: `JasperListener` went with 8.0, `VersionLoggerListener` came with 8.0 and
    /// late releases of 7.0, the other classes came as they are noted.
    pub(super) fn infer_versions(&mut self, input: &Input) {
        const CAME: [(&str, Version); 5] = [
            ("org.apache.catalina.tribes.membership.StaticMembershipService", Version(9, 0, 11)),
            ("org.apache.catalina.tribes.membership.cloud.CloudMembershipService", Version(9, 0, 13)),
            ("org.apache.catalina.tribes.group.interceptors.EncryptInterceptor", Version(8, 5, 38)),
            ("org.apache.catalina.core.OpenSSLLifecycleListener", Version(9, 0, 82)),
            ("org.apache.catalina.startup.VersionLoggerListener", Version(7, 0, 55)),
        ];
        let Some(document) = self.server(input).map(Element::document) else { return };
        let classes: Vec<&str> = document.elements().filter_map(Element::class).collect();
        let came = CAME.iter().filter(|(class, _)| classes.contains(class)).map(|(_, version)| *version).max();
        let is_old = classes.contains(&"org.apache.catalina.core.JasperListener");
        let is_clusters_55 = classes.iter().any(|class| class.starts_with("org.apache.catalina.cluster."));
        let from = match came {
            Some(version) if version < Version(8, 0, 0) && !is_old => Version(8, 0, 0),
            Some(version) => version,
            None => Version(0, 0, 0),
        };
        if is_old && from < Version(8, 0, 0) && !is_clusters_55 {
            self.versions = Versions { from, to: Version(7, 0, u32::MAX) };
        } else if from > Version(0, 0, 0) && !is_old {
            self.versions = Versions { from, ..Versions::ANY };
        }
    }

    /// Every `<Cluster>` that Catalina reads: in an Engine, or in a Host.
    pub fn clusters<'i>(&'i self, input: &'i Input) -> Vec<Cluster<'i>> {
        // Of a cluster of Tomcat 5.5 nothing is said but that (C017).
        let is_read = |element: &Element<'i>| {
            !element.class().is_some_and(|class| class.trim().starts_with("org.apache.catalina.cluster."))
        };
        let mut all = vec![];
        for engine in self.engines(input) {
            for element in engine.all("Cluster").filter(is_read) {
                all.push(Cluster { node: self, input, element, engine, host: None });
            }
            for host in engine.all("Host") {
                let host_clusters = host.all("Cluster").filter(is_read);
                all.extend(host_clusters.map(|element| Cluster {
                    node: self,
                    input,
                    element,
                    engine,
                    host: Some(host),
                }));
            }
        }
        all
    }

    /// Every Context element: of server.xml, and of files of their own.
    pub fn contexts<'i>(&self, input: &'i Input) -> Vec<Context<'i>> {
        let mut all = vec![];
        for engine in self.engines(input) {
            let hosts = engine.all("Host");
            let contexts = hosts.flat_map(|host| host.all("Context"));
            all.extend(contexts.map(|element| Context {
                scope: Scope::App(element.value("path").unwrap_or_default().trim_start_matches('/').to_owned()),
                element,
            }));
            let defaults = engine.all("DefaultContext").chain(engine.all("Context"));
            all.extend(defaults.map(|element| Context { scope: Scope::Global, element }));
        }
        for (scope, file) in &self.contexts {
            if let Some(document) = input.document(*file) {
                all.push(Context { scope: scope.clone(), element: document.root() });
            }
        }
        all
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
pub fn java_options(script: &str) -> Vec<(String, String)> {
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
