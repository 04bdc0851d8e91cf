//! Which elements of a cluster take a class of Tomcat's.

use crate::config::read::Element;

/// Classes by the end of their name or, with a point at its end, by a part of it, and the elements that take them.
const KINDS: [(&str, &[&str]); 23] = [
    (".group.interceptors.", &["Interceptor"]),
    (".membership.McastService", &["Membership"]),
    (".membership.StaticMembershipService", &["Membership"]),
    (".cloud.CloudMembershipService", &["Membership"]),
    (".membership.StaticMember", &["Member", "LocalMember"]),
    (".transport.nio.NioReceiver", &["Receiver"]),
    (".transport.ReplicationTransmitter", &["Sender"]),
    (".transport.nio.PooledParallelSender", &["Transport"]),
    (".transport.nio.ParallelNioSender", &["Transport"]),
    (".transport.bio.PooledMultiSender", &["Transport"]),
    (".transport.bio.MultipointBioSender", &["Transport"]),
    (".group.GroupChannel", &["Channel"]),
    (".ha.tcp.SimpleTcpCluster", &["Cluster"]),
    (".ha.tcp.ReplicationValve", &["Valve"]),
    (".ha.session.JvmRouteBinderValve", &["Valve"]),
    (".ha.authenticator.ClusterSingleSignOn", &["Valve"]),
    (".ha.session.DeltaManager", &["Manager"]),
    (".ha.session.BackupManager", &["Manager"]),
    (".ha.session.ClusterSessionListener", &["ClusterListener"]),
    (".ha.session.JvmRouteSessionIDBinderListener", &["ClusterListener"]),
    (".ha.authenticator.ClusterSingleSignOnListener", &["ClusterListener"]),
    (".ha.deploy.FarmWarDeployer", &["Deployer"]),
    (".ha.backend.HeartbeatListener", &["Listener"]),
];

/// The elements that take a class, where that is known.
pub(super) fn kinds(class: &str) -> Option<&'static [&'static str]> {
    let is_of = |part: &str| if part.ends_with('.') { class.contains(part) } else { class.ends_with(part) };
    KINDS.iter().find(|(part, _)| is_of(part)).map(|(_, elements)| *elements)
}

/// Whether an element takes a class, where that is known.
pub(super) fn takes(element: Element<'_>, class: &str) -> Option<bool> {
    kinds(class).map(|elements| elements.contains(&element.name()))
}
