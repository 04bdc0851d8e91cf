//! The few changes that make a server.xml fit on a machine with others.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::claims::{self, FOLDERS};
use super::data_sources;
use super::edits::{Edits, escaped};
use super::parts::parts;
use super::paths::moved;
use super::tls::{self, Kept};
use crate::config::read::{Document, Element};
use crate::model::cluster_element::UniqueId;
use crate::model::{Endpoints, NodeEndpoints, NodeName, OwnConfiguration};

const CHANNEL: &str = "org.apache.catalina.tribes.group.GroupChannel";
const RECEIVER: &str = "org.apache.catalina.tribes.transport.nio.NioReceiver";
const MULTICAST: &str = "org.apache.catalina.tribes.membership.McastService";
const STATIC: &str = "org.apache.catalina.tribes.membership.StaticMembershipService";
const MEMBER: &str = "org.apache.catalina.tribes.membership.StaticMember";

/// Where a node's configuration is put.
#[derive(Debug, Clone, Copy)]
pub struct Seat<'a> {
    /// The node.
    pub node: &'a NodeName,
    /// What all nodes bind.
    pub endpoints: &'a Endpoints,
    /// The configuration of all.
    pub own: &'a OwnConfiguration,
    /// The user's own `CATALINA_BASE`, where it is known.
    pub base: Option<&'a str>,
    /// Where the files are that connectors with TLS name, by how they are written.
    pub present: &'a BTreeMap<String, String>,
}

/// A server.xml that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transplanted {
    /// Its text.
    pub text: String,
    /// The same in the encoding of the original.
    pub bytes: Vec<u8>,
    /// What was replaced or left out, in words: no mere change of a port, an address or a path.
    pub notes: Vec<String>,
    /// Whether [`KEY_STORE`](super::KEY_STORE) must be there.
    pub makes_key_store: bool,
}

/// A server.xml that cannot be made to fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransplantError {
    /// No Engine.
    #[error("no <Engine> in it")]
    NoEngine,
    /// A node without addresses.
    #[error("{0} has no endpoint")]
    NoEndpoint(NodeName),
    /// A member of a list that is none of the nodes.
    #[error("the member {0} is none of the nodes")]
    NoSuchMember(String),
    /// The encoding of the file lacks a character of a path.
    #[error("the encoding of the file cannot write what is changed in it")]
    Encoding,
}

/// Makes a server.xml fit: with the node's ports and addresses, paths below its `CATALINA_BASE`, and the members and the
/// group of this run.
///
/// # Errors
/// See [`TransplantError`].
pub fn transplant(document: &Document, seat: &Seat<'_>) -> Result<Transplanted, TransplantError> {
    if seat.own.has_seats {
        let text = with_seats(document.text(), &seats(seat.endpoints));
        let bytes = document.encoding().encode(&text).ok_or(TransplantError::Encoding)?;
        return Ok(Transplanted { text, bytes, notes: vec![], makes_key_store: false });
    }
    let own = seat.endpoints.nodes.get(seat.node).ok_or_else(|| TransplantError::NoEndpoint(seat.node.clone()))?;
    let mut work = Work { seat, own, edits: Edits::default(), notes: vec![], makes_key_store: false };
    work.ports(document)?;
    work.listeners(document);
    work.paths(document);
    work.contexts(document);
    work.access(document);
    work.deployment(document);
    if seat.own.without_cluster {
        work.without_cluster(document);
    } else {
        let asked = claims::cluster(document, seat.own.host_header.as_deref());
        for cluster in claims::clusters(document) {
            let receiver = if asked == Some(cluster) { Receiver::of(own) } else { work.other_receiver(cluster) };
            work.cluster(cluster, receiver)?;
        }
    }
    data_sources::replace(&mut work.edits, document, &seat.own.data_sources);
    let Work { edits, notes, makes_key_store, .. } = work;
    let text = edits.apply(document);
    let bytes = document.encoding().encode(&text).ok_or(TransplantError::Encoding)?;
    Ok(Transplanted { text, bytes, notes, makes_key_store })
}

/// What stands for each place in a file that is written for a run, as in the proofs of rules.
fn seats(endpoints: &Endpoints) -> Vec<(String, String)> {
    let mut seats = vec![];
    for (node, place) in &endpoints.nodes {
        let mut set = |what: &str, value: String| seats.push((format!("{node}.{what}"), value));
        set("address", place.http_address.to_string());
        set("http", place.http_port.to_string());
        set("receiver-address", place.receiver_address.to_string());
        set("receiver", place.receiver_port.to_string());
    }
    if let Some(group) = endpoints.multicast {
        let mut set = |what: &str, value: String| seats.push((format!("group.{what}"), value));
        set("address", group.address.to_string());
        set("port", group.port.to_string());
        set("other-port", group.port.wrapping_add(1).to_string());
        set("bind", group.bind.unwrap_or(Ipv4Addr::LOCALHOST).to_string());
    }
    seats
}

