//! Which session manager an app gets, and from where.

use super::app::App;
use super::{Context, Input, Node, Scope};
use crate::config::read::Element;

/// A Manager, with the apps whose sessions it keeps.
pub(super) type Managed<'i> = (Element<'i>, Vec<&'i App>);

impl Input {
    /// The managers of clusters, of contexts beside the apps, and of the apps themselves.
    pub(super) fn managed(&self) -> Vec<Managed<'_>> {
        let all: Vec<&App> = self.apps.iter().filter(|app| !app.is_stock(self)).collect();
        let mut found: Vec<Managed<'_>> = vec![];
        found.extend(self.clusters().filter_map(|cluster| {
            let apps = all.iter().copied().filter(|app| app.is_on(&cluster.node.name));
            Some((cluster.manager()?, apps.collect()))
        }));
        for node in &self.nodes {
            for context in node.clustered_contexts(self) {
                let Some(manager) = context.element.child("Manager") else { continue };
                let of = |app: &&App| app.is_on(&node.name) && context.is_about(app);
                found.push((manager, all.iter().copied().filter(of).collect()));
            }
        }
        found.extend(
            self.app_contexts().into_iter().filter_map(|(app, context)| Some((context.child("Manager")?, vec![app]))),
        );
        found
    }

    /// Every manager of the kind that a cluster gives to its contexts, wherever it is named.
    pub(super) fn cluster_managers(&self) -> Vec<Element<'_>> {
        let is_foreign = |manager: &Element<'_>| {
            manager.parent().is_none_or(|parent| parent.name() == "Context")
                && !matches!(manager.short_class(), Some("DeltaManager" | "BackupManager"))
        };
        self.managed().into_iter().map(|(manager, _)| manager).filter(|manager| !is_foreign(manager)).collect()
    }

    /// The META-INF/context.xml of each app that has one which is read: not where each of its nodes has a file for the app
    /// in its place, or does not look into apps (`HostConfig`).
    pub(super) fn app_contexts(&self) -> Vec<(&App, Element<'_>)> {
        let own = self.apps.iter().filter(|app| !app.is_stock(self));
        let own: Vec<_> = own.filter_map(|app| Some((app, app.context(self)?))).collect();
        if own.is_empty() {
            return own;
        }
        let nodes: Vec<(&Node, Vec<Context<'_>>)> = self.nodes.iter().map(|node| (node, node.contexts(self))).collect();
        let is_read = |app: &App| {
            let mut on = nodes.iter().filter(|(node, _)| app.is_on(&node.name)).peekable();
            on.peek().is_none() || on.any(|(node, contexts)| !is_replaced(contexts, app) && self.looks_into_apps(node))
        };
        own.into_iter().filter(|(app, _)| is_read(app)).collect()
    }

    /// Whether some Host reads META-INF/context.xml: `deployXML` is true by default.
    fn looks_into_apps(&self, node: &Node) -> bool {
        let engines = node.engines(self);
        let mut hosts = engines.iter().flat_map(|engine| engine.all("Host")).peekable();
        hosts.peek().is_none() || hosts.any(|host| host.flag("deployXML", true) != Some(false))
    }

    /// Whether each app that a context of a node is about names a manager of its own, which is set later and counts
    /// (`ContextConfig.contextConfig` reads the files of all apps first). Where no app is known, some may not.
    pub(super) fn is_overridden(&self, node: &Node, context: &Context<'_>) -> bool {
        if matches!(context.scope, Scope::App(_)) {
            return false;
        }
        let contexts = node.clustered_contexts(self);
        let own = self.app_contexts();
        let names_one = |app: &App| {
            let beside = contexts.iter().filter(|other| matches!(other.scope, Scope::App(_)) && other.is_about(app));
            let inside = own.iter().filter(|(other, _)| std::ptr::eq(*other, app)).map(|(_, context)| *context);
            beside.map(|other| other.element).chain(inside).any(|context| context.child("Manager").is_some())
        };
        let mut apps = self.apps.iter().filter(|app| app.is_on(&node.name) && !app.is_stock(self)).peekable();
        apps.peek().is_some() && apps.all(names_one)
    }

    /// The contexts of clustered Hosts, those of the apps' own behind them; and whether a manager that one names is
    /// another one's for each app that is known.
    pub(super) fn contexts_with_managers(&self) -> Vec<(Element<'_>, bool)> {
        let mut all = vec![];
        for node in &self.nodes {
            for context in node.clustered_contexts(self) {
                if let Some(manager) = context.element.child("Manager") {
                    all.push((manager, self.is_overridden(node, &context)));
                }
            }
        }
        let own = self.app_contexts().into_iter();
        all.extend(own.filter_map(|(_, context)| Some((context.child("Manager")?, false))));
        all
    }

    /// Whether a context of a node, or its own, gives an app a cluster's manager, which replicates without the word in
    /// web.xml: `StandardContext` keeps a manager that is named.
    pub(super) fn has_cluster_manager(&self, app: &App) -> bool {
        let is_clusters = |context: Element<'_>| {
            let class = context.child("Manager").and_then(Element::short_class);
            matches!(class, Some("DeltaManager" | "BackupManager"))
        };
        let of_node = |node: &Node| {
            let contexts = node.clustered_contexts(self);
            contexts.iter().any(|context| context.is_about(app) && is_clusters(context.element))
        };
        self.nodes.iter().filter(|node| app.is_on(&node.name)).any(of_node)
            || app.context(self).is_some_and(is_clusters)
    }
}

impl Context<'_> {
    /// Whether it is about an app.
    pub(super) fn is_about(&self, app: &App) -> bool {
        match &self.scope {
            Scope::App(name) => app_name(name) == app.base_name,
            Scope::Global | Scope::Host(_) => true,
        }
    }
}

fn is_replaced(contexts: &[Context<'_>], app: &App) -> bool {
    contexts.iter().any(|context| matches!(context.scope, Scope::App(_)) && context.is_about(app))
}

/// The name of an app as its archive has it.
fn app_name(name: &str) -> &str {
    if name.is_empty() { "ROOT" } else { name.split("##").next().unwrap_or_default() }
}
