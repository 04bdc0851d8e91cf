//! A `<Cluster>` and what stands in it.

use super::{Context, Input, Node};
use crate::config::read::{Element, is_placeholder};

/// The package of the clustering's classes since Tomcat 6.
pub(super) const HA: &str = "org.apache.catalina.ha.";
/// `Channel.MBR_RX_SEQ`: receive announcements of members.
const MBR_RX_SEQ: i64 = 4;
/// `Channel.MBR_TX_SEQ`: send announcements.
const MBR_TX_SEQ: i64 = 8;
/// The package of the group communication.
pub(super) const TRIBES: &str = "org.apache.catalina.tribes.";

/// Whether a class is in a package of Tomcat's clustering.
pub(super) fn is_of_clustering(class: &str) -> bool {
    class.starts_with(HA) || class.starts_with(TRIBES)
}

/// A `<Cluster>` of a node.
#[derive(Debug, Clone, Copy)]
pub struct Cluster<'i> {
    /// Whose it is.
    pub node: &'i Node,
    /// All that is linted.
    pub input: &'i Input,
    /// The element.
    pub element: Element<'i>,
    /// The Engine around it.
    pub engine: Element<'i>,
    /// The Host around it, unless it stands in the Engine.
    pub host: Option<Element<'i>>,
}

/// How members find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MembershipKind {
    Multicast,
    Static,
    Cloud,
    Other,
}

/// Who finds the members of a `CloudMembershipService`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CloudProvider {
    /// It resolves the name of a Service.
    Dns,
    /// It lists pods by the API, ready or not.
    Kubernetes,
    /// Somebody else's, or none.
    Other,
}

/// The class of the session managers that a cluster makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ManagerClass {
    Delta,
    Backup,
    Other,
}

impl<'i> Cluster<'i> {
    /// Whether its class is Tomcat's own, so that its defaults are known.
    pub(super) fn is_tomcats(&self) -> bool {
        matches!(self.element.short_class(), Some("SimpleTcpCluster" | "SimpleTomEETcpCluster"))
    }

    pub(super) fn manager(&self) -> Option<Element<'i>> {
        self.element.child("Manager")
    }

    /// `SimpleTcpCluster.managerTemplate` is a DeltaManager.
    pub(super) fn manager_class(&self) -> ManagerClass {
        match self.manager().map(Element::short_class) {
            None | Some(Some("DeltaManager")) => ManagerClass::Delta,
            Some(Some("BackupManager")) => ManagerClass::Backup,
            Some(_) => ManagerClass::Other,
        }
    }

    pub(super) fn channel(&self) -> Option<Element<'i>> {
        self.element.child("Channel")
    }

    pub(super) fn membership(&self) -> Option<Element<'i>> {
        self.channel()?.child("Membership")
    }

    /// `ChannelCoordinator` makes a `McastService` where nothing is said.
    pub(super) fn membership_kind(&self) -> MembershipKind {
        match self.membership().map(Element::short_class) {
            None | Some(Some("McastService")) => MembershipKind::Multicast,
            Some(Some("StaticMembershipService")) => MembershipKind::Static,
            Some(Some("CloudMembershipService")) => MembershipKind::Cloud,
            Some(_) => MembershipKind::Other,
        }
    }

    /// `CloudMembershipService.start` knows two words, and else loads a class: `None` where there is no such service, or its
    /// provider is a placeholder.
    pub(super) fn cloud_provider(&self) -> Option<CloudProvider> {
        let service = self.membership().filter(|_| self.membership_kind() == MembershipKind::Cloud)?;
        let provider = service.value_or("membershipProviderClassName", "kubernetes")?;
        Some(match provider.strip_prefix("org.apache.catalina.tribes.membership.cloud.").unwrap_or(provider) {
            "dns" | "DNSMembershipProvider" => CloudProvider::Dns,
            "kubernetes" | "KubernetesMembershipProvider" => CloudProvider::Kubernetes,
            _ => CloudProvider::Other,
        })
    }

    /// Whether it joins a multicast group: `channelStartOptions` has bit 4 or 8 (`Channel.MBR_RX_SEQ`, `MBR_TX_SEQ`).
    pub(super) fn starts_membership(&self) -> Option<bool> {
        self.element.number("channelStartOptions", 15).map(|options| options & (MBR_RX_SEQ | MBR_TX_SEQ) != 0)
    }

    pub(super) fn receiver(&self) -> Option<Element<'i>> {
        self.channel()?.child("Receiver")
    }

    pub(super) fn interceptors(&self) -> Vec<Element<'i>> {
        self.channel().into_iter().flat_map(|channel| channel.all("Interceptor")).collect()
    }

    /// The interceptor of this class (without package), and its place from the top.
    pub(super) fn interceptor(&self, class: &str) -> Option<(usize, Element<'i>)> {
        self.interceptors().into_iter().enumerate().find(|(_, element)| element.short_class() == Some(class))
    }

    pub(super) fn has_interceptor(&self, class: &str) -> bool {
        self.interceptor(class).is_some()
    }

    /// Whether one of its interceptors is of an unknown or foreign class, which may do anything.
    pub(super) fn has_foreign_interceptor(&self) -> bool {
        self.interceptors().iter().any(|element| element.class().is_none_or(|class| !class.trim().starts_with(TRIBES)))
    }

    pub(super) fn valves(&self) -> Vec<Element<'i>> {
        self.element.all("Valve").collect()
    }

    /// A Valve of this class in the cluster.
    pub(super) fn valve(&self, class: &str) -> Option<Element<'i>> {
        self.valves().into_iter().find(|element| element.short_class() == Some(class))
    }

    /// Its `ReplicationValve`s, in it or in the containers that it serves.
    pub(super) fn replication_valves(&self) -> Vec<Element<'i>> {
        let containers = self.hosts().into_iter().chain([self.engine]).filter(|it| *it != self.element);
        let around = containers.flat_map(|container| container.all("Valve"));
        let all = self.element.all("Valve").chain(around);
        all.filter(|valve| valve.short_class() == Some("ReplicationValve")).collect()
    }

    pub(super) fn deployer(&self) -> Option<Element<'i>> {
        self.element.child("Deployer").filter(|deployer| deployer.short_class() == Some("FarmWarDeployer"))
    }

    /// Whether it is the root of its file: of the Engine and the Host around it nothing is known.
    pub(super) fn is_alone(&self) -> bool {
        self.engine == self.element
    }

    /// The Hosts that it serves.
    pub(super) fn hosts(&self) -> Vec<Element<'i>> {
        self.host.map_or_else(|| self.engine.all("Host").collect(), |host| vec![host])
    }

    /// `channelSendOptions` as bits, 8 by default (`SimpleTcpCluster`); `None` where it is a placeholder or no option. The
    /// setter takes what is greater than 0 only.
    pub(super) fn send_options(&self) -> Option<i64> {
        let value = self.element.value_or("channelSendOptions", "8")?;
        parse_options(value).map(|options| if options > 0 { options } else { 8 })
    }

    /// Whether sessions go by `channelSendOptions`: those of a `BackupManager` go by its `mapSendOptions`.
    pub(super) fn sends_sessions_by_its_options(&self) -> bool {
        let is_delta = |context: &Context<'_>| {
            context.element.child("Manager").and_then(Element::short_class) == Some("DeltaManager")
        };
        self.manager_class() != ManagerClass::Backup
            || self.node.clustered_contexts(self.input).iter().any(is_delta)
            || self
                .input
                .app_contexts()
                .iter()
                .any(|(_, context)| context.child("Manager").and_then(Element::short_class) == Some("DeltaManager"))
    }

    /// `<Member>` elements of a static list, with the element around them.
    pub(super) fn static_members(&self) -> Vec<Element<'i>> {
        let lists = self.static_lists();
        lists.into_iter().flat_map(|list| list.all("Member")).collect()
    }

    /// The elements that hold a static list.
    pub(super) fn static_lists(&self) -> Vec<Element<'i>> {
        let service = self.membership().filter(|_| self.membership_kind() == MembershipKind::Static);
        let interceptors = self.interceptors().into_iter();
        let interceptors = interceptors.filter(|element| element.short_class() == Some("StaticMembershipInterceptor"));
        service.into_iter().chain(interceptors).collect()
    }

    /// The Receiver's address, `auto` by default, and port, 4000 by default (`ReceiverBase`).
    pub(super) fn receiver_place(&self) -> Option<(&'i str, i64)> {
        match self.receiver() {
            None => Some(("auto", 4000)),
            Some(receiver) => Some((receiver.value_or("address", "auto")?.trim(), receiver.number("port", 4000)?)),
        }
    }

    /// How many ports the Receiver tries: 100 by default, and 0 or less counts as 1 (`ReceiverBase.setAutoBind`).
    pub(super) fn auto_bind(&self) -> Option<i64> {
        self.receiver().map_or(Some(100), |receiver| receiver.number("autoBind", 100)).map(|count| count.max(1))
    }
}

