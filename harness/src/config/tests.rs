//! Whole files, as snapshots, and what must hold in each.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use rstest::rstest;

use super::{RenderError, differences, farm_folders, server_xml};
use crate::model::cluster_element::tests::{documented, documented_name, everything};
use crate::model::cluster_element::{
    BackupManager, ClusterElements, DeltaManager, Interceptor, McastService, NioReceiver, StaticMembershipInterceptor,
    StaticMembershipService, TcpFailureDetector, TcpPingInterceptor,
};
use crate::model::topology::MulticastGroup;
use crate::model::{
    Container, Endpoints, ManagerKind, Membership, NodeEndpoints, NodeName, Ports, Product, ServerKind, Timing,
    Topology,
};

const TOMEE_9: (Product, &str) = (Product::Tomee, "10.0.27");
const TOMCAT_9: (Product, &str) = (Product::Tomcat, "9.0.117");
const TOMCAT_10: (Product, &str) = (Product::Tomcat, "10.1.59");
const TOMCAT_11: (Product, &str) = (Product::Tomcat, "11.0.24");

fn topology(count: usize, manager: ManagerKind, membership: Membership, timing: Timing) -> Topology {
    let mut topology = Topology::of(count).expect("2 to 8 nodes");
    topology.cluster.manager = manager;
    topology.cluster.membership = membership;
    topology.timing = timing;
    topology
}

fn two_nodes() -> Topology {
    Topology::of(2).expect("two nodes")
}

pub(super) fn endpoints(topology: &Topology) -> Endpoints {
    let nodes = topology.names().zip(0..).map(|(node, index)| {
        let addresses = NodeEndpoints {
            http_address: Ipv4Addr::LOCALHOST,
            http_port: 18080 + index,
            receiver_address: Ipv4Addr::LOCALHOST,
            receiver_port: 14000 + index,
        };
        (node.clone(), addresses)
    });
    let group = MulticastGroup { address: Ipv4Addr::new(228, 0, 0, 9), port: 45599, bind: Some(Ipv4Addr::LOCALHOST) };
    Endpoints { nodes: nodes.collect::<BTreeMap<_, _>>(), multicast: Some(group), ..Endpoints::default() }
}

fn render(topology: &Topology, index: usize, server: (Product, &str)) -> Result<String, RenderError> {
    let server = ServerKind { product: server.0, tomcat: server.1.parse().expect("a version") };
    server_xml(topology, &endpoints(topology), &NodeName::nth(index), &server)
}

#[test]
fn ports_are_those_of_the_two_node_guide_where_they_are_asked_for() {
    let mut topology = two_nodes();
    let second = |topology: &Topology| render(topology, 1, TOMEE_9).expect("it can be rendered");
    let free = second(&topology);
    assert!(free.contains(r#"<Server port="-1""#) && free.contains(r#"redirectPort="8443""#), "{free}");
    topology.ports = Ports::Documented;
    let given = second(&topology);
    assert!(given.contains(r#"<Server port="9005""#) && given.contains(r#"redirectPort="9443""#), "{given}");
    let lines: Vec<String> =
        differences(&topology).iter().map(|line| format!("{}: {}", line.what, line.here)).collect();
    for line in ["Server port: 8005, 9005", "Connector address and port: one address; 8080, 9080"] {
        assert!(lines.iter().any(|found| found == line), "{lines:?}");
    }
}

/// Each pair of settings is in one of these.
#[rstest]
#[case::tomee9_2_delta_static_accelerated(TOMEE_9, 2, ManagerKind::Delta, Membership::Static, Timing::Accelerated, 0)]
#[case::tomee9_3_backup_multicast_documented(
    TOMEE_9,
    3,
    ManagerKind::Backup,
    Membership::Multicast,
    Timing::Documented,
    2
)]
#[case::tomcat9_2_backup_static_documented(TOMCAT_9, 2, ManagerKind::Backup, Membership::Static, Timing::Documented, 1)]
#[case::tomcat9_3_delta_multicast_accelerated(
    TOMCAT_9,
    3,
    ManagerKind::Delta,
    Membership::Multicast,
    Timing::Accelerated,
    0
)]
#[case::tomcat11_2_delta_multicast_documented(
    TOMCAT_11,
    2,
    ManagerKind::Delta,
    Membership::Multicast,
    Timing::Documented,
    0
)]
#[case::tomcat11_3_backup_static_accelerated(
    TOMCAT_11,
    3,
    ManagerKind::Backup,
    Membership::Static,
    Timing::Accelerated,
    1
)]
fn server_xml_of_a_topology(
    #[case] server: (Product, &str),
    #[case] count: usize,
    #[case] manager: ManagerKind,
    #[case] membership: Membership,
    #[case] timing: Timing,
    #[case] node: usize,
) {
    let text = render(&topology(count, manager, membership, timing), node, server).expect("it renders");
    let (product, tomcat) = server;
    insta::assert_snapshot!(format!("{product}-{tomcat}-{count}-{manager}-{membership}-{timing}"), text);
}

