//! What one node's server.xml claims.

use std::collections::{BTreeMap, BTreeSet};

use super::hosts;
use super::paths::below_base;
use crate::config::read::{Document, Element};
use crate::model::{Container, ManagerKind, SendOptions};

/// `SimpleTcpCluster.channelSendOptions`.
const CHANNEL_OPTIONS: &str = "8";
/// `BackupManager.mapSendOptions`.
const MAP_OPTIONS: &str = "6";
/// `ReceiverBase.port`.
const RECEIVER_PORT: &str = "4000";
/// `McastService`: address and port.
const GROUP: (&str, &str) = ("228.0.0.4", "45564");
/// `Channel.MBR_RX_SEQ` and `Channel.MBR_TX_SEQ`.
const MEMBERSHIP_STARTS: i64 = 12;

/// A server.xml that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The root is no `<Server>`.
    #[error("the root element is <{0}>, expected <Server>")]
    Root(String),
    /// No Engine, or no Host.
    #[error("no <{0}> in it")]
    Lacks(&'static str),
    /// A part of it stands in a file of its own.
    #[error("a part of it is in another file, {0}, which is not read")]
    Partial(String),
    /// A value that the lab must know is a placeholder.
    #[error("{attribute} of <{element}> is {value}, and nothing says what that is")]
    Placeholder {
        /// The element.
        element: String,
        /// The attribute.
        attribute: String,
        /// The value.
        value: String,
    },
    /// A name that no Host answers to.
    #[error("no Host and no Alias is {name}; there are {}", .hosts.join(", "))]
    NoHost {
        /// The name.
        name: String,
        /// The names of all.
        hosts: Vec<String>,
    },
    /// Options that Tomcat does not know.
    #[error("invalid {0} `{1}`")]
    Options(&'static str, String),
}

/// How a configuration says that members find each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembershipClaim {
    /// `McastService` with this group.
    Multicast {
        /// `address:port`.
        group: String,
    },
    /// A list, in a service or an interceptor.
    Static,
    /// `CloudMembershipService` with Tomcat's provider for Kubernetes, which is its default.
    Kubernetes,
    /// `CloudMembershipService` with another provider, or a service of a class that is not Tomcat's.
    Other {
        /// What it is, in words.
        what: String,
    },
    /// There is no `<Cluster>`.
    None,
}

/// A `<Cluster>` of a Host that is not asked: it runs, too, and must not meet the asked one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherCluster {
    /// Where it stands.
    pub place: String,
    /// `host:port` of each entry of its lists of members.
    pub members: Vec<String>,
    /// `host:port` of its Receiver.
    pub receiver: String,
    /// Its multicast group, where it has one.
    pub group: Option<String>,
}

/// A `FarmWarDeployer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farm {
    /// Folders below `CATALINA_BASE` in the lab.
    pub temp: String,
    /// As `temp`.
    pub deploy: String,
    /// As `temp`.
    pub watch: String,
    /// Whether this node watches.
    pub watches: bool,
    /// How often it looks, in seconds.
    pub scan_s: u32,
}

/// Where a login to one app holds for the others of its Host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignOn {
    /// `SingleSignOn`: on the node of the login.
    Node,
    /// `ClusterSingleSignOn`: on every node.
    Cluster,
}

/// What a server.xml claims. What is not said is as in Tomcat's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The Engine's name.
    pub engine: String,
    /// The Host that is asked: the one that the header names, or the default one.
    pub host: String,
    /// What a request must name as its host, where the asked Host is not the default one.
    pub host_header: Option<String>,
    /// Its appBase, below `CATALINA_BASE` in the lab.
    pub app_base: String,
    /// The Engine's jvmRoute, where it has one.
    pub route: Option<String>,
    /// The properties without a value in the route.
    pub route_placeholder: Option<String>,
    /// Where `<Cluster>` stands; `None` where there is none.
    pub container: Option<Container>,
    /// The kind of Manager.
    pub manager: ManagerKind,
    /// Its class, where it is none of Tomcat's two.
    pub manager_class: Option<String>,
    /// What its Manager says beside its class.
    pub manager_attributes: BTreeMap<String, String>,
    /// `channelSendOptions`.
    pub channel_options: SendOptions,
    /// `mapSendOptions` of a `BackupManager`.
    pub map_options: SendOptions,
    /// How members find each other.
    pub membership: MembershipClaim,
    /// `host:port` of each entry of its lists of members.
    pub members: Vec<String>,
    /// `host:port` of the Receiver.
    pub receiver: String,
    /// The farm, where there is one.
    pub farm: Option<Farm>,
    /// The Clusters of other Hosts.
    pub others: Vec<OtherCluster>,
    /// Whether messages are encrypted.
    pub encrypts: bool,
    /// Whether a login to one app is to hold for the others, and where.
    pub sign_on: Option<SignOn>,
    /// Whether versions of an app are to run beside each other.
    pub has_versions: bool,
    /// Folders below `CATALINA_BASE` that it names.
    pub folders: BTreeSet<String>,
    /// Classes that it names.
    pub classes: BTreeSet<String>,
}