/// A text with the values of its seats put in.
fn with_seats(text: &str, seats: &[(String, String)]) -> String {
    seats.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value))
}

struct Work<'a> {
    seat: &'a Seat<'a>,
    own: &'a NodeEndpoints,
    edits: Edits,
    notes: Vec<String>,
    makes_key_store: bool,
}

/// Where a Cluster of a node receives.
#[derive(Debug, Clone, Copy)]
struct Receiver {
    address: Ipv4Addr,
    port: u16,
    /// Which of the Clusters that are not asked; `None` of the asked one.
    cluster: Option<usize>,
}

impl Receiver {
    /// That of the asked Cluster.
    fn of(place: &NodeEndpoints) -> Self {
        Self { address: place.receiver_address, port: place.receiver_port, cluster: None }
    }

    /// That of the same Cluster on another node.
    fn same(self, place: &NodeEndpoints, endpoints: &Endpoints, node: &NodeName) -> Self {
        Self { cluster: self.cluster, ..Self::of(place) }.at(endpoints, node)
    }

    fn at(self, endpoints: &Endpoints, node: &NodeName) -> Self {
        let ports = endpoints.other_receivers.get(node);
        let port = self.cluster.and_then(|index| ports?.get(index).copied());
        Self { port: port.unwrap_or(self.port), ..self }
    }
}

