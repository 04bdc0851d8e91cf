//! `<Cluster>` of one node: the hardened default, and over it what the topology says.

use std::time::Duration;

use super::RenderError;
use super::availability;
use super::xml::Element;
use crate::model::cluster_element::{
    BackupManager, CloudMembershipService, ClusterElement, ClusterListener, DeltaManager, FarmWarDeployer, Interceptor,
    JvmRouteBinderValve, LocalMember, McastService, Member, MessageDispatchInterceptor, NioReceiver,
    PooledParallelSender, ReplicationTransmitter, ReplicationValve, SessionIdGenerator, SimpleTcpCluster,
    StaticMembershipInterceptor, StaticMembershipService, TcpFailureDetector, UniqueId, Valve,
};
use crate::model::{Endpoints, ManagerKind, Membership, NodeEndpoints, NodeName, ServerKind, Timing, Topology};

/// The Host's `appBase`, and where the farm puts a WAR. Any other folder gives 404 on every node, with no error
/// (`HostConfig.deployApps` looks in `appBase` only).
pub const FARM_DEPLOY_DIR: &str = "webapps";
/// Where the farm keeps a WAR while it comes in, below `CATALINA_BASE`, unless the topology says otherwise.
pub const FARM_TEMP_DIR: &str = "cluster/temp";
/// The folder that the farm watches on the watcher, below `CATALINA_BASE`, unless the topology says otherwise.
pub const FARM_WATCH_DIR: &str = "cluster/watch";

/// Only senders start, and no membership service (`Channel.SND_RX_SEQ | SND_TX_SEQ`).
const START_WITHOUT_MEMBERSHIP: u32 = 3;

/// With accelerated timing: the Engine's `backgroundProcessorDelay` in seconds.
pub(super) const ACCELERATED_DELAY_S: u32 = 1;
/// With accelerated timing: the farm looks at its folder each so many of these.
const ACCELERATED_FREQUENCY: u32 = 1;

/// The farm's folders, relative to `CATALINA_BASE`. Tomcat makes none of them: without the first two on every node, and
/// the third on the watcher, the farm fails at its first transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FarmFolders<'a> {
    /// Where a WAR goes.
    pub deploy: &'a str,
    /// Where a WAR is kept while it comes in.
    pub temp: &'a str,
    /// Where a WAR is dropped.
    pub watch: &'a str,
}

/// The folders that the farm of this topology uses.
pub fn farm_folders(topology: &Topology) -> FarmFolders<'_> {
    if let Some(own) = &topology.own {
        let watch = own.watch.as_ref().map_or(FARM_WATCH_DIR, |(_, watch)| watch);
        return FarmFolders { deploy: &own.app_base, temp: FARM_TEMP_DIR, watch };
    }
    let said = &topology.cluster.elements.deployer;
    FarmFolders {
        deploy: said.deploy_dir.as_deref().unwrap_or(FARM_DEPLOY_DIR),
        temp: said.temp_dir.as_deref().unwrap_or(FARM_TEMP_DIR),
        watch: said.watch_dir.as_deref().unwrap_or(FARM_WATCH_DIR),
    }
}

/// How often the farm's watcher looks at its folder: the Engine's background delay, times the deployer's frequency.
pub fn farm_scan(topology: &Topology) -> Duration {
    if let Some(own) = &topology.own {
        return Duration::from_secs(own.scan_s.unwrap_or(20).into());
    }
    let (delay_s, frequency) = match topology.timing {
        Timing::Accelerated => (ACCELERATED_DELAY_S, ACCELERATED_FREQUENCY),
        Timing::Documented => (10, 2),
    };
    let said = topology.cluster.elements.deployer.process_deploy_frequency;
    Duration::from_secs(delay_s.into()) * said.unwrap_or(frequency).max(1)
}

/// One node of one cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) topology: &'a Topology,
    pub(super) endpoints: &'a Endpoints,
    pub(super) node: &'a NodeName,
    pub(super) server: &'a ServerKind,
}

impl<'a> Place<'a> {
    pub(super) fn endpoint(&self, node: &NodeName) -> Result<&'a NodeEndpoints, RenderError> {
        self.endpoints.nodes.get(node).ok_or_else(|| RenderError::NoEndpoint(node.clone()))
    }

    fn element(&self, element: &dyn ClusterElement) -> Result<Element, RenderError> {
        availability::check(self.server, element)?;
        Ok(Element::of_class(element.tag(), element.class_name()).with_all(element.attributes()))
    }

    fn member(&self, index: usize, node: &NodeName) -> Result<Member, RenderError> {
        let peer = self.endpoint(node)?;
        Ok(Member {
            host: Some(peer.receiver_address.to_string()),
            port: Some(peer.receiver_port),
            unique_id: Some(UniqueId::nth(index)),
            ..Member::default()
        })
    }
}

