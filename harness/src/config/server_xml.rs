//! The server.xml of one node: a stock file but for what the topology asks for.

use super::RenderError;
use super::cluster::{self, ACCELERATED_DELAY_S, FARM_DEPLOY_DIR, Place};
use super::xml::{self, Element};
use crate::model::{
    Container, Endpoints, NodeEndpoints, NodeName, Product, ServerKind, Timing, TomcatVersion, Topology,
};

/// Where a stock connector sends whoever needs TLS.
const STOCK_REDIRECT: u16 = 8443;
const OLDEST: TomcatVersion = TomcatVersion::new(8, 5, 0);

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
    let place = Place { topology, endpoints, node, server };
    let own = place.endpoint(node)?;
    let mut engine = Element::new("Engine").with("name", "Catalina").with("defaultHost", "localhost");
    if let Some(route) = &spec.jvm_route {
        engine = engine.with("jvmRoute", route.as_str());
    }
    if topology.timing == Timing::Accelerated {
        // The Host has no thread of its own by default, so this clock is the farm's, too.
        engine = engine.with("backgroundProcessorDelay", ACCELERATED_DELAY_S.to_string());
    }
    let host = Element::new("Host")
        .with("name", "localhost")
        .with("appBase", FARM_DEPLOY_DIR)
        .with("unpackWARs", "true")
        .with("autoDeploy", "true");
    let cluster = cluster::render(&place)?;
    let engine = match topology.cluster.container {
        Container::Host => engine.holding([realm(), host.holding([cluster, access_log()])]),
        Container::Engine => engine.holding([cluster, realm(), host.holding([access_log()])]),
    };
    let given = topology.given_ports(node);
    let connector = connector(own, given.map_or(STOCK_REDIRECT, |ports| ports.redirect), server);
    let service = Element::new("Service").with("name", "Catalina").holding([connector, engine]);
    let root = Element::new("Server")
        // No shutdown port unless it is asked for: one less to collide, and nobody else can stop the node.
        .with("port", given.map_or_else(|| "-1".to_owned(), |ports| ports.shutdown.to_string()))
        .with("shutdown", "SHUTDOWN")
        .holding(listeners(server))
        .holding([user_database(), service]);
    xml::document(&root)
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

fn connector(own: &NodeEndpoints, redirect: u16, server: &ServerKind) -> Element {
    let connector = Element::new("Connector")
        .with("address", own.http_address.to_string())
        .with("port", own.http_port.to_string())
        .with("protocol", "HTTP/1.1")
        .with("connectionTimeout", "20000")
        .with("redirectPort", redirect.to_string());
    match server.product {
        Product::Tomee => connector.with("xpoweredBy", "false").with("server", "Apache TomEE"),
        // Stock since 9.0.74 and 10.1.8; from 11 on it is the default of the code.
        Product::Tomcat
            if (TomcatVersion::new(9, 0, 74)..TomcatVersion::new(10, 0, 0)).contains(&server.tomcat)
                || (TomcatVersion::new(10, 1, 8)..TomcatVersion::new(11, 0, 0)).contains(&server.tomcat) =>
        {
            connector.with("maxParameterCount", "1000")
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