impl Work<'_> {
    /// The shutdown port is closed, the first plain connector gets the lab's address and port, and each other one any
    /// port of the same address.
    fn ports(&mut self, document: &Document) -> Result<(), TransplantError> {
        if document.root().value_or("port", "8005") != Some("-1") {
            self.edits.set(document.root(), "port", "-1");
        }
        let service = claims::engine(document).and_then(Element::parent).ok_or(TransplantError::NoEngine)?;
        let address = self.own.http_address.to_string();
        let asked = service.all("Connector").find(|connector| is_plain(*connector));
        let connectors = document.elements().filter(|element| element.name() == "Connector");
        for connector in connectors {
            let is_asked = asked == Some(connector);
            if tls::encrypts(connector) {
                let port = connector.value("port").unwrap_or_default();
                match tls::keep(&mut self.edits, connector, self.seat.present) {
                    Kept::AsItIs => {}
                    Kept::WithAKeyStore(file) => {
                        let note =
                            format!("the connector of port {port} gets a key store that is made: {file} is not there");
                        self.notes.push(note);
                        self.makes_key_store = true;
                    }
                    Kept::No(why) => {
                        self.notes.push(format!("the connector of port {port} is left out: {why}"));
                        self.edits.replace(connector, "");
                        continue;
                    }
                }
            }
            self.edits.set(connector, "address", &address);
            let port = if is_asked { self.own.http_port } else { 0 };
            self.edits.set(connector, "port", &port.to_string());
        }
        if asked.is_none() {
            self.notes.push("a plain HTTP connector is added: the configuration has none".to_owned());
            let port = self.own.http_port;
            let connector = format!("<Connector address=\"{address}\" port=\"{port}\" protocol=\"HTTP/1.1\"/>");
            self.edits.insert_into(service, &connector);
        }
        Ok(())
    }

    /// Ports of listeners: one of Tomcat's own takes any, of others nobody knows what they do.
    fn listeners(&mut self, document: &Document) {
        for listener in document.elements().filter(|element| element.name() == "Listener") {
            let ports = listener.attributes().iter().filter(|attribute| {
                let names_one = attribute.name == "port" || attribute.name.contains("Port");
                names_one && attribute.known().is_some_and(|value| value.trim().parse::<u16>().is_ok_and(|it| it > 0))
            });
            for port in ports {
                if listener.short_class() == Some("JmxRemoteLifecycleListener") {
                    self.edits.set(listener, &port.name, "0");
                } else {
                    let class = listener.short_class().unwrap_or_default();
                    self.notes.push(format!(
                        "the {} {} of {class} cannot be moved: all nodes share this machine, and one may not get it",
                        port.name, port.value
                    ));
                }
            }
        }
    }

    /// The apps that a file itself names are not here, and a Host with one that is not there does not start.
    fn contexts(&mut self, document: &Document) {
        let of_host = |it: &Element<'_>| it.name() == "Context" && it.parent().is_some_and(|it| it.name() == "Host");
        for context in document.elements().filter(of_host) {
            let path = context.value("path").filter(|path| !path.is_empty()).unwrap_or("/");
            let configures = context.children().next().is_some();
            let with = if configures { ", with what is configured in it" } else { "" };
            self.notes.push(format!("the Context {path} of server.xml is left out{with}: its app is not of this gate"));
            self.edits.replace(context, "");
        }
    }

    /// Whom a valve lets in by its address would be others here.
    fn access(&mut self, document: &Document) {
        let by_address = |valve: &Element<'_>| {
            let class = valve.short_class().unwrap_or_default();
            valve.name() == "Valve"
                && matches!(class, "RemoteAddrValve" | "RemoteCIDRValve" | "RemoteHostValve")
                && valve.has("allow")
        };
        for valve in document.elements().filter(by_address) {
            let (class, parent) = (valve.short_class().unwrap_or_default(), valve.parent());
            let place = parent.map(|parent| format!("{} {}", parent.name(), parent.value("name").unwrap_or_default()));
            self.notes.push(format!(
                "the {class} of the {} is left out: it lets in addresses that nobody has here",
                place.unwrap_or_default().trim()
            ));
            self.edits.replace(valve, "");
        }
    }

    /// The lab puts apps into the appBase of running servers, where no farm brings them.
    fn deployment(&mut self, document: &Document) {
        let host = parts(document, self.seat.own.host_header.as_deref()).map(|parts| parts.host);
        let host = host.filter(|host| host.flag("autoDeploy", true) == Some(false) && self.seat.own.watch.is_none());
        if let Some(host) = host {
            self.edits.set(host, "autoDeploy", "true");
            let name = host.value("name").unwrap_or_default();
            self.notes.push(format!("the Host {name} gets autoDeploy: here an app comes when the servers run"));
        }
    }

    fn paths(&mut self, document: &Document) {
        for element in document.elements() {
            let names = FOLDERS.iter().find(|(tag, _)| *tag == element.name()).map_or(&[][..], |(_, names)| names);
            for attribute in names.iter().filter_map(|name| element.attribute(name)) {
                if attribute.placeholder.is_none()
                    && let Some(path) = moved(&attribute.written, &attribute.value, self.seat.base)
                {
                    self.edits.set(element, &attribute.name, &path);
                }
            }
        }
    }

    fn without_cluster(&mut self, document: &Document) {
        for cluster in claims::clusters(document) {
            self.edits.replace(cluster, "");
        }
        // They start in a cluster only.
        let of_cluster = |it: &Element<'_>| {
            it.name() == "Valve"
                && it.class().is_some_and(|class| class.contains(".catalina.ha."))
                && !is_in_cluster(*it)
        };
        for valve in document.elements().filter(of_cluster) {
            self.edits.replace(valve, "");
        }
    }

    /// The receiver of a Cluster that is not asked.
    fn other_receiver(&self, cluster: Element<'_>) -> Receiver {
        let place = claims::place_of(cluster);
        let index = self.seat.own.other_clusters.iter().position(|other| other.place == place);
        Receiver { cluster: index, ..Receiver::of(self.own) }.at(self.seat.endpoints, self.seat.node)
    }

    fn cluster(&mut self, cluster: Element<'_>, place: Receiver) -> Result<(), TransplantError> {
        let channel = cluster.child("Channel");
        let mut missing = String::new();
        match claims::receiver(cluster) {
            Some(receiver) => self.receiver(receiver, place),
            None => missing.push_str(&format!(
                "<Receiver className=\"{RECEIVER}\" address=\"{}\" port=\"{}\"/>",
                place.address, place.port
            )),
        }
        let service = channel.and_then(|channel| channel.child("Membership"));
        match service.map(Element::short_class) {
            None => missing.push_str(&format!("<Membership className=\"{MULTICAST}\"{}/>", self.group(None))),
            Some(Some("McastService")) => self.multicast(service),
            Some(Some("StaticMembershipService")) => {}
            Some(_) if self.seat.own.pods && service.is_some_and(claims::asks_for_pods) => {}
            Some(class) => {
                let what = class.unwrap_or("the membership").to_owned();
                let members = self.all_members(place);
                if let Some(service) = service {
                    self.edits.replace(service, &members);
                }
                self.notes.push(format!("{what} is replaced by StaticMembershipService with all nodes"));
            }
        }
        for list in claims::static_lists(cluster) {
            for member in list.all("Member") {
                self.member(member, place)?;
            }
        }
        match channel {
            _ if missing.is_empty() => {}
            Some(channel) => self.edits.insert_into(channel, &missing),
            None => self.edits.insert_into(cluster, &format!("<Channel className=\"{CHANNEL}\">{missing}</Channel>")),
        }
        Ok(())
    }

    /// An address of all interfaces stays: it is announced to the peers, and that is what is tried.
    fn receiver(&mut self, receiver: Element<'_>, place: Receiver) {
        let said = receiver.value("address").map(str::trim).unwrap_or_default();
        let is_unspecified = said.parse::<Ipv4Addr>().is_ok_and(|address| address.is_unspecified());
        if !is_unspecified {
            self.edits.set(receiver, "address", &place.address.to_string());
        }
        self.edits.set(receiver, "port", &place.port.to_string());
        // UDP has ports of its own.
        if receiver.number("udpPort", -1).is_some_and(|port| port > 0) {
            self.edits.set(receiver, "udpPort", &place.port.to_string());
        }
    }

    /// Address, port and bind of the group that this node names.
    fn place_of_group(&self, service: Option<Element<'_>>) -> Vec<(&'static str, String)> {
        let Some(group) = self.seat.endpoints.multicast else { return vec![] };
        // The address is the run's own, so each of its ports is.
        let named = self.seat.own.group(&claims::group(service)).and_then(|place| u16::try_from(place).ok());
        let port = group.port.wrapping_add(named.unwrap_or_default());
        let bind = group.bind.map(|bind| ("bind", bind.to_string()));
        [("address", group.address.to_string()), ("port", port.to_string())].into_iter().chain(bind).collect()
    }

    fn group(&self, service: Option<Element<'_>>) -> String {
        let place = self.place_of_group(service).into_iter();
        place.map(|(name, value)| format!(" {name}=\"{}\"", escaped(&value))).collect()
    }

    fn multicast(&mut self, service: Option<Element<'_>>) {
        let place = self.place_of_group(service);
        for (name, value) in place {
            let Some(service) = service else { continue };
            self.edits.set(service, name, &value);
            // The other name of `bind`.
            if name == "bind" && service.has("mcastBindAddress") {
                self.edits.set(service, "mcastBindAddress", &value);
            }
        }
    }

    fn member(&mut self, member: Element<'_>, of: Receiver) -> Result<(), TransplantError> {
        let named = claims::place(Some(member), "host", "", "");
        let own = self.seat.own;
        let other = of.cluster.and_then(|index| own.other_clusters.get(index));
        let (members, absent) = other.map_or((&own.members, &own.absent), |other| (&other.members, &other.absent));
        if let Some(index) = absent.iter().position(|entry| *entry == named) {
            self.edits.set(member, "host", &Ipv4Addr::LOCALHOST.to_string());
            self.edits.set(member, "port", &nobody(index).to_string());
            return Ok(());
        }
        let node = members.get(&named);
        let place =
            node.and_then(|node| Some(of.same(self.seat.endpoints.nodes.get(node)?, self.seat.endpoints, node)));
        let place = place.ok_or(TransplantError::NoSuchMember(named))?;
        self.edits.set(member, "host", &place.address.to_string());
        self.edits.set(member, "port", &place.port.to_string());
        Ok(())
    }

    fn all_members(&self, of: Receiver) -> String {
        let mut xml = format!("<Membership className=\"{STATIC}\">");
        for (index, (node, place)) in self.seat.endpoints.nodes.iter().enumerate() {
            let id = UniqueId::nth(index);
            if node == self.seat.node {
                xml.push_str(&format!("<LocalMember className=\"{MEMBER}\" uniqueId=\"{id}\"/>"));
            } else {
                let place = of.same(place, self.seat.endpoints, node);
                xml.push_str(&format!(
                    "<Member className=\"{MEMBER}\" host=\"{}\" port=\"{}\" uniqueId=\"{id}\"/>",
                    place.address, place.port
                ));
            }
        }
        xml + "</Membership>"
    }
}

/// A port of loopback on which nobody listens: the first ones are of services that no system has.
fn nobody(index: usize) -> u16 {
    u16::try_from(index % 6 + 1).unwrap_or(1)
}

fn is_in_cluster(element: Element<'_>) -> bool {
    element.parent().is_some_and(|parent| parent.name() == "Cluster")
}

/// Whether a client without TLS can ask a connector.
fn is_plain(connector: Element<'_>) -> bool {
    let protocol = connector.value("protocol").map_or("HTTP/1.1", str::trim);
    let is_http = protocol.eq_ignore_ascii_case("HTTP/1.1") || protocol.contains("http11.Http11");
    is_http && !tls::encrypts(connector)
}
