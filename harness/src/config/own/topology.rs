//! From the claims of all nodes to the topology that they claim to be.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::claims::CLOUD;
use super::members::{self, Listed, Mapped};
use super::properties::property;
use super::{Claims, Farm, MembershipClaim, OwnError};
use crate::model::own::OtherMembers;
use crate::model::topology::NodeCountError;
use crate::model::{
    JvmRoute, ManagerKind, Membership, NodeChanges, NodeName, OwnConfiguration, OwnFiles, ServerSpec, Topology,
};

/// One node: its name, its files, what they claim.
#[derive(Debug, Clone)]
pub struct OwnNode {
    /// Its name.
    pub name: NodeName,
    /// Its files; what the claims say of them is filled in.
    pub files: OwnFiles,
    /// What its server.xml claims.
    pub claims: Claims,
}

/// The topology that the nodes' configurations claim, on this server, where nodes can be `pods` or not.
///
/// # Errors
/// See [`OwnError`].
pub fn topology(nodes: Vec<OwnNode>, server: ServerSpec, pods: bool) -> Result<Topology, OwnError> {
    let mut topology = Topology::of(nodes.len())?;
    topology.server = server;
    let named: Vec<(NodeName, Claims)> = nodes.iter().map(|node| (node.name.clone(), node.claims.clone())).collect();
    let Some((_, first)) = named.first() else { return Err(NodeCountError(0).into()) };
    let asked: Vec<Listed<'_>> = named
        .iter()
        .map(|(node, claims)| Listed { node, receiver: &claims.receiver, members: &claims.members })
        .collect();
    let Mapped { known, absent, mistaken } = members::mapped(&asked)?;
    let mut own = OwnConfiguration {
        members: known,
        absent,
        mistaken,
        other_clusters: other_clusters(&named)?,
        host_header: first.host_header.clone(),
        app_base: first.app_base.clone(),
        ..OwnConfiguration::default()
    };
    find_each_other(&mut own, &named, pods);
    let farm = |of: fn(&Farm) -> bool| {
        let mut farms = named.iter().filter_map(|(name, claims)| Some((name, claims.farm.as_ref()?)));
        farms.find(|(_, farm)| of(farm))
    };
    if let Some((name, farm)) = farm(|farm| farm.watches).filter(|(_, farm)| !farm.watch.is_empty()) {
        own.watch = Some((name.clone(), farm.watch.clone()));
        own.scan_s = Some(farm.scan_s);
    }
    topology.cluster.membership = match &first.membership {
        MembershipClaim::Multicast { .. } => Membership::Multicast,
        _ if own.pods => Membership::Kubernetes,
        _ if own.groups.is_empty() => Membership::Static,
        // The group is another Cluster's.
        _ => Membership::Multicast,
    };
    claim(&mut topology, first);
    for (spec, node) in topology.nodes.iter_mut().zip(nodes) {
        let OwnNode { name, files, claims } = node;
        spec.name = name.clone();
        let (changes, given) = changes(first, &claims, &files, &name);
        spec.changes = changes;
        // An Engine that says nothing takes the property.
        let says_nothing = claims.route.is_none() && claims.route_placeholder.is_none();
        let of_property = files.properties.get("jvmRoute").filter(|_| says_nothing).cloned();
        let route = claims.route.clone().filter(|_| claims.route_placeholder.is_none()).or(given).or(of_property);
        spec.jvm_route = route.and_then(|route| JvmRoute::new(route).ok());
        let farm = claims.farm.iter().flat_map(|farm| [&farm.temp, &farm.deploy, &farm.watch]);
        let all: BTreeSet<&String> = claims.folders.iter().chain(farm).chain([&claims.app_base]).collect();
        let folders = all.into_iter().filter(|folder| !folder.is_empty()).map(Utf8PathBuf::from).collect();
        if let Some(placeholder) = claims.route_placeholder {
            own.routes_given.insert(name.clone(), placeholder);
        }
        if !claims.manager_attributes.is_empty() {
            own.manager_attributes.insert(name.clone(), claims.manager_attributes);
        }
        own.nodes.insert(name, OwnFiles { folders, engine: claims.engine, host: claims.host, ..files });
    }
    topology.own = Some(Box::new(own));
    Ok(topology)
}

