//! The configuration of `HAProxy` before the nodes.
//!
//! Sources: the `HAProxy` configuration manual 2.6, sections 3.1 (`stats socket`), 4.2 (`cookie`, `use-server`,
//! `http-after-response`, `option httpchk`) and 5.2 (`check`, `inter`, `rise`, `fall`).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::model::front::{HealthCheck, Sticky};
use crate::model::{Front, NodeName, Topology};

/// The socket on which it is told what to do, in its working directory.
pub const ADMIN_SOCKET: &str = "admin.sock";
/// The part of the configuration that has the nodes.
pub const BACKEND: &str = "nodes";
/// A header of each answer: the node that was chosen, also where it did not answer.
pub const CHOSEN: &str = "x-harness-node";
/// A header of those answers that a node gave.
pub const ANSWERED: &str = "x-harness-answered";

/// The configuration of a balancer that listens at `listen`, before nodes at these addresses.
pub fn haproxy(
    topology: &Topology,
    front: &Front,
    listen: SocketAddr,
    nodes: &BTreeMap<NodeName, SocketAddr>,
) -> String {
    let interval = front.health_check_interval.0;
    let check_timeout = interval.max(1000);
    let timeout = front.server_timeout.0;
    let mut text = format!(
        "global\n    maxconn 4000\n    stats socket unix@{ADMIN_SOCKET} mode 600 level admin\n    log stdout format raw local0 info\n\n\
         defaults\n    mode http\n    log global\n    option httplog\n    timeout connect 2s\n    timeout client 1m\n    \
         timeout server {timeout}ms\n    timeout check {check_timeout}ms\n    retries 3\n    option redispatch\n\n\
         frontend front\n    bind {listen}\n    http-after-response set-header {CHOSEN} %s\n    default_backend {BACKEND}\n\n\
         backend {BACKEND}\n    balance roundrobin\n    http-response set-header {ANSWERED} %s\n"
    );
    let cookie = &front.session_cookie;
    match front.sticky {
        Sticky::Route => {
            // The id may stand in the path, too: `/shop;jsessionid=AB.n1`.
            let parameter = cookie.to_ascii_lowercase();
            for name in nodes.keys() {
                let Some(route) = topology.front_route(name) else { continue };
                text.push_str(&format!(
                    "    use-server {name} if {{ req.cook({cookie}) -m end .{route} }}\n    use-server {name} if {{ \
                     urlp({parameter},;) -m end .{route} }}\n"
                ));
            }
        }
        Sticky::Cookie => text.push_str("    cookie FRONT insert indirect nocache httponly\n"),
        Sticky::Prefix => text.push_str(&format!("    cookie {cookie} prefix nocache\n")),
        Sticky::None => {}
    }
    if let HealthCheck::Http(path) = &front.health_check {
        text.push_str(&format!(
            "    option httpchk\n    http-check send meth GET uri {path}\n    http-check expect status 200-399\n"
        ));
    }
    text.push_str(&format!("    default-server check inter {interval}ms rise {} fall {}\n", front.rise, front.fall));
    let marked = matches!(front.sticky, Sticky::Cookie | Sticky::Prefix);
    for (name, address) in nodes {
        let cookie = if marked { format!(" cookie {name}") } else { String::new() };
        text.push_str(&format!("    server {name} {address}{cookie}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(front: &Front) -> String {
        let topology = Topology { front: Some(Box::new(front.clone())), ..Topology::of(2).expect("two nodes") };
        let nodes = topology.names().zip([8080_u16, 9080]);
        let nodes = nodes.map(|(name, port)| (name.clone(), SocketAddr::from(([127, 0, 0, 1], port)))).collect();
        haproxy(&topology, front, SocketAddr::from(([127, 0, 0, 1], 20_000)), &nodes)
    }

    #[test]
    fn a_balancer_that_goes_by_the_route_knows_each_nodes_own() {
        let text = rendered(&Front::default());
        insta::assert_snapshot!(text);
        let routes = BTreeMap::from([(NodeName::nth(0), crate::model::JvmRoute::new("tomcat-1").expect("a route"))]);
        let other = rendered(&Front { routes, ..Front::default() });
        assert!(other.contains("use-server n1 if { req.cook(JSESSIONID) -m end .tomcat-1 }"), "{other}");
        assert!(other.contains("use-server n2 if { req.cook(JSESSIONID) -m end .n2 }"), "{other}");
    }

    #[test]
    fn each_way_of_sticking_has_its_own_lines() {
        let with = |sticky| rendered(&Front { sticky, ..Front::default() });
        let (cookie, prefix, none) = (with(Sticky::Cookie), with(Sticky::Prefix), with(Sticky::None));
        assert!(
            cookie.contains("    cookie FRONT insert indirect nocache httponly\n") && cookie.contains(" cookie n1\n")
        );
        assert!(prefix.contains("    cookie JSESSIONID prefix nocache\n") && prefix.contains(" cookie n2\n"));
        assert!(!none.contains("cookie") && !none.contains("use-server"), "{none}");
    }

    #[test]
    fn a_check_by_a_path_asks_for_it() {
        let check = HealthCheck::Http("/counter/read.jsp".to_owned());
        let text = rendered(&Front { health_check: check, rise: 3, ..Front::default() });
        assert!(text.contains("http-check send meth GET uri /counter/read.jsp\n"), "{text}");
        assert!(text.contains("check inter 200ms rise 3 fall 2\n"), "{text}");
    }
}