impl Claims {
    /// Reads them. `base` is the user's own `CATALINA_BASE`, `header` what requests name as their host.
    ///
    /// Without a header the default Host is asked, or, where it is in no Cluster, the first one that is.
    ///
    /// # Errors
    /// See [`ClaimsError`].
    pub fn of(document: &Document, base: Option<&str>, header: Option<&str>) -> Result<Self, ClaimsError> {
        let root = document.root();
        if root.name() != "Server" {
            return Err(ClaimsError::Root(root.name().to_owned()));
        }
        if let Some(entity) = document.external().iter().find(|entity| entity.is_used) {
            return Err(ClaimsError::Partial(entity.system.clone()));
        }
        let engine = engine(document).ok_or(ClaimsError::Lacks("Engine"))?;
        let host_header = match header {
            Some(header) => Some(header.to_owned()),
            None => hosts::clustered(engine),
        };
        let host = match &host_header {
            Some(name) => hosts::named(engine, name)
                .ok_or_else(|| ClaimsError::NoHost { name: name.clone(), hosts: hosts::names(engine) })?,
            None => hosts::default(engine).ok_or(ClaimsError::Lacks("Host"))?,
        };
        let cluster = cluster_of(host);
        let manager = cluster.and_then(|cluster| cluster.child("Manager"));
        let (kind, manager_class) = match manager.and_then(Element::class).map(str::trim) {
            None => (ManagerKind::Delta, None),
            Some(class) if class.ends_with(".ha.session.DeltaManager") => (ManagerKind::Delta, None),
            Some(class) if class.ends_with(".ha.session.BackupManager") => (ManagerKind::Backup, None),
            Some(class) => (ManagerKind::Delta, Some(class.to_owned())),
        };
        let channel_options = cluster.map(|cluster| options(cluster, "channelSendOptions", CHANNEL_OPTIONS));
        let map_options = manager.map(|manager| options(manager, "mapSendOptions", MAP_OPTIONS));
        let route = engine.attribute("jvmRoute");
        let text = |value: &str| value.trim().to_owned();
        Ok(Self {
            engine: known(engine, "name")?.unwrap_or("Catalina").to_owned(),
            host: known(host, "name")?.unwrap_or("localhost").to_owned(),
            host_header,
            app_base: below_base(known(host, "appBase")?.unwrap_or("webapps"), base),
            route: route.and_then(|route| route.known()).map(text).filter(|route| !route.is_empty()),
            route_placeholder: route.and_then(|route| route.placeholder.clone()),
            container: cluster.map(|cluster| match cluster.parent().map(Element::name) {
                Some("Engine") => Container::Engine,
                _ => Container::Host,
            }),
            manager: kind,
            manager_class,
            manager_attributes: manager.map(attributes).unwrap_or_default(),
            channel_options: channel_options.unwrap_or(Ok(SendOptions::ASYNC))?,
            map_options: map_options.unwrap_or(Ok(SendOptions::SYNC_ACK))?,
            membership: cluster.map_or(MembershipClaim::None, membership),
            members: cluster.map(members).unwrap_or_default(),
            receiver: place(cluster.and_then(receiver), "address", "auto", RECEIVER_PORT),
            farm: cluster.and_then(|cluster| farm(engine, cluster, base)),
            others: others(document, cluster),
            encrypts: cluster.is_some_and(|cluster| interceptor(cluster, "EncryptInterceptor").is_some()),
            sign_on: sign_on([Some(engine), Some(host), cluster].into_iter().flatten()),
            has_versions: host.flag("undeployOldVersions", false) == Some(true),
            folders: folders(document, base),
            classes: document.elements().filter_map(Element::class).map(text).filter(|it| !it.is_empty()).collect(),
        })
    }
}