/// How the members of all Clusters find each other, and what of it has to be replaced.
fn find_each_other(own: &mut OwnConfiguration, named: &[(NodeName, Claims)], pods: bool) {
    for group in named.iter().flat_map(|(_, claims)| &claims.others).filter_map(|other| other.group.as_ref()) {
        if own.group(group).is_none() {
            own.groups.push(group.clone());
        }
    }
    let by_pods = named.iter().all(|(_, claims)| claims.membership == MembershipClaim::Kubernetes);
    own.pods = pods && by_pods && own.groups.is_empty();
    for (_, claims) in named {
        match &claims.membership {
            MembershipClaim::Multicast { group } if own.group(group).is_none() => own.groups.push(group.clone()),
            MembershipClaim::Kubernetes if !own.pods && !own.replaced.iter().any(|what| what == CLOUD) => {
                own.replaced.push(CLOUD.to_owned());
            }
            MembershipClaim::Other { what } if !own.replaced.contains(what) => own.replaced.push(what.clone()),
            _ => {}
        }
    }
}

/// The Clusters of Hosts that are not asked, by where they stand.
fn other_clusters(nodes: &[(NodeName, Claims)]) -> Result<Vec<OtherMembers>, OwnError> {
    let places: BTreeSet<&String> =
        nodes.iter().flat_map(|(_, claims)| &claims.others).map(|other| &other.place).collect();
    let of = |place: &String| {
        let listed = nodes.iter().flat_map(|(node, claims)| {
            let others = claims.others.iter().filter(|other| other.place == *place);
            others.map(move |other| Listed { node, receiver: &other.receiver, members: &other.members })
        });
        let Mapped { known, absent, .. } = members::mapped(&listed.collect::<Vec<_>>())?;
        Ok(OtherMembers { place: place.clone(), members: known, absent })
    };
    places.into_iter().map(of).collect()
}

/// The same without any `<Cluster>`.
#[must_use]
pub fn without_cluster(topology: &Topology) -> Topology {
    let mut topology = topology.clone();
    if let Some(own) = &mut topology.own {
        own.without_cluster = true;
        own.watch = None;
    }
    topology.cluster.membership = Membership::Static;
    topology
}

fn claim(topology: &mut Topology, claims: &Claims) {
    let cluster = &mut topology.cluster;
    (cluster.manager, cluster.send_options) = (claims.manager, claims.channel_options);
    cluster.container = claims.container.unwrap_or_default();
    cluster.elements.delta_manager.class_name.clone_from(&claims.manager_class);
    if claims.manager == ManagerKind::Backup {
        cluster.elements.backup_manager.map_send_options = Some(claims.map_options);
    }
}

/// What a node claims otherwise than the first, with the arguments of its JVM; and the route that the lab gives it, where
/// its own is a property that nobody has set.
fn changes(first: &Claims, claims: &Claims, files: &OwnFiles, name: &NodeName) -> (NodeChanges, Option<String>) {
    let unset = claims.route_placeholder.as_deref().and_then(property);
    let mut jvm_args: Vec<String> = files.properties.iter().map(|(name, value)| format!("-D{name}={value}")).collect();
    jvm_args.extend(unset.map(|property| format!("-D{property}={name}")));
    let changes = NodeChanges {
        manager: (claims.manager != first.manager).then_some(claims.manager),
        send_options: (claims.channel_options != first.channel_options).then_some(claims.channel_options),
        jvm_args,
        ..NodeChanges::default()
    };
    (changes, unset.map(|_| name.to_string()))
}
