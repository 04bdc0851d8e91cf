//! What the elements of server.xml and context.xml take, by the classes that Catalina creates for them.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::attributes::{Kind, List, Names, lists};
use super::{Cluster, Input, Versions};
use crate::config::read::Element;

/// An element of which all lists of its node's versions know what it takes.
pub(super) struct KnownElement<'i> {
    pub(super) element: Element<'i>,
    pub(super) names: Rc<KnownNames>,
    pub(super) versions: Versions,
}

/// What a class takes in one of several branches.
pub(super) struct KnownNames {
    /// What the value of each must be, where all branches that have it ask for the same.
    names: Names,
    /// Whether no list is of the branch itself.
    pub(super) is_guess: bool,
}

impl KnownNames {
    fn of<'n>(lists: &[&'static List], all: impl Iterator<Item = &'n Names>) -> Self {
        let mut names = Names::new();
        for (name, kind) in all.flatten() {
            let known = names.entry(name).or_insert(*kind);
            if known != kind {
                *known = Kind::Text;
            }
        }
        Self { names, is_guess: lists.iter().all(|list| list.is_guess) }
    }

    /// Every name.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.names.keys().copied()
    }

    /// What the value of an attribute must be; `None` where there is no such attribute. `IntrospectionUtils` capitalizes the
    /// first letter only.
    pub(super) fn kind(&self, attribute: &str) -> Option<Kind> {
        self.names.get(attribute).copied().or_else(|| {
            let mut characters = attribute.chars();
            let first = characters.next().filter(char::is_ascii_uppercase)?;
            let lowered = first.to_ascii_lowercase().to_string() + characters.as_str();
            self.names.get(lowered.as_str()).copied()
        })
    }
}

/// Every element of servers, contexts and apps of which it is known what it takes.
pub(super) fn known_elements(input: &Input) -> Vec<KnownElement<'_>> {
    let mut work = Work { all: vec![], seen: vec![] };
    for node in &input.nodes {
        let clusters = node.clusters(input);
        for root in node.roots(input) {
            work.elements(root, &clusters, node.versions);
        }
    }
    // An app is of all nodes.
    let versions = input.nodes.first().map_or(Versions::ANY, |node| node.versions);
    for app in input.apps.iter().filter(|app| !app.is_stock(input)) {
        if let Some(root) = app.context(input).filter(|root| root.name() == "Context") {
            work.elements(root, &[], versions);
        }
    }
    work.all
}

/// Classes and protocols that were looked up, for one set of versions: many nodes name the same.
#[derive(Default)]
struct Seen<'i> {
    classes: HashMap<&'i str, Option<Rc<KnownNames>>>,
    connectors: HashMap<&'i str, Option<Rc<KnownNames>>>,
}

struct Work<'i> {
    all: Vec<KnownElement<'i>>,
    seen: Vec<(Versions, Seen<'i>)>,
}

impl<'i> Work<'i> {
    fn elements(&mut self, root: Element<'i>, clusters: &[Cluster<'_>], versions: Versions) {
        let lists = lists(versions);
        if lists.is_empty() {
            return;
        }
        if !self.seen.iter().any(|(known, _)| *known == versions) {
            self.seen.push((versions, Seen::default()));
        }
        // None stands in another one.
        let of_file = clusters.iter().filter(|cluster| cluster.element.document().file() == root.document().file());
        let mut clusters: Vec<Range<usize>> = of_file.map(|cluster| cluster.element.span()).collect();
        clusters.sort_unstable_by_key(|span| span.start);
        let Some((_, seen)) = self.seen.iter_mut().find(|(known, _)| *known == versions) else { return };
        for element in root.document().elements() {
            let names = match created(element, &clusters) {
                Created::Class(class) => seen.classes.entry(class).or_insert_with(|| of_class(&lists, class)),
                Created::Connector(protocol) => {
                    seen.connectors.entry(protocol).or_insert_with(|| of_protocol(&lists, protocol))
                }
                Created::Nothing => continue,
            };
            if let Some(names) = names.clone() {
                self.all.push(KnownElement { element, names, versions });
            }
        }
    }
}

fn of_class(lists: &[&'static List], class: &str) -> Option<Rc<KnownNames>> {
    let all: Vec<&Names> = lists.iter().map(|list| list.names(class)).collect::<Option<_>>()?;
    Some(Rc::new(KnownNames::of(lists, all.into_iter())))
}

fn of_protocol(lists: &[&'static List], protocol: &str) -> Option<Rc<KnownNames>> {
    let all: Vec<_> = lists.iter().map(|list| list.connector_names(protocol)).collect::<Option<_>>()?;
    Some(Rc::new(KnownNames::of(lists, all.iter().map(AsRef::as_ref))))
}

/// What Catalina creates for an element.
enum Created<'i> {
    Class(&'i str),
    /// With this protocol.
    Connector(&'i str),
    /// Nothing, or nobody knows what.
    Nothing,
}

fn created<'i>(element: Element<'i>, clusters: &[Range<usize>]) -> Created<'i> {
    let inside = || {
        let start = element.span().start;
        let before = clusters.partition_point(|cluster| cluster.start <= start);
        before.checked_sub(1).is_some_and(|at| clusters[at].contains(&start))
    };
    let parent = element.parent().map_or("", Element::name);
    let default = match (element.name(), parent) {
        ("Server", "") => Some("org.apache.catalina.core.StandardServer"),
        ("Service", "Server") => Some("org.apache.catalina.core.StandardService"),
        ("Executor", "Service") => Some("org.apache.catalina.core.StandardThreadExecutor"),
        ("Engine", "Service") => Some("org.apache.catalina.core.StandardEngine"),
        ("Host", "Engine") => Some("org.apache.catalina.core.StandardHost"),
        ("Context", "Host" | "") => Some("org.apache.catalina.core.StandardContext"),
        ("Connector", "Service") => {
            let protocol = element.value_or("protocol", "").filter(|_| !element.has("className"));
            return protocol.map_or(Created::Nothing, Created::Connector);
        }
        ("Manager", "Context") => Some("org.apache.catalina.session.StandardManager"),
        ("Valve", "Engine" | "Host" | "Context")
        | ("Listener", "Server" | "Engine" | "Host" | "Context")
        | ("Store", "Manager") => None,
        _ if inside() => None,
        _ => return Created::Nothing,
    };
    let class = element.class().map(str::trim).or(default.filter(|_| !element.has("className")));
    class.map_or(Created::Nothing, Created::Class)
}