pub(super) fn render(place: &Place<'_>) -> Result<Element, RenderError> {
    let spec = &place.topology.cluster;
    let said = &spec.elements;
    refuse_unused(place.topology)?;
    let root = said.cluster.or(&SimpleTcpCluster {
        channel_send_options: Some(spec.send_options),
        channel_start_options: members_by_interceptor(place.topology).then_some(START_WITHOUT_MEMBERSHIP),
        ..SimpleTcpCluster::default()
    });
    let valves = said.valves.clone().unwrap_or_else(default_valves);
    let valves = valves.iter().map(|valve| place.element(valve.element())).collect::<Result<Vec<_>, _>>()?;
    let listeners = said.listeners.clone().unwrap_or_else(|| vec![ClusterListener::default()]);
    let listeners = listeners.iter().map(|listener| place.element(listener)).collect::<Result<Vec<_>, _>>()?;
    Ok(place
        .element(&root)?
        .holding([manager(place)?, channel(place)?])
        .holding(valves)
        .holding([place.element(&deployer(place))?])
        .holding(listeners))
}

/// Whether the list of members is `StaticMembershipInterceptor`'s and not `StaticMembershipService`'s.
pub(super) fn members_by_interceptor(topology: &Topology) -> bool {
    let elements = &topology.cluster.elements;
    let stack = elements.interceptors.as_deref().unwrap_or_default();
    topology.cluster.membership == Membership::Static
        && elements.cloud_membership.is_none()
        && stack.iter().any(|interceptor| matches!(interceptor, Interceptor::StaticMembership(_)))
}

/// Refuses what is said about an element that is not written: it would be lost without a word.
///
/// # Errors
/// The first such element.
pub fn refuse_unused(topology: &Topology) -> Result<(), RenderError> {
    if topology.own.is_some() {
        return Ok(());
    }
    let said = &topology.cluster.elements;
    let unused = |said, because| Err(RenderError::Unused { said, because });
    let lists = said.static_membership != StaticMembershipService::default();
    let groups = said.multicast_membership != McastService::default();
    let membership = topology.cluster.membership;
    let another = match membership {
        Membership::Static => "the topology's membership is static",
        Membership::Multicast => "the topology's membership is multicast",
        Membership::Dns => "the topology's membership is dns",
        Membership::Kubernetes => "the topology's membership is kubernetes",
    };
    match topology.cluster.manager {
        ManagerKind::Delta if said.backup_manager != BackupManager::default() => {
            unused("backup-manager", "the topology's manager is delta")
        }
        ManagerKind::Backup if said.delta_manager != DeltaManager::default() => {
            unused("delta-manager", "the topology's manager is backup")
        }
        _ if said.cloud_membership.is_some() && lists => {
            unused("static-membership", "cloud-membership is configured, too")
        }
        _ if said.cloud_membership.is_some() && groups => {
            unused("multicast-membership", "cloud-membership is configured, too")
        }
        _ if membership != Membership::Static && lists => unused("static-membership", another),
        _ if membership != Membership::Multicast && groups => unused("multicast-membership", another),
        _ if members_by_interceptor(topology) && lists => {
            unused("static-membership", "the members are those of the static-membership interceptor")
        }
        _ => Ok(()),
    }
}

fn manager(place: &Place<'_>) -> Result<Element, RenderError> {
    let said = &place.topology.cluster.elements;
    let (manager, generator): (_, &Option<SessionIdGenerator>) = match place.topology.cluster.manager {
        ManagerKind::Delta => {
            let default = DeltaManager { expire_sessions_on_shutdown: Some(false), ..DeltaManager::default() };
            (place.element(&said.delta_manager.or(&default))?, &said.delta_manager.session_id_generator)
        }
        ManagerKind::Backup => {
            let send_options = Some(place.topology.cluster.send_options);
            let default = BackupManager { map_send_options: send_options, ..BackupManager::default() };
            (place.element(&said.backup_manager.or(&default))?, &said.backup_manager.session_id_generator)
        }
    };
    let generator = generator.as_ref().map(|generator| place.element(generator)).transpose()?;
    Ok(manager.holding(generator))
}

fn channel(place: &Place<'_>) -> Result<Element, RenderError> {
    let said = &place.topology.cluster.elements;
    let own = place.endpoint(place.node)?;
    let receiver = said.receiver.or(&NioReceiver {
        address: Some(own.receiver_address.to_string()),
        port: Some(own.receiver_port),
        // Peers know this port: a node that took the next one would be alone. 0 would count as 1, too.
        auto_bind: Some(1),
        ..NioReceiver::default()
    });
    let sender =
        if said.sender == ReplicationTransmitter::default() && said.transport == PooledParallelSender::default() {
            None
        } else {
            Some(place.element(&said.sender)?.holding([place.element(&said.transport)?]))
        };
    let stack = said.interceptors.clone().unwrap_or_else(default_interceptors);
    let stack = stack.iter().map(|interceptor| interceptor_element(place, interceptor));
    Ok(place
        .element(&said.channel)?
        .holding(membership(place)?)
        .holding([place.element(&receiver)?])
        .holding(sender)
        .holding(stack.collect::<Result<Vec<_>, _>>()?))
}

