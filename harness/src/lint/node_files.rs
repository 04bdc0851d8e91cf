//! What the files of a node say.

use super::{Cluster, Context, Input, Node, Scope, Version, Versions};
use crate::config::read::Element;

impl Node {
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
}