#[rstest]
fn files_of_one_cluster_fit_together(
    #[values(TOMEE_9, TOMCAT_9, TOMCAT_10, TOMCAT_11)] server: (Product, &str),
    #[values(2, 3, 8)] count: usize,
    #[values(ManagerKind::Delta, ManagerKind::Backup)] manager: ManagerKind,
    #[values(Membership::Static, Membership::Multicast, Membership::Dns)] membership: Membership,
    #[values(Timing::Accelerated, Timing::Documented)] timing: Timing,
) {
    let topology = topology(count, manager, membership, timing);
    let (mut watchers, mut routes, mut ports, mut lists) = (0, BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for node in 0..count {
        let text = render(&topology, node, server).expect("it renders");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let one = |tag: &str| {
            let found: Vec<_> = document.descendants().filter(|element| element.has_tag_name(tag)).collect();
            assert_eq!(found.len(), 1, "<{tag}> in {text}");
            found[0]
        };
        let attribute = |tag: &str, name: &str| one(tag).attribute(name).unwrap_or("unsaid").to_owned();
        assert!(one("Cluster").parent_element().expect("it has one").has_tag_name("Host"), "the farm needs a Host");
        assert_eq!(attribute("Deployer", "deployDir"), attribute("Host", "appBase"));
        assert_eq!(attribute("Manager", "className"), manager.class_name());
        watchers += u32::from(attribute("Deployer", "watchEnabled") == "true");
        assert!(routes.insert(attribute("Engine", "jvmRoute")));
        assert!(ports.insert(attribute("Connector", "port")) && ports.insert(attribute("Receiver", "port")));
        let members = document.descendants().filter(|element| element.has_tag_name("Member"));
        let members: Vec<_> = members.map(|member| member.attributes().map(|it| it.value()).collect()).collect();
        let members: Vec<Vec<&str>> = members;
        if membership == Membership::Static {
            let own = attribute("Receiver", "port");
            assert!(members.iter().any(|member| member.contains(&own.as_str())), "{own} is not in its own list");
            assert_eq!(members.len(), count);
        }
        lists.insert(format!("{members:?}"));
    }
    assert_eq!((watchers, lists.len()), (1, 1), "one watcher, and one list of members for all");
}

/// Everything said, as far as it can be said at once: what one topology must leave out is in another one.
fn everything_said(server: (Product, &str)) -> Vec<Topology> {
    let mut said = everything();
    if server == TOMCAT_9 {
        for interceptor in said.interceptors.iter_mut().flatten() {
            if let Interceptor::Encrypt(encrypt) = interceptor {
                encrypt.replay_window_time = None;
                encrypt.replay_window_message_count = None;
            }
        }
    } else {
        said.delta_manager.persist_authentication_notes = None;
        said.backup_manager.persist_authentication_notes = None;
    }
    let listed = ClusterElements {
        backup_manager: BackupManager::default(),
        multicast_membership: McastService::default(),
        cloud_membership: None,
        interceptors: None,
        ..said.clone()
    };
    let grouped = ClusterElements {
        delta_manager: DeltaManager::default(),
        static_membership: StaticMembershipService::default(),
        cloud_membership: None,
        ..said.clone()
    };
    let clouded = ClusterElements { cloud_membership: said.cloud_membership, ..ClusterElements::default() };
    let with = |manager, membership, elements| {
        let mut topology = topology(2, manager, membership, Timing::Accelerated);
        topology.cluster.elements = elements;
        topology
    };
    vec![
        with(ManagerKind::Delta, Membership::Static, listed),
        with(ManagerKind::Backup, Membership::Multicast, grouped),
        with(ManagerKind::Delta, Membership::Static, clouded),
    ]
}

#[rstest]
#[case(TOMCAT_9, "9.0")]
#[case(TOMCAT_10, "10.1")]
#[case(TOMCAT_11, "11.0")]
fn all_that_a_branch_documents_can_be_rendered_for_it(#[case] server: (Product, &str), #[case] branch: &str) {
    let mut rendered = BTreeSet::new();
    for topology in everything_said(server) {
        let text = render(&topology, 0, server).expect("it renders");
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        for element in document.descendants() {
            let class = element.attribute("className").unwrap_or_default();
            let name = documented_name(element.tag_name().name(), class);
            rendered.extend(element.attributes().map(|it| (name.to_owned(), it.name().to_owned())));
        }
    }
    let documented = documented(branch).into_iter().map(|(element, name)| (element.to_owned(), name.to_owned()));
    let missing: Vec<_> = documented.filter(|pair| !rendered.contains(pair)).collect();
    assert!(missing.is_empty(), "documented, and not rendered: {missing:?}");
}

#[test]
fn everything_said_at_once() {
    for (name, topology) in ["listed", "grouped", "clouded"].into_iter().zip(everything_said(TOMCAT_11)) {
        insta::assert_snapshot!(format!("everything-{name}"), render(&topology, 0, TOMCAT_11).expect("it renders"));
    }
}

#[test]
fn what_the_topology_says_wins_and_the_rest_stays() {
    let mut topology = two_nodes();
    topology.cluster.elements.receiver = NioReceiver { max_threads: Some(3), ..NioReceiver::default() };
    topology.cluster.elements.deployer.watch_dir = Some("drop & <go>".to_owned());
    topology.cluster.elements.interceptors = Some(vec![
        Interceptor::TcpPing(TcpPingInterceptor { use_thread: Some(true), ..TcpPingInterceptor::default() }),
        Interceptor::TcpFailureDetector(TcpFailureDetector::default()),
    ]);
    let text = render(&topology, 1, TOMCAT_11).expect("it renders");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let one = |tag: &str| document.descendants().find(|element| element.has_tag_name(tag)).expect("it is there");
    assert_eq!(
        (one("Receiver").attribute("maxThreads"), one("Receiver").attribute("port")),
        (Some("3"), Some("14001"))
    );
    assert_eq!(one("Deployer").attribute("watchDir"), Some("drop & <go>"));
    assert_eq!(farm_folders(&topology).watch, "drop & <go>");
    let stack: Vec<_> = document
        .descendants()
        .filter(|element| element.has_tag_name("Interceptor"))
        .map(|element| documented_name("Interceptor", element.attribute("className").expect("it has one")))
        .collect();
    assert_eq!(stack, ["TcpPingInterceptor", "TcpFailureDetector"]);
}

/// The way to a static cluster on Tomcat 8.5: facts from `StaticMembershipInterceptor` and `Channel`.
#[test]
fn the_static_membership_interceptor_takes_the_place_of_the_service() {
    let mut topology = two_nodes();
    let list = Interceptor::StaticMembership(StaticMembershipInterceptor::default());
    topology.cluster.elements.interceptors = Some(vec![list]);
    let text = render(&topology, 1, (Product::Tomee, "8.5.57")).expect("it renders");
    let document = roxmltree::Document::parse(&text).expect("well-formed");
    let all = |tag: &'static str| document.descendants().filter(move |element| element.has_tag_name(tag));
    assert_eq!(all("Membership").count(), 0);
    assert_eq!(all("Cluster").next().expect("it is there").attribute("channelStartOptions"), Some("3"));
    let ports: Vec<_> = all("Member").map(|member| member.attribute("port")).collect();
    assert_eq!(ports, [Some("14000")], "the others, and not the node itself");
    let own = all("LocalMember").next().expect("it is there").attribute("uniqueId");
    assert_eq!(own, Some("{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"));
}

#[test]
fn what_a_server_lacks_is_refused_by_name() {
    let message = |topology: &Topology, server| render(topology, 0, server).expect_err("it cannot have it").to_string();
    insta::assert_snapshot!(message(&two_nodes(), (Product::Tomee, "8.5.57")), @"TomEE on Tomcat 8.5.57 has no StaticMembershipService: added in Tomcat 9.0.11");
    insta::assert_snapshot!(message(&two_nodes(), (Product::Tomcat, "9.0.0.M23")), @"Tomcat 9.0.0.M23 has no StaticMembershipService: added in Tomcat 9.0.11");
    insta::assert_snapshot!(message(&two_nodes(), (Product::Tomcat, "7.0.109")), @"Tomcat 7.0.109 is not supported: the oldest is Tomcat 8.5.0");
    let mut topology = two_nodes();
    topology.cluster.elements.delta_manager.enable_statistics = Some(false);
    insta::assert_snapshot!(message(&topology, TOMEE_9), @"TomEE on Tomcat 10.0.27 has no DeltaManager enableStatistics: added in Tomcat 9.0.108, 10.1.44, 11.0.10");
    assert!(render(&topology, 0, TOMCAT_9).is_ok() && render(&topology, 0, (Product::Tomcat, "11.1.0")).is_ok());
    let mut topology = two_nodes();
    topology.cluster.elements.delta_manager.persist_authentication_notes = Some(true);
    insta::assert_snapshot!(message(&topology, TOMCAT_10), @"Tomcat 10.1.59 has no DeltaManager persistAuthenticationNotes: removed in Tomcat 10.1.0");
    assert!(render(&topology, 0, TOMEE_9).is_ok());
}

#[test]
fn what_would_be_lost_without_a_word_is_refused() {
    let refused = |change: &dyn Fn(&mut Topology), server| {
        let mut topology = two_nodes();
        change(&mut topology);
        render(&topology, 0, server).expect_err("it would be lost").to_string()
    };
    let backup = |topology: &mut Topology| topology.cluster.elements.backup_manager.rpc_timeout = Some(1);
    insta::assert_snapshot!(refused(&backup, TOMEE_9), @"backup-manager is configured but not used: the topology's manager is delta");
    let group = |topology: &mut Topology| topology.cluster.elements.multicast_membership.ttl = Some(0);
    insta::assert_snapshot!(refused(&group, TOMEE_9), @"multicast-membership is configured but not used: the topology's membership is static");
    let twice = |topology: &mut Topology| {
        topology.cluster.elements.receiver.other = [("port".to_owned(), "1".to_owned())].into();
    };
    insta::assert_snapshot!(refused(&twice, TOMEE_9), @"attribute port of <Receiver> is given twice");
    let bell = |topology: &mut Topology| topology.cluster.elements.channel.jmx_prefix = Some("a\u{7}".to_owned());
    insta::assert_snapshot!(refused(&bell, TOMEE_9), @r"attribute jmxPrefix of <Channel> contains the character '\u{7}', which is not valid in XML");
}

#[test]
fn addresses_must_be_there() {
    let mut topology = two_nodes();
    let server = ServerKind { product: Product::Tomee, tomcat: "10.0.27".parse().expect("a version") };
    let mut endpoints = endpoints(&topology);
    let stranger = server_xml(&topology, &endpoints, &NodeName::nth(4), &server);
    insta::assert_snapshot!(stranger.expect_err("no such node"), @"the topology has no node n5");
    endpoints.nodes.remove(&NodeName::nth(1));
    let peer = server_xml(&topology, &endpoints, &NodeName::nth(0), &server);
    insta::assert_snapshot!(peer.expect_err("its peer has no address"), @"node n2 has no address: the topology has no endpoint for it");
    topology.cluster.membership = Membership::Multicast;
    endpoints.multicast = None;
    let group = server_xml(&topology, &endpoints, &NodeName::nth(0), &server);
    insta::assert_snapshot!(group.expect_err("no group"), @"membership is `multicast`, and the endpoints name no multicast group");
}

fn as_lines(topology: &Topology) -> String {
    let lines = differences(topology);
    let what: BTreeSet<_> = lines.iter().map(|line| &line.what).collect();
    assert_eq!(what.len(), lines.len(), "something is there twice");
    lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn differences_of_the_default() {
    insta::assert_snapshot!(as_lines(&two_nodes()));
}

#[test]
fn differences_of_a_topology_that_says_much() {
    let mut topology = topology(3, ManagerKind::Backup, Membership::Multicast, Timing::Documented);
    topology.cluster.send_options = "async".parse().expect("send options");
    for node in &mut topology.nodes {
        node.jvm_route = None;
    }
    topology.jvm.args = vec!["-Xmx1g".to_owned()];
    topology.jvm.env = [("TOKEN".to_owned(), "hidden".to_owned())].into();
    topology.jvm.libs = vec!["/home/me/driver.jar".into()];
    topology.cluster.elements = everything_said(TOMCAT_11)[1].cluster.elements.clone();
    let lines = as_lines(&topology);
    assert!(!lines.contains("hidden") && !lines.contains("encryptionKey=text"), "a secret is shown");
    insta::assert_snapshot!(lines);
}

#[rstest]
#[case::of_the_host(Container::Host, "Host")]
#[case::of_the_engine(Container::Engine, "Engine")]
fn the_cluster_stands_in_its_container(#[case] container: Container, #[case] parent: &str) {
    let mut topology = two_nodes();
    topology.cluster.container = container;
    let text = render(&topology, 0, TOMEE_9).expect("it renders");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let clusters: Vec<_> = document.descendants().filter(|node| node.has_tag_name("Cluster")).collect();
    let [cluster] = clusters.as_slice() else { panic!("{} clusters", clusters.len()) };
    assert_eq!(cluster.parent_element().map(|parent| parent.tag_name().name()), Some(parent));
}

#[test]
fn what_the_topology_says_back_to_stock_is_no_difference() {
    let mut topology = two_nodes();
    topology.cluster.send_options = "async".parse().expect("send options");
    topology.cluster.elements.receiver.auto_bind = Some(100);
    topology.cluster.elements.receiver.port = Some(5000);
    let lines = as_lines(&topology);
    assert!(!lines.contains("channelSendOptions") && !lines.contains("autoBind"), "{lines}");
    assert!(lines.contains("Receiver port: 5000 (stock: 4000; set by the topology)"), "{lines}");
}
