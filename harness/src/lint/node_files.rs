//! What the files of a node say.

use std::ops::Range;

use super::node::ContextFile;
use super::{Cluster, Context, Input, Node, Scope, Version, Versions};
use crate::config::read::Element;

impl Node {
    /// Takes a file by its path below the base.
    pub(super) fn add(&mut self, input: &Input, path: &str, file: usize) {
        let Some(root) = input.document(file).map(crate::config::read::Document::root) else { return };
        let name = path.rsplit('/').next().unwrap_or_default();
        let host = path.rsplit('/').nth(1).unwrap_or_default();
        // `conf/ENGINE/HOST/APP.xml`
        let engine = (path.matches('/').count() == 3).then(|| path.rsplit('/').nth(2)).flatten().map(str::to_owned);
        match root.name() {
            // One of the others alone is the part of a server.xml that another file names.
            "Server" | "Service" | "Engine" | "Host" | "Cluster" => self.server = Some(file),
            "web-app" => self.web = Some(file),
            "Context" if path == "conf/context.xml" || path == "context.xml" => {
                self.contexts.push(ContextFile { scope: Scope::Global, file, engine: None, host: None });
            }
            "Context" if name.starts_with("context.xml") => {
                let scope = Scope::Host(host.to_owned());
                self.contexts.push(ContextFile { scope, file, engine, host: Some(host.to_owned()) });
            }
            "Context" => {
                let app = name.strip_suffix(".xml").unwrap_or(name);
                let host = engine.is_some().then(|| host.to_owned());
                self.contexts.push(ContextFile { scope: Scope::App(app.to_owned()), file, engine, host });
            }
            _ if name == "server.xml" => self.server = Some(file),
            _ => {}
        }
    }

    /// Where a property stands in one of its files of properties.
    pub(super) fn property_place(&self, input: &Input, path: &str, name: &str) -> Option<(usize, Range<usize>)> {
        let file = *self.properties.get(path)?;
        let mut at = 0;
        for line in input.files[file].text().split_inclusive('\n') {
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            let line = line.trim();
            let rest = line.strip_prefix(name).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with(['=', ':'])) {
                return Some((file, start..start + line.len()));
            }
        }
        None
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
        let files = self.server.into_iter().chain(self.contexts.iter().map(|context| context.file));
        files.filter_map(|file| Some(input.document(file)?.root())).collect()
    }

    /// Its Engines.
    pub fn engines<'i>(&self, input: &'i Input) -> Vec<Element<'i>> {
        let Some(root) = self.server(input) else { return vec![] };
        match root.name() {
            "Server" => root.all("Service").flat_map(|service| service.all("Engine")).collect(),
            "Service" => root.all("Engine").collect(),
            "Engine" => vec![root],
            _ => vec![],
        }
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
        let Some(document) = self.server.and_then(|file| input.document(file)) else { return vec![] };
        let of = |(element, engine, host): &(usize, usize, Option<usize>)| Cluster {
            node: self,
            input,
            element: document.element(*element),
            engine: document.element(*engine),
            host: host.map(|host| document.element(host)),
        };
        self.clusters.iter().map(of).collect()
    }

    /// Looks for them.
    pub(super) fn find_clusters(&mut self, input: &Input) {
        // Of a cluster of Tomcat 5.5 nothing is said but that (C017).
        let is_read = |element: &Element<'_>| {
            !element.class().is_some_and(|class| class.trim().starts_with("org.apache.catalina.cluster."))
        };
        let mut all = vec![];
        if let Some(alone) = self.server(input).filter(|root| root.name() == "Cluster" && is_read(root)) {
            all.push((alone.index(), alone.index(), Some(alone.index())));
        }
        // Of the Engine around a `<Host>` nothing is known.
        if let Some(host) = self.server(input).filter(|root| root.name() == "Host") {
            all.extend(host.all("Cluster").filter(is_read).map(|it| (it.index(), it.index(), Some(host.index()))));
        }
        for engine in self.engines(input) {
            all.extend(engine.all("Cluster").filter(is_read).map(|it| (it.index(), engine.index(), None)));
            for host in engine.all("Host") {
                let of_host = host.all("Cluster").filter(is_read);
                all.extend(of_host.map(|it| (it.index(), engine.index(), Some(host.index()))));
            }
        }
        self.clusters = all;
    }

    /// Every Context element: of server.xml, and of files of their own. Those of a Host that is not there are of nobody.
    pub fn contexts<'i>(&self, input: &'i Input) -> Vec<Context<'i>> {
        let mut all = vec![];
        let mut names: Vec<(Option<&str>, &str)> = vec![];
        for engine in self.engines(input) {
            for host in engine.all("Host") {
                let name = host.value("name").unwrap_or_default();
                names.push((engine.value("name"), name));
                let scope = |element: Element<'_>| {
                    Scope::App(element.value("path").unwrap_or_default().trim_start_matches('/').to_owned())
                };
                let of = engine.value("name").map(str::to_owned);
                let of_host = |element| Context {
                    scope: scope(element),
                    host: Some(name.to_owned()),
                    engine: of.clone(),
                    element,
                };
                all.extend(host.all("Context").map(of_host));
            }
            let defaults = engine.all("DefaultContext").chain(engine.all("Context"));
            all.extend(defaults.map(|element| Context { scope: Scope::Global, host: None, engine: None, element }));
        }
        for ContextFile { scope, file, engine, host } in &self.contexts {
            let is_there = names.is_empty() || is_of(&names, engine.as_deref(), host.as_deref());
            if let Some(document) = input.document(*file).filter(|_| is_there) {
                let (scope, host, engine) = (scope.clone(), host.clone(), engine.clone());
                all.push(Context { scope, host, engine, element: document.root() });
            }
        }
        all
    }

    /// The Context elements of Hosts that a cluster serves; all, where there is no server.xml.
    pub fn clustered_contexts<'i>(&self, input: &'i Input) -> Vec<Context<'i>> {
        let clusters = self.clusters(input);
        let mut served: Vec<(Option<&str>, &str)> = vec![];
        for cluster in &clusters {
            let names = cluster.hosts().into_iter().filter_map(|host| host.value("name"));
            served.extend(names.map(|name| (cluster.engine.value("name"), name)));
        }
        let mut all = self.contexts(input);
        if self.has_server() {
            all.retain(|context| is_of(&served, context.engine.as_deref(), context.host.as_deref()));
        }
        all
    }
}

/// Whether one of these Hosts has this name, in an Engine of this name. What is not known may be any.
fn is_of(hosts: &[(Option<&str>, &str)], engine: Option<&str>, host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    hosts.iter().any(|(own, name)| {
        name.eq_ignore_ascii_case(host) && own.zip(engine).is_none_or(|(own, engine)| own.eq_ignore_ascii_case(engine))
    })
}