fn sign_on<'d>(containers: impl Iterator<Item = Element<'d>>) -> Option<SignOn> {
    let valves = containers.flat_map(|container| container.all("Valve").collect::<Vec<_>>());
    let of = |valve: Element<'_>| match valve.short_class() {
        Some("ClusterSingleSignOn") => Some(SignOn::Cluster),
        Some("SingleSignOn") => Some(SignOn::Node),
        _ => None,
    };
    valves.filter_map(of).max()
}

/// The first Engine that is in a cluster, or has a Host that is; else the first one.
pub(super) fn engine(document: &Document) -> Option<Element<'_>> {
    let engines = || document.root().all("Service").filter_map(|service| service.child("Engine"));
    let has = |element: Element<'_>| element.child("Cluster").is_some();
    engines().find(|engine| has(*engine) || engine.all("Host").any(has)).or_else(|| engines().next())
}

/// Every `<Cluster>` in an Engine or a Host.
pub(super) fn clusters(document: &Document) -> impl Iterator<Item = Element<'_>> {
    let is_read = |it: &Element<'_>| {
        it.name() == "Cluster" && it.parent().is_some_and(|parent| matches!(parent.name(), "Engine" | "Host"))
    };
    document.elements().filter(is_read)
}

/// The `<Cluster>` that serves requests which name this host.
pub(super) fn cluster<'d>(document: &'d Document, header: Option<&str>) -> Option<Element<'d>> {
    let engine = engine(document)?;
    let host = match header {
        Some(name) => hosts::named(engine, name),
        None => hosts::default(engine),
    };
    host.and_then(cluster_of)
}

/// Where a `<Cluster>` stands.
pub(super) fn place_of(cluster: Element<'_>) -> String {
    cluster.parent().map(Element::path).unwrap_or_default()
}

fn others(document: &Document, asked: Option<Element<'_>>) -> Vec<OtherCluster> {
    let others = clusters(document).filter(|cluster| asked != Some(*cluster));
    let of = |cluster: Element<'_>| OtherCluster {
        place: place_of(cluster),
        members: members(cluster),
        receiver: place(receiver(cluster), "address", "auto", RECEIVER_PORT),
        group: match membership(cluster) {
            MembershipClaim::Multicast { group } => Some(group),
            _ => None,
        },
    };
    others.map(of).collect()
}

/// The Cluster of a Host: its own, or its Engine's.
fn cluster_of(host: Element<'_>) -> Option<Element<'_>> {
    host.child("Cluster").or_else(|| host.parent().and_then(|engine| engine.child("Cluster")))
}

pub(super) fn receiver(cluster: Element<'_>) -> Option<Element<'_>> {
    cluster.child("Channel")?.child("Receiver")
}

pub(super) fn interceptor<'d>(cluster: Element<'d>, class: &str) -> Option<Element<'d>> {
    let channel = cluster.child("Channel")?;
    channel.all("Interceptor").find(|it| it.short_class() == Some(class))
}

