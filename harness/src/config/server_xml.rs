//! The server.xml of one node: a stock file but for what the topology asks for.

use super::RenderError;
use super::xml::{self, Element};
use crate::spec::topology::MulticastGroup;
use crate::spec::{
    Endpoints, ManagerKind, Membership, NodeEndpoints, NodeName, Product, ServerKind, Timing, TomcatVersion, Topology,
};

/// Where the farm keeps a WAR while it comes in, below `CATALINA_BASE`. Tomcat does not make it (facts §3.1).
pub const FARM_TEMP_DIR: &str = "cluster/temp";
/// The folder that the farm watches on the watcher, below `CATALINA_BASE`. Tomcat does not make it.
pub const FARM_WATCH_DIR: &str = "cluster/watch";
/// Where the farm puts a WAR: the Host's `appBase`. Any other folder gives 404 on every node (facts §3.3).
pub const FARM_DEPLOY_DIR: &str = "webapps";

const OLDEST: TomcatVersion = TomcatVersion::new(8, 5, 0);
const STATIC_MEMBERSHIP_SERVICE_SINCE: TomcatVersion = TomcatVersion::new(9, 0, 11);

/// The complete server.xml of one node, for a server of this kind.
///
/// # Errors
/// The server is too old for what the topology asks for, a node has no endpoint, or a value cannot be said in XML.
pub fn server_xml(
    topology: &Topology,
    endpoints: &Endpoints,
    node: &NodeName,
    server: &ServerKind,
) -> Result<String, RenderError> {
    if server.tomcat < OLDEST {
        return Err(RenderError::Unsupported { server: *server, oldest: OLDEST });
    }
    let spec = topology.node(node).ok_or_else(|| RenderError::NoSuchNode(node.clone()))?;
    let own = endpoint(endpoints, node)?;
    let mut engine = Element::new("Engine").with("name", "Catalina").with("defaultHost", "localhost");
    if let Some(route) = &spec.jvm_route {
        engine = engine.with("jvmRoute", route);
    }
    if topology.timing == Timing::Accelerated {
        // The Host has no thread of its own by default, so this clock is the farm's, too.
        engine = engine.with("backgroundProcessorDelay", 1);
    }
    let host = Element::new("Host")
        .with("name", "localhost")
        .with("appBase", FARM_DEPLOY_DIR)
        .with("unpackWARs", true)
        .with("autoDeploy", true)
        .holding([cluster(topology, endpoints, node, server)?, access_log()]);
    let service = Element::new("Service")
        .with("name", "Catalina")
        .holding([connector(own, server), engine.holding([realm(), host])]);
    let root = Element::new("Server")
        // No shutdown port: one port less to collide, and nobody else can stop the node.
        .with("port", -1)
        .with("shutdown", "SHUTDOWN")
        .holding(listeners(server))
        .holding([user_database(), service]);
    xml::document(&root)
}

fn endpoint<'a>(endpoints: &'a Endpoints, node: &NodeName) -> Result<&'a NodeEndpoints, RenderError> {
    endpoints.nodes.get(node).ok_or_else(|| RenderError::NoEndpoint(node.clone()))
}

/// The listeners of the product's stock file, in its order.
fn listeners(server: &ServerKind) -> Vec<Element> {
    let listener = |class: &str| Element::of_class("Listener", class);
    let library = listener("org.apache.catalina.core.AprLifecycleListener");
    let (first, library) = match server.product {
        Product::Tomee => (Some(listener("org.apache.tomee.catalina.ServerListener")), library.with("SSLEngine", "on")),
        Product::Tomcat => (None, library),
    };
    first
        .into_iter()
        .chain([
            listener("org.apache.catalina.startup.VersionLoggerListener"),
            library,
            listener("org.apache.catalina.core.JreMemoryLeakPreventionListener"),
            listener("org.apache.catalina.mbeans.GlobalResourcesLifecycleListener"),
            listener("org.apache.catalina.core.ThreadLocalLeakPreventionListener"),
        ])
        .collect()
}

fn user_database() -> Element {
    Element::new("GlobalNamingResources").holding([Element::new("Resource")
        .with("name", "UserDatabase")
        .with("auth", "Container")
        .with("type", "org.apache.catalina.UserDatabase")
        .with("description", "User database that can be updated and saved")
        .with("factory", "org.apache.catalina.users.MemoryUserDatabaseFactory")
        .with("pathname", "conf/tomcat-users.xml")])
}

fn connector(own: &NodeEndpoints, server: &ServerKind) -> Element {
    let connector = Element::new("Connector")
        .with("address", own.http_address)
        .with("port", own.http_port)
        .with("protocol", "HTTP/1.1")
        .with("connectionTimeout", 20_000)
        .with("redirectPort", 8443);
    match server.product {
        Product::Tomee => connector.with("xpoweredBy", false).with("server", "Apache TomEE"),
        // Stock since 9.0.74 and 10.1.8; from 11 on it is the default of the code.
        Product::Tomcat
            if (TomcatVersion::new(9, 0, 74)..TomcatVersion::new(10, 0, 0)).contains(&server.tomcat)
                || (TomcatVersion::new(10, 1, 8)..TomcatVersion::new(11, 0, 0)).contains(&server.tomcat) =>
        {
            connector.with("maxParameterCount", 1000)
        }
        Product::Tomcat => connector,
    }
}