/// Send options as a number, or by Tomcat's names (`Channel.parseSendOptions`): as written, blanks are allowed around commas
/// only.
pub(super) fn parse_options(value: &str) -> Option<i64> {
    if let Ok(number) = value.parse::<i32>() {
        return Some(number.into());
    }
    let blank = |c: char| c.is_ascii_whitespace();
    let is_padded = value.starts_with(blank) || value.ends_with(blank);
    let one = |name: &str| match name.trim_matches(blank) {
        _ if is_padded => None,
        "async" | "asynchronous" => Some(8),
        "byte" | "byte_message" => Some(1),
        "multicast" => Some(64),
        "secure" => Some(16),
        "sync" | "synchronized_ack" => Some(4),
        "udp" => Some(32),
        "use" | "use_ack" => Some(2),
        _ => None,
    };
    // Java's `split` drops what is empty at the end.
    value.trim_end_matches(',').split(',').map(one).try_fold(0, |all, option| option.map(|option| all | option))
}

/// An IPv4 address as `InetAddress` reads it: leading zeros are decimal, and the last of fewer than four numbers fills the
/// rest.
pub(super) fn ipv4(address: &str) -> Option<std::net::Ipv4Addr> {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Option<Vec<u64>> = address.split('.').map(|part| Some(part).filter(is_number)?.parse().ok()).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, first) = parts.split_last()?;
    let rest = 8 * (4 - u32::try_from(first.len()).ok()?);
    if first.iter().any(|part| *part > 255) || *last >= 1 << rest {
        return None;
    }
    let high = first.iter().fold(0, |all, part| (all << 8) | part);
    Some(u32::try_from((high << rest) | last).ok()?.into())
}

/// A text in an element in whose place a deployment tool, or whoever copied it, puts more elements.
pub(super) fn open_text(element: Element<'_>) -> Option<&str> {
    let text = element.text();
    let is_ellipsis = !text.is_empty() && text.chars().all(|c| matches!(c, '.' | '…') || c.is_whitespace());
    (is_ellipsis || is_placeholder(text) || text.contains("${")).then_some(text)
}

/// Whether an address is of this machine alone.
pub(super) fn is_loopback(address: &str) -> bool {
    let address = address.trim();
    address.starts_with("127.")
        || address == "::1"
        || address.eq_ignore_ascii_case("localhost")
        || address == "0:0:0:0:0:0:0:1"
}
