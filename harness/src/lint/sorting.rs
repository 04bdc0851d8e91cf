//! Files by name, sorted into nodes, apps and clusters.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::app::{App, AppError, AppFiles, read_archive};
use super::environment::{self, StartScript};
use super::groups::groups;
use super::node::{JARS_TO_SCAN, JARS_TO_SKIP};
use super::source_file::SourceFile;
use super::{Cluster, Input, Node, NodeFiles, Versions};
use crate::config::read::{Document, Properties, read_properties};

impl Input {
    /// Adds a node.
    pub fn add_node(&mut self, files: NodeFiles) {
        let NodeFiles {
            name,
            prefix,
            files,
            names,
            listing,
            base,
            real_folders,
            unread,
            versions,
            properties,
            environment,
        } = files;
        let first_file = self.files.len();
        let mut known = Properties::new();
        if let Some(base) = &base {
            known.insert("catalina.base".to_owned(), base.clone());
        }
        let read_file = |path: &str| files.get(path).map(|bytes| read_properties(bytes)).unwrap_or_default();
        // `SystemInstance` begins with the system properties, which catalina.properties adds to.
        let catalina = read_file("conf/catalina.properties");
        let is_tomees = |(name, _): &(String, String)| name.starts_with("openejb.") || name.starts_with("tomee.");
        let mut tomee: Properties = catalina.clone().into_iter().filter(is_tomees).collect();
        tomee.extend(read_file("conf/system.properties"));
        let scripts: Vec<String> = files
            .iter()
            .filter(|(path, _)| path.starts_with("bin/setenv."))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        let read: Vec<StartScript> = scripts.iter().map(|text| StartScript::read(text, &Properties::new())).collect();
        let mut given: Properties = read.iter().flat_map(|script| script.options.clone()).collect();
        known.extend(given.clone());
        // These are set by the server itself, in the place of what the command line says (`CatalinaProperties`).
        known.extend(catalina);
        given.extend(properties.clone());
        let sources = environment::sources(&known);
        if environment::is_asked(&sources) {
            // It is asked before the system properties (`Digester`).
            known.extend(environment);
            known.extend(read.into_iter().flat_map(|script| script.variables));
        }
        known.extend(properties);
        // `TomEE` reads its own when server.xml has been parsed, before any context is.
        let mut later = known.clone();
        later.extend(tomee.clone());
        let found = files.get("version.txt").and_then(|bytes| std::str::from_utf8(bytes).ok()?.trim().parse().ok());
        let mut node = Node::new(name, versions.or(found).unwrap_or(Versions::ANY), listing, base);
        (node.given, node.tomee, node.scripts, node.sources) = (given, tomee, scripts, sources);
        (node.unread, node.real_folders) = (unread, real_folders);
        node.deployments = files.get("conf/tomee.xml").map(|bytes| deployments(bytes, &later)).unwrap_or_default();
        (node.jars_to_skip, node.jars_to_scan) = (known.get(JARS_TO_SKIP).cloned(), known.get(JARS_TO_SCAN).cloned());
        for (path, bytes) in files {
            let shown = names.get(&path).cloned().unwrap_or_else(|| format!("{prefix}{path}"));
            if matches!(path.as_str(), "conf/logging.properties" | "conf/system.properties") {
                node.properties.insert(path, self.files.len());
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.files.push(SourceFile { text, ..SourceFile::named(shown, false) });
            } else if (path.ends_with(".xml") || path.ends_with("/context.xml.default")) && !is_other_xml(&path) {
                let of_server = matches!(path.as_str(), "conf/server.xml" | "server.xml");
                let file = self.add_xml(&shown, bytes, Some(if of_server { &known } else { &later }));
                if let Some(file) = file {
                    node.add(self, &path, file);
                }
            }
        }
        for file in &mut self.files[first_file..] {
            file.node = Some(node.name.clone());
        }
        node.find_clusters(self);
        if node.versions.is_unknown() {
            node.infer_versions(self);
        }
        self.nodes.push(node);
    }

    /// Adds an app, for the nodes of the input or for itself.
    pub fn add_app(&mut self, files: AppFiles, is_explicit: bool) {
        self.add_app_of(files, is_explicit, vec![]);
    }

    /// Adds an app that some of several nodes have, by their names; the others have another one, or none.
    pub fn add_app_of(&mut self, files: AppFiles, is_explicit: bool, nodes: Vec<String>) {
        let app = App::new(self, files, is_explicit, nodes);
        self.apps.push(app);
    }

    /// The apps that are not the same on all nodes: the first node's, and each other one.
    pub(super) fn variants(&self) -> Vec<(&App, &App)> {
        let groups = self.apps_by_node();
        let pairs = groups.iter().flat_map(|group| group[1..].iter().map(move |other| (group[0], *other)));
        pairs.filter(|(first, other)| first.is_apart_from(other) && first.contents != other.contents).collect()
    }

    /// The apps of nodes that have apps of their own, those of one name together.
    pub(super) fn apps_by_node(&self) -> Vec<Vec<&App>> {
        let own: Vec<&App> = self.apps.iter().filter(|app| !app.nodes.is_empty() && !app.is_stock(self)).collect();
        let of_node = |node: &Node| own.iter().filter(|app| app.is_on(&node.name)).count();
        // Where each node has one that was named, these are builds of one app, whatever their files are called.
        if own.iter().all(|app| app.is_explicit) && self.nodes.iter().all(|node| of_node(node) <= 1) {
            return if own.is_empty() { vec![] } else { vec![own] };
        }
        let mut groups: BTreeMap<&str, Vec<&App>> = BTreeMap::new();
        for app in own {
            groups.entry(app.place_on_node()).or_default().push(app);
        }
        groups.into_values().collect()
    }

    /// Adds an app's archive.
    ///
    /// # Errors
    /// It is no archive, or cannot be read.
    pub fn add_archive(&mut self, name: &str, archive: impl Read + Seek, is_explicit: bool) -> Result<(), AppError> {
        let files = read_archive(name, archive)?;
        self.add_app(files, is_explicit);
        Ok(())
    }

    /// Every cluster of every node.
    pub fn clusters(&self) -> impl Iterator<Item = Cluster<'_>> {
        self.nodes.iter().flat_map(|node| node.clusters(self))
    }

    /// The clusters that belong together: those of Engines and Hosts of one name, and else the first of each node, the
    /// second of each node, and so on.
    pub fn groups(&self) -> Vec<Vec<Cluster<'_>>> {
        groups(self.nodes.iter().map(|node| node.clusters(self)))
    }
}

/// Files of `conf/` that no rule reads.
fn is_other_xml(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(
        name,
        "tomcat-users.xml" | "jaspic-providers.xml" | "tomee.xml" | "openejb.xml" | "logback.xml" | "log4j2.xml"
    )
}

/// The folders of `<Deployments dir>` in a tomee.xml, whose root may be `<tomee>` or `<openejb>`; a file that is no XML names none.
pub fn deployments(tomee_xml: &[u8], properties: &Properties) -> Vec<String> {
    let Ok(mut document) = Document::read(tomee_xml) else { return vec![] };
    document.substitute(properties);
    let named = document.elements().filter(|element| element.name() == "Deployments");
    named.filter_map(|element| element.value("dir")).map(|dir| dir.trim_end_matches('/').to_owned()).collect()
}