fn realm() -> Element {
    Element::of_class("Realm", "org.apache.catalina.realm.LockOutRealm").holding([Element::of_class(
        "Realm",
        "org.apache.catalina.realm.UserDatabaseRealm",
    )
    .with("resourceName", "UserDatabase")])
}

fn access_log() -> Element {
    Element::of_class("Valve", "org.apache.catalina.valves.AccessLogValve")
        .with("directory", "logs")
        .with("prefix", "localhost_access_log")
        .with("suffix", ".txt")
        .with("pattern", "%h %l %u %t \"%r\" %s %b")
}

fn cluster(
    topology: &Topology,
    endpoints: &Endpoints,
    node: &NodeName,
    server: &ServerKind,
) -> Result<Element, RenderError> {
    let own = endpoint(endpoints, node)?;
    let membership = match topology.cluster.membership {
        Membership::Static => static_membership(topology, endpoints, server)?,
        Membership::Multicast => multicast(endpoints.multicast.ok_or(RenderError::NoGroup)?),
    };
    let receiver = Element::of_class("Receiver", "org.apache.catalina.tribes.transport.nio.NioReceiver")
        .with("address", own.receiver_address)
        .with("port", own.receiver_port)
        .with("autoBind", 1);
    let interceptor =
        |name: &str| Element::of_class("Interceptor", &format!("org.apache.catalina.tribes.group.interceptors.{name}"));
    let channel = Element::of_class("Channel", "org.apache.catalina.tribes.group.GroupChannel").holding([
        membership,
        receiver,
        interceptor("MessageDispatchInterceptor"),
        interceptor("TcpFailureDetector").with("performReadTest", true),
    ]);
    Ok(Element::of_class("Cluster", "org.apache.catalina.ha.tcp.SimpleTcpCluster")
        .with("channelSendOptions", topology.cluster.send_options.bits())
        .holding([
            manager(topology),
            channel,
            Element::of_class("Valve", "org.apache.catalina.ha.tcp.ReplicationValve"),
            Element::of_class("Valve", "org.apache.catalina.ha.session.JvmRouteBinderValve"),
            deployer(topology, node),
            Element::of_class("ClusterListener", "org.apache.catalina.ha.session.ClusterSessionListener"),
        ]))
}

fn manager(topology: &Topology) -> Element {
    let manager = Element::of_class("Manager", topology.cluster.manager.class_name());
    match topology.cluster.manager {
        ManagerKind::Delta => manager.with("expireSessionsOnShutdown", false),
        ManagerKind::Backup => manager.with("mapSendOptions", topology.cluster.send_options.bits()),
    }
}

fn static_membership(topology: &Topology, endpoints: &Endpoints, server: &ServerKind) -> Result<Element, RenderError> {
    if server.tomcat < STATIC_MEMBERSHIP_SERVICE_SINCE {
        return Err(RenderError::TooOld {
            server: *server,
            what: "StaticMembershipService",
            since: STATIC_MEMBERSHIP_SERVICE_SINCE,
        });
    }
    let members = topology.names().zip(1..).map(|(node, number): (_, u8)| {
        let peer = endpoint(endpoints, node)?;
        Ok(Element::of_class("Member", "org.apache.catalina.tribes.membership.StaticMember")
            .with("host", peer.receiver_address)
            .with("port", peer.receiver_port)
            .with("uniqueId", format!("{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,{number}}}")))
    });
    let members = members.collect::<Result<Vec<_>, RenderError>>()?;
    Ok(Element::of_class("Membership", "org.apache.catalina.tribes.membership.StaticMembershipService")
        .with("useThread", true)
        .holding(members))
}

fn multicast(group: MulticastGroup) -> Element {
    let membership = Element::of_class("Membership", "org.apache.catalina.tribes.membership.McastService")
        .with("address", group.address)
        .with("port", group.port);
    match group.bind {
        Some(bind) => membership.with("bind", bind),
        None => membership,
    }
}

fn deployer(topology: &Topology, node: &NodeName) -> Element {
    let deployer = Element::of_class("Deployer", "org.apache.catalina.ha.deploy.FarmWarDeployer")
        .with("tempDir", FARM_TEMP_DIR)
        .with("deployDir", FARM_DEPLOY_DIR)
        .with("watchDir", FARM_WATCH_DIR)
        .with("watchEnabled", topology.watcher() == node);
    match topology.timing {
        Timing::Accelerated => deployer.with("processDeployFrequency", 1),
        Timing::Documented => deployer,
    }
}