fn membership(place: &Place<'_>) -> Result<Option<Element>, RenderError> {
    let said = &place.topology.cluster.elements;
    if let Some(cloud) = &said.cloud_membership {
        return place.element(cloud).map(Some);
    }
    if members_by_interceptor(place.topology) {
        return Ok(None);
    }
    match place.topology.cluster.membership {
        provider @ (Membership::Dns | Membership::Kubernetes) => {
            let service = CloudMembershipService {
                membership_provider_class_name: Some(provider.to_string()),
                ..CloudMembershipService::default()
            };
            place.element(&service).map(Some)
        }
        Membership::Static => {
            let default = StaticMembershipService { use_thread: Some(true), ..StaticMembershipService::default() };
            let service = said.static_membership.or(&default);
            let all = || known(place).map(|(index, node)| place.member(index, node)).collect();
            let members = service.members.clone().map_or_else(all, Ok)?;
            static_list(place, &service, service.local_member.as_ref(), &members).map(Some)
        }
        Membership::Multicast => {
            let group = place.endpoints.multicast.ok_or(RenderError::NoGroup)?;
            let service = said.multicast_membership.or(&McastService {
                address: Some(group.address.to_string()),
                port: Some(group.port),
                bind: group.bind.map(|bind| bind.to_string()),
                ..McastService::default()
            });
            place.element(&service).map(Some)
        }
    }
}

/// The nodes that belong into the node's list of static members, each with its number in the cluster.
fn known<'a>(place: &'a Place<'_>) -> impl Iterator<Item = (usize, &'a NodeName)> {
    place.topology.names().enumerate().filter(|(_, node)| place.topology.knows(place.node, node))
}

/// An element that lists members.
fn static_list(
    place: &Place<'_>,
    element: &dyn ClusterElement,
    local: Option<&LocalMember>,
    members: &[Member],
) -> Result<Element, RenderError> {
    let local = local.map(|local| place.element(local)).transpose()?;
    let members = members.iter().map(|member| place.element(member)).collect::<Result<Vec<_>, _>>()?;
    Ok(place.element(element)?.holding(local).holding(members))
}

fn interceptor_element(place: &Place<'_>, interceptor: &Interceptor) -> Result<Element, RenderError> {
    match interceptor {
        Interceptor::StaticMembership(list) => member_interceptor(place, list),
        other => place.element(other.element()),
    }
}

/// Without `<LocalMember>` the node would get a random identity, which its peers' lists do not know
/// (`MemberImpl.equals`), and its start and stop would go unnoticed.
fn member_interceptor(place: &Place<'_>, list: &StaticMembershipInterceptor) -> Result<Element, RenderError> {
    let nodes = || known(place);
    let own = nodes().find(|(_, node)| *node == place.node).map(|(index, _)| UniqueId::nth(index));
    let local = list.local_member.clone().unwrap_or(LocalMember { unique_id: own, ..LocalMember::default() });
    let others = || {
        nodes()
            .filter(|(_, node)| *node != place.node)
            .map(|(index, node)| place.member(index, node))
            .collect::<Result<Vec<_>, _>>()
    };
    let members = list.members.clone().map_or_else(others, Ok)?;
    static_list(place, list, Some(&local), &members)
}

/// The order of `SimpleTcpCluster.checkDefaults`, where the failure detector sees send errors at once; with the order
/// of the how-to it does not when messages are asynchronous.
fn default_interceptors() -> Vec<Interceptor> {
    vec![
        Interceptor::MessageDispatch(MessageDispatchInterceptor::default()),
        Interceptor::TcpFailureDetector(TcpFailureDetector {
            perform_read_test: Some(true),
            ..TcpFailureDetector::default()
        }),
    ]
}

fn default_valves() -> Vec<Valve> {
    vec![Valve::Replication(ReplicationValve::default()), Valve::JvmRouteBinder(JvmRouteBinderValve::default())]
}

fn deployer(place: &Place<'_>) -> FarmWarDeployer {
    place.topology.cluster.elements.deployer.or(&FarmWarDeployer {
        deploy_dir: Some(FARM_DEPLOY_DIR.to_owned()),
        temp_dir: Some(FARM_TEMP_DIR.to_owned()),
        watch_dir: Some(FARM_WATCH_DIR.to_owned()),
        watch_enabled: Some(place.topology.watcher() == place.node),
        process_deploy_frequency: (place.topology.timing == Timing::Accelerated).then_some(ACCELERATED_FREQUENCY),
        ..FarmWarDeployer::default()
    })
}