/// The elements that hold lists of members.
pub(super) fn static_lists(cluster: Element<'_>) -> Vec<Element<'_>> {
    let service = cluster.child("Channel").and_then(|channel| channel.child("Membership"));
    let service = service.filter(|service| service.short_class() == Some("StaticMembershipService"));
    service.into_iter().chain(interceptor(cluster, "StaticMembershipInterceptor")).collect()
}

/// `host:port` of an element, as it is written.
pub(super) fn place(element: Option<Element<'_>>, address: &str, no_address: &str, no_port: &str) -> String {
    let of = |name: &str, default: &str| {
        let value = element.and_then(|element| element.attribute(name)).map(|attribute| attribute.value.trim());
        value.unwrap_or(default).to_owned()
    };
    format!("{}:{}", of(address, no_address), of("port", no_port))
}

/// The multicast group of a membership service.
pub(super) fn group(service: Option<Element<'_>>) -> String {
    place(service, "address", GROUP.0, GROUP.1)
}

fn members(cluster: Element<'_>) -> Vec<String> {
    let members = static_lists(cluster).into_iter().flat_map(|list| list.all("Member"));
    members.map(|member| place(Some(member), "host", "", "")).collect()
}

fn membership(cluster: Element<'_>) -> MembershipClaim {
    let service = cluster.child("Channel").and_then(|channel| channel.child("Membership"));
    let starts = cluster.number("channelStartOptions", 15).is_none_or(|options| options & MEMBERSHIP_STARTS != 0);
    match service.map(Element::short_class) {
        Some(Some("StaticMembershipService")) => MembershipClaim::Static,
        None | Some(Some("McastService")) if starts => MembershipClaim::Multicast { group: group(service) },
        _ if !starts => MembershipClaim::Static,
        Some(Some("CloudMembershipService")) => {
            let provider = service.and_then(|service| service.value("membershipProviderClassName")).map(str::trim);
            if is_kubernetes(provider) {
                return MembershipClaim::Kubernetes;
            }
            let provider = provider.map(|provider| format!(" with the provider {provider}")).unwrap_or_default();
            MembershipClaim::Other { what: format!("CloudMembershipService{provider}") }
        }
        Some(class) => MembershipClaim::Other { what: class.unwrap_or("a service without a class").to_owned() },
        None => MembershipClaim::None,
    }
}

/// The provider that asks the API server of Kubernetes for pods, by its class or its short name; the one where none is named
/// (`CloudMembershipService.getMembershipProvider`).
fn is_kubernetes(provider: Option<&str>) -> bool {
    provider.is_none_or(|provider| {
        matches!(
            provider,
            "" | "kubernetes" | "org.apache.catalina.tribes.membership.cloud.KubernetesMembershipProvider"
        )
    })
}

/// Whether a membership service is one that the lab's own API server serves.
pub(super) fn asks_for_pods(service: Element<'_>) -> bool {
    service.short_class() == Some("CloudMembershipService")
        && is_kubernetes(service.value("membershipProviderClassName").map(str::trim))
}

/// What a membership service is, where it is replaced.
pub(super) const CLOUD: &str = "CloudMembershipService";

fn farm(engine: Element<'_>, cluster: Element<'_>, base: Option<&str>) -> Option<Farm> {
    let deployer = cluster.child("Deployer").filter(|it| it.short_class() == Some("FarmWarDeployer"))?;
    let folder = |name: &str| below_base(deployer.value(name).unwrap_or_default(), base);
    let delay = engine.number("backgroundProcessorDelay", 10).unwrap_or(10).max(1);
    let scan = delay.saturating_mul(deployer.number("processDeployFrequency", 2).unwrap_or(2).max(1));
    Some(Farm {
        temp: folder("tempDir"),
        deploy: folder("deployDir"),
        watch: folder("watchDir"),
        watches: deployer.flag("watchEnabled", false).unwrap_or_default(),
        scan_s: u32::try_from(scan).unwrap_or(u32::MAX),
    })
}

/// The attributes whose values are known.
fn attributes(element: Element<'_>) -> BTreeMap<String, String> {
    let known =
        element.attributes().iter().filter(|attribute| !matches!(attribute.name.as_str(), "className" | "name"));
    known.filter_map(|attribute| Some((attribute.name.clone(), attribute.known()?.to_owned()))).collect()
}

/// Attributes that name folders to which the server writes, by their element.
pub(super) const FOLDERS: &[(&str, &[&str])] = &[
    ("Host", &["appBase", "xmlBase", "workDir", "legacyAppBase"]),
    ("Context", &["docBase", "workDir"]),
    ("Deployer", &["tempDir", "deployDir", "watchDir"]),
    ("Valve", &["directory"]),
    ("Store", &["directory"]),
];

fn folders(document: &Document, base: Option<&str>) -> BTreeSet<String> {
    let named = document.elements().flat_map(|element| {
        let names = FOLDERS.iter().find(|(tag, _)| *tag == element.name()).map_or(&[][..], |(_, names)| names);
        // A docBase is relative to the appBase.
        let is_one =
            move |name: &&&str| **name != "docBase" || element.value(name).is_some_and(|it| it.starts_with('/'));
        names.iter().filter(is_one).filter_map(move |name| element.value(name))
    });
    named.map(|path| below_base(path, base)).filter(|path| !path.is_empty() && !path.ends_with(".war")).collect()
}

pub(super) fn known<'d>(element: Element<'d>, name: &str) -> Result<Option<&'d str>, ClaimsError> {
    let Some(attribute) = element.attribute(name) else { return Ok(None) };
    attribute.known().map(Some).ok_or_else(|| ClaimsError::Placeholder {
        element: element.name().to_owned(),
        attribute: attribute.name.clone(),
        value: attribute.value.clone(),
    })
}

fn options(element: Element<'_>, name: &'static str, default: &str) -> Result<SendOptions, ClaimsError> {
    let value = known(element, name)?.unwrap_or(default).trim();
    value.parse().map_err(|_| ClaimsError::Options(name, value.to_owned()))
}
