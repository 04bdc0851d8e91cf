mod hosts;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::*;
use crate::config::read::Properties;
use crate::model::topology::MulticastGroup;
use crate::model::{
    Endpoints, ManagerKind, Membership, NodeEndpoints, NodeName, OwnConfiguration, OwnFiles, SendOptions, ServerSpec,
};

const SHOP: &str = r#"<?xml version='1.0' encoding='utf-8'?>
<!-- the shop's own -->
<Server port="8005" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Connector port='8080'   protocol="HTTP/1.1" /> <!-- plain -->
    <Connector port="8009" protocol="AJP/1.3" secretRequired="false"/>
    <Connector port="8443" SSLEnabled="true"><SSLHostConfig/></Connector>
    <Engine name="Catalina" defaultHost="shop" jvmRoute="${route}">
      <Host name="other" appBase="other"/>
      <Host name="shop" appBase="/srv/shop/webapps/">
        <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
          <Manager className="org.apache.catalina.ha.session.BackupManager" mapSendOptions="8"/>
          <Channel className="org.apache.catalina.tribes.group.GroupChannel">
            <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="10.0.0.1" port="4000"/>
          </Channel>
          <Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" watchEnabled="true"
                    tempDir="/tmp/war-temp/" deployDir="${catalina.base}/webapps" watchDir="cluster/watch"/>
        </Cluster>
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="/var/log/shop" prefix="access"/>
      </Host>
    </Engine>
  </Service>
</Server>
"#;

fn node(index: usize) -> NodeName {
    NodeName::nth(index)
}

fn endpoints(nodes: usize) -> Endpoints {
    let place = |index: usize| NodeEndpoints {
        http_address: Ipv4Addr::LOCALHOST,
        http_port: 28_000 + u16::try_from(index).expect("small"),
        receiver_address: Ipv4Addr::LOCALHOST,
        receiver_port: 24_000 + u16::try_from(index).expect("small"),
    };
    let multicast = Some(MulticastGroup { address: Ipv4Addr::new(239, 255, 1, 1), port: 4001, bind: None });
    Endpoints {
        nodes: (0..nodes).map(|index| (node(index), place(index))).collect(),
        multicast,
        ..Endpoints::default()
    }
}

fn parsed(xml: &str) -> crate::config::read::Document {
    read(xml.as_bytes(), &Properties::new()).expect("XML")
}

fn moved(xml: &str, own: &OwnConfiguration) -> Transplanted {
    let endpoints = endpoints(2);
    let present = BTreeMap::new();
    let seat = Seat { node: &node(0), endpoints: &endpoints, own, base: None, present: &present };
    transplant(&parsed(xml), &seat).expect("it fits")
}

/// The lines that differ.
fn changed(xml: &str, own: &OwnConfiguration) -> Vec<String> {
    let new = moved(xml, own).text;
    let diff = similar::TextDiff::from_lines(xml, &new);
    let changes = diff.iter_all_changes().filter(|change| change.tag() == similar::ChangeTag::Insert);
    changes.map(|change| change.value().trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn ports_addresses_paths_and_the_group_are_changed_and_nothing_else() {
    insta::assert_snapshot!(changed(SHOP, &OwnConfiguration::default()).join("\n"), @r#"
    <Server port="-1" shutdown="SHUTDOWN">
        <Connector address="127.0.0.1" port='28000'   protocol="HTTP/1.1" /> <!-- plain -->
        <Connector address="127.0.0.1" port="0" protocol="AJP/1.3" secretRequired="false"/>
        <Connector address="127.0.0.1" port="0" SSLEnabled="true"><SSLHostConfig><Certificate certificateKeystoreFile="${catalina.base}/harness/keystore.p12" certificateKeystorePassword="changeit" certificateKeystoreType="PKCS12"/></SSLHostConfig></Connector>
          <Host name="shop" appBase="${catalina.base}/outside/srv/shop/webapps/">
              <Channel className="org.apache.catalina.tribes.group.GroupChannel"><Membership className="org.apache.catalina.tribes.membership.McastService" address="239.255.1.1" port="4001"/>
                <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="127.0.0.1" port="24000"/>
                        tempDir="${catalina.base}/outside/tmp/war-temp/" deployDir="${catalina.base}/webapps" watchDir="cluster/watch"/>
            <Valve className="org.apache.catalina.valves.AccessLogValve" directory="${catalina.base}/outside/var/log/shop" prefix="access"/>
    "#);
    let notes = moved(SHOP, &OwnConfiguration::default()).notes;
    assert_eq!(notes, ["the connector of port 8443 gets a key store that is made: ~/.keystore is not there"]);
}

#[test]
fn what_is_claimed_is_read_with_the_defaults_of_tomcat() {
    let claims = Claims::of(&parsed(SHOP), None, None).expect("claims");
    assert_eq!((claims.host.as_str(), claims.app_base.as_str()), ("shop", "outside/srv/shop/webapps"));
    assert_eq!((claims.manager, claims.channel_options), (ManagerKind::Backup, SendOptions::SYNC_ACK));
    assert_eq!(claims.map_options, SendOptions::ASYNC);
    assert_eq!(claims.membership, MembershipClaim::Multicast { group: "228.0.0.4:45564".to_owned() });
    assert_eq!(claims.route_placeholder.as_deref(), Some("${route}"));
    let farm = claims.farm.expect("a farm");
    assert_eq!((farm.deploy.as_str(), farm.temp.as_str(), farm.scan_s), ("webapps", "outside/tmp/war-temp", 20));
    let plain = "<Server><Service><Engine><Host/></Engine></Service></Server>";
    let none = Claims::of(&parsed(plain), None, None).expect("claims");
    assert_eq!(
        (none.container, none.membership, none.channel_options),
        (None, MembershipClaim::None, SendOptions::ASYNC)
    );
}

#[test]
fn a_bare_cluster_gets_a_channel_with_what_must_differ() {
    let xml = "<Server port='-1'><Service><Connector port='1'/><Engine><Host/><Cluster className='x.Y'/></Engine></Service></Server>";
    let text = moved(xml, &OwnConfiguration::default()).text;
    assert!(
        text.contains(
            "<Cluster className='x.Y'><Channel className=\"org.apache.catalina.tribes.group.GroupChannel\"><Receiver \
             className=\"org.apache.catalina.tribes.transport.nio.NioReceiver\" address=\"127.0.0.1\" port=\"24000\"/>\
             <Membership className=\"org.apache.catalina.tribes.membership.McastService\" address=\"239.255.1.1\" \
             port=\"4001\"/></Channel></Cluster>"
        ),
        "{text}"
    );
}

#[test]
fn an_address_of_all_interfaces_stays_for_it_is_what_is_tried() {
    let text = moved(&SHOP.replace("10.0.0.1", "0.0.0.0"), &OwnConfiguration::default()).text;
    assert!(text.contains("address=\"0.0.0.0\" port=\"24000\""), "{text}");
}

#[test]
fn without_its_cluster_a_file_has_none_and_no_valve_that_needs_one() {
    let valve = "<Valve className=\"org.apache.catalina.ha.authenticator.ClusterSingleSignOn\"/></Host>\n    </Engine>";
    let xml = SHOP.replacen("</Host>\n    </Engine>", valve, 1);
    let own = OwnConfiguration { without_cluster: true, ..OwnConfiguration::default() };
    let text = moved(&xml, &own).text;
    assert!(!text.contains("Cluster") && !text.contains("Deployer"), "{text}");
    assert!(text.contains("AccessLogValve"), "{text}");
}

#[test]
fn the_bytes_of_another_encoding_stay_as_they_are() {
    let mut bytes = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<!-- B\xfccher -->\r\n".to_vec();
    bytes.extend(
        b"<Server port=\"8005\"><Service><Connector port=\"8080\"/><Engine><Host/></Engine></Service></Server>\r\n",
    );
    let document = read(&bytes, &Properties::new()).expect("XML");
    let (endpoints, own) = (endpoints(1), OwnConfiguration::default());
    let present = BTreeMap::new();
    let seat = Seat { node: &node(0), endpoints: &endpoints, own: &own, base: None, present: &present };
    let made = transplant(&document, &seat).expect("it fits").bytes;
    assert!(
        made.starts_with(
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<!-- B\xfccher -->\r\n<Server port=\"-1\">"
        )
    );
}

#[test]
fn paths_that_are_one_stay_one() {
    for (path, base, below) in [
        ("webapps", None, "webapps"),
        ("./webapps/", None, "webapps"),
        ("a/../webapps", None, "webapps"),
        ("/opt/tomcat/webapps", Some("/opt/tomcat"), "webapps"),
        ("/opt/tomcat2/webapps", Some("/opt/tomcat"), "outside/opt/tomcat2/webapps"),
        ("/tmp/x/../y", None, "outside/tmp/y"),
        ("../../apps", None, "outside/apps"),
    ] {
        assert_eq!(below_base(path, base), below, "{path}");
    }
    assert_eq!(below_base(&format!("{BASE}/webapps"), None), "webapps");
}

fn listing(receiver: &str, members: &[&str]) -> String {
    let members: String = members
        .iter()
        .map(|member| member.split_once(':').expect("host:port"))
        .map(|(host, port)| format!("<Member className='m.M' host='{host}' port='{port}'/>"))
        .collect();
    format!(
        "<Server><Service><Connector port='1'/><Engine jvmRoute='r'><Host/><Cluster className='x.Y'><Channel className='c.C'>\
         <Membership className='org.apache.catalina.tribes.membership.StaticMembershipService'>{members}</Membership>\
         <Receiver className='r.R' address='{receiver}' port='4000'/></Channel></Cluster></Engine></Service></Server>"
    )
}

fn cluster(files: &[String]) -> Result<crate::model::Topology, OwnError> {
    where_pods(files, true)
}

/// Where nodes can be pods, or not.
fn where_pods(files: &[String], pods: bool) -> Result<crate::model::Topology, OwnError> {
    let nodes = files.iter().enumerate().map(|(index, xml)| OwnNode {
        name: node(index),
        files: OwnFiles::default(),
        claims: Claims::of(&parsed(xml), None, None).expect("claims"),
    });
    topology(nodes.collect(), ServerSpec::default(), pods)
}

fn members(files: &[String]) -> BTreeMap<String, String> {
    let own = cluster(files).expect("a cluster").own.expect("its own");
    own.members.into_iter().map(|(entry, node)| (entry, node.to_string())).collect()
}

fn meant(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(entry, node)| ((*entry).to_owned(), (*node).to_owned())).collect()
}

#[test]
fn each_entry_of_a_static_list_means_the_node_whose_place_it_is() {
    // By the Receivers.
    let all = ["b:4000", "a:4000"];
    let two = [listing("a", &all), listing("b", &all)];
    assert_eq!(members(&two), meant(&[("a:4000", "n1"), ("b:4000", "n2")]));
    // By who is missing in whose list.
    let peers = [
        listing("auto", &["b:4000", "c:4000"]),
        listing("auto", &["a:4000", "c:4000"]),
        listing("auto", &["a:4000", "b:4000"]),
    ];
    assert_eq!(members(&peers), meant(&[("a:4000", "n1"), ("b:4000", "n2"), ("c:4000", "n3")]));
    // By the order of one file for all.
    let one = listing("auto", &["x:4000", "y:4000"]);
    assert_eq!(members(&[one.clone(), one.clone()]), meant(&[("x:4000", "n1"), ("y:4000", "n2")]));
    // More than there are nodes.
    let three = listing("auto", &["x:4000", "y:4000", "z:4000"]);
    let refused = cluster(&[three.clone(), three]).expect_err("three");
    assert_eq!(refused.to_string(), "the lists name 3 members (x:4000, y:4000, z:4000), but 2 nodes are run");
    // And they are written as where the nodes are.
    let topology = cluster(&two).expect("a cluster");
    assert_eq!(topology.cluster.membership, Membership::Static);
    let text = moved(&two[0], &topology.own.expect("its own")).text;
    assert!(text.contains("<Member className='m.M' host='127.0.0.1' port='24001'/><Member className='m.M' host='127.0.0.1' port='24000'/>"), "{text}");
}

/// What the lists of these files mean, and which entries are no node's.
fn mapped(files: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    (members(files), cluster(files).expect("a cluster").own.expect("its own").absent)
}

#[test]
fn a_member_that_is_no_nodes_receiver_is_not_repaired() {
    let right = ["10.0.0.1:4000", "10.0.0.2:4000"];
    let files = |lists: [&[&str]; 2]| [listing("10.0.0.1", lists[0]), listing("10.0.0.2", lists[1])];
    assert_eq!(mapped(&files([&right, &right])), (meant(&[(right[0], "n1"), (right[1], "n2")]), vec![]));
    // Another port, another host, in both lists or in one.
    for wrong in ["10.0.0.2:4010", "10.0.0.3:4000"] {
        let both = ["10.0.0.1:4000", wrong];
        assert_eq!(mapped(&files([&both, &both])), (meant(&[(right[0], "n1")]), vec![wrong.to_owned()]));
        let peers = files([&[wrong], &right[..1]]);
        assert_eq!(mapped(&peers), (meant(&[(right[0], "n1")]), vec![wrong.to_owned()]));
        let one = files([&both, &right]);
        assert_eq!(mapped(&one).1, [wrong]);
        // Nobody listens there, and no node is there.
        let own = cluster(&one).expect("a cluster").own.expect("its own");
        assert_eq!(!own.mistaken.is_empty(), wrong.starts_with("10.0.0.2"), "{:?}", own.mistaken);
        let text = moved(&one[0], &own).text;
        let living = "<Member className='m.M' host='127.0.0.1' port='24000'/>";
        assert!(text.contains(&format!("{living}<Member className='m.M' host='127.0.0.1' port='1'/>")), "{text}");
        let claims: Vec<_> = one.iter().map(|xml| Claims::of(&parsed(xml), None, None).expect("claims")).collect();
        let notes = member_notes(&own, &[(node(0), claims[0].clone()), (node(1), claims[1].clone())]);
        assert_eq!(notes, [format!("n1's Member {wrong} is no node's Receiver: here nobody listens in its place")]);
    }
    // A wrong port where addresses are not said.
    let auto = [listing("auto", &["a:4000", "b:4010"]), listing("auto", &["a:4000", "b:4010"])];
    assert_eq!(mapped(&auto), (meant(&[("a:4000", "n2")]), vec!["b:4010".to_owned()]));
    // Who lists all its peers lists a third node that is not run.
    let third = ["10.0.0.1:4000", "10.0.0.2:4000", "10.0.0.3:4000"];
    assert!(cluster(&files([&third, &third])).is_err());
}

#[test]
fn a_member_that_may_be_a_nodes_receiver_is_mapped_and_told() {
    let of = |receivers: [&str; 2], list: [&str; 2]| {
        let files = receivers.map(|receiver| listing(receiver, &list));
        let (known, absent) = mapped(&files);
        assert_eq!(absent, Vec::<String>::new(), "{receivers:?} {list:?}");
        let own = cluster(&files).expect("a cluster").own.expect("its own");
        let claims = files.map(|xml| Claims::of(&parsed(&xml), None, None).expect("claims"));
        let notes = member_notes(&own, &[(node(0), claims[0].clone()), (node(1), claims[1].clone())]);
        (known.into_values().collect::<Vec<_>>().join(" "), notes.len())
    };
    // Names of hosts, one file for all, two nodes of one machine, all interfaces, another way to write an address.
    assert_eq!(of(["auto", "auto"], ["10.0.0.1:4000", "10.0.0.2:4000"]), ("n1 n2".to_owned(), 2));
    assert_eq!(of(["10.0.0.1", "10.0.0.2"], ["shop1:4000", "shop2:4000"]), ("n1 n2".to_owned(), 2));
    assert_eq!(of(["10.0.0.1", "10.0.0.1"], ["10.0.0.1:4000", "10.0.0.2:4000"]), ("n1 n2".to_owned(), 1));
    assert_eq!(of(["auto", "auto"], ["localhost:4000", "localhost:4001"]), ("n1 n2".to_owned(), 2));
    assert_eq!(of(["0.0.0.0", "0.0.0.0"], ["10.0.0.1:4000", "10.0.0.2:4000"]), ("n1 n2".to_owned(), 2));
    assert_eq!(of(["${a}", "${b}"], ["10.0.0.1:4000", "10.0.0.2:4000"]), ("n1 n2".to_owned(), 2));
    assert_eq!(of(["127.0.0.1", "Shop2"], ["localhost:4000", "shop2:4000"]), ("n1 n2".to_owned(), 0));
}

#[test]
fn nodes_of_two_groups_stay_apart() {
    let xml = |group: &str| {
        format!(
            "<Server><Service><Connector port='1'/><Engine><Host/><Cluster className='x.Y'><Channel className='c.C'>\
        <Membership className='a.McastService' address='{group}' port='45564'/></Channel></Cluster></Engine></Service></Server>"
        )
    };
    let topology = cluster(&[xml("228.0.0.4"), xml("228.0.0.5")]).expect("a cluster");
    let own = topology.own.expect("its own");
    let port = |group: &str| moved(&xml(group), &own).text.contains("port='4002'");
    assert_eq!((port("228.0.0.4"), port("228.0.0.5")), (false, true));
}

#[test]
fn what_no_lab_can_run_is_refused() {
    for (xml, why) in [
        ("<Context/>", "the root element is <Context>, expected <Server>"),
        ("<Server/>", "no <Engine> in it"),
        ("<Server><Service><Engine/></Service></Server>", "no <Host> in it"),
        (
            "<!DOCTYPE Server [<!ENTITY c SYSTEM \"cluster.xml\">]><Server><Service><Engine><Host>&c;</Host></Engine></Service></Server>",
            "a part of it is in another file, cluster.xml, which is not read",
        ),
        (
            "<Server><Service><Engine><Host appBase='@APPS@'/></Engine></Service></Server>",
            "appBase of <Host> is @APPS@, and nothing says what that is",
        ),
        (
            "<Server><Service><Engine><Host/><Cluster channelSendOptions='fast'/></Engine></Service></Server>",
            "invalid channelSendOptions `fast`",
        ),
    ] {
        let refused = Claims::of(&parsed(xml), None, None).expect_err(xml);
        assert_eq!(refused.to_string(), why);
    }
}

#[test]
fn a_route_that_nothing_sets_is_the_nodes_name() {
    let topology = cluster(&[SHOP.to_owned(), SHOP.to_owned()]).expect("a cluster");
    let routes: Vec<_> = topology.names().map(|name| topology.route(name).map(str::to_owned)).collect();
    assert_eq!(routes, [Some("n1".to_owned()), Some("n2".to_owned())]);
    let arguments = &topology.nodes[1].changes.jvm_args;
    assert_eq!(*arguments, ["-Droute=n2".to_owned()]);
    let given = topology.own.expect("its own").routes_given;
    assert_eq!(given.into_values().collect::<Vec<_>>(), ["${route}", "${route}"]);
    // A route of its own is given by nobody.
    let named = SHOP.replace("${route}", "shop1");
    assert!(cluster(&[named.clone(), named]).expect("a cluster").own.expect("its own").routes_given.is_empty());
}

/// The notes and the connector of a file with this one, where these files are there.
fn with_tls(connector: &str, there: &[&str]) -> (Vec<String>, String) {
    let xml = SHOP.replace("<Connector port=\"8443\" SSLEnabled=\"true\"><SSLHostConfig/></Connector>", connector);
    let present: BTreeMap<String, String> =
        there.iter().map(|file| ((*file).to_owned(), format!("/srv/{file}"))).collect();
    let (endpoints, own) = (endpoints(2), OwnConfiguration::default());
    let seat = Seat { node: &node(0), endpoints: &endpoints, own: &own, base: None, present: &present };
    let made = transplant(&parsed(&xml), &seat).expect("it fits");
    let line = made.text.lines().find(|line| line.contains("SSL")).unwrap_or_default().trim().to_owned();
    assert_eq!(made.makes_key_store, made.notes.iter().any(|note| note.contains("is made")));
    (made.notes, line)
}

#[test]
fn a_connector_with_tls_gets_a_key_store_where_its_own_is_not_there() {
    let certificate = r#"<Connector port="8443" SSLEnabled="true"><SSLHostConfig><Certificate certificateKeystoreFile="conf/a.jks" certificateKeystorePassword="x" certificateKeyAlias="shop"/></SSLHostConfig></Connector>"#;
    let (notes, line) = with_tls(certificate, &[]);
    assert_eq!(notes, ["the connector of port 8443 gets a key store that is made: conf/a.jks is not there"]);
    for said in ["${catalina.base}/harness/keystore.p12", "Password=\"changeit\"", "KeyAlias=\"lab\"", "\"PKCS12\""] {
        assert!(line.contains(said), "{said}: {line}");
    }
    let (notes, line) = with_tls(certificate, &["conf/a.jks"]);
    assert_eq!(notes, Vec::<String>::new());
    assert!(line.contains("certificateKeystoreFile=\"/srv/conf/a.jks\" certificateKeystorePassword=\"x\""), "{line}");
    let old = r#"<Connector port="8443" SSLEnabled="true" keystoreFile="/etc/a.jks" keystorePass="x"/>"#;
    let (notes, line) = with_tls(old, &[]);
    assert_eq!(notes.len(), 1);
    assert!(line.contains("keystorePass=\"changeit\"") && line.contains("keystoreType=\"PKCS12\""), "{line}");
    let pem = r#"<Connector port="8443" SSLEnabled="true"><SSLHostConfig><Certificate certificateFile="conf/a.pem" certificateKeyFile="conf/k.pem"/></SSLHostConfig></Connector>"#;
    assert_eq!(with_tls(pem, &[]).0, ["the connector of port 8443 is left out: its certificateFile is not there"]);
    assert_eq!(with_tls(pem, &["conf/a.pem", "conf/k.pem"]).0, Vec::<String>::new());
    let native = r#"<Connector port="8443" SSLEnabled="true" protocol="org.apache.coyote.http11.Http11AprProtocol"/>"#;
    assert_eq!(with_tls(native, &[]).0, ["the connector of port 8443 is left out: it needs the native library"]);
}

#[test]
fn a_data_source_in_memory_takes_the_place_of_one_that_is_named() {
    let source = r#"<GlobalNamingResources><Resource name="jdbc/shop" type="javax.sql.DataSource" driverClassName="com.mysql.cj.jdbc.Driver"
        url="jdbc:mysql://db/shop" username="shop" password="x" validationQuery="SELECT 1 FROM T" factory="com.zaxxer.hikari.HikariJNDIFactory"/>
        <Resource name="jdbc/other" type="javax.sql.DataSource" driverClassName="a.B"/></GlobalNamingResources><Service"#;
    let xml = SHOP.replacen("<Service", source, 1);
    let names = |named: &[&str]| OwnConfiguration {
        data_sources: named.iter().map(|name| (*name).to_owned()).collect(),
        ..OwnConfiguration::default()
    };
    let text = moved(&xml, &names(&["jdbc/shop"])).text;
    for said in [
        "driverClassName=\"org.h2.Driver\"",
        "url=\"jdbc:h2:mem:jdbc_shop;DB_CLOSE_DELAY=-1;MODE=MySQL\"",
        "username=\"sa\" password=\"\"",
        "validationQuery=\"SELECT 1\"",
        "factory=\"org.apache.tomcat.jdbc.pool.DataSourceFactory\"",
        "name=\"jdbc/other\" type=\"javax.sql.DataSource\" driverClassName=\"a.B\"",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(text.matches("h2").count(), 2, "{text}");
    assert!(!moved(&xml, &names(&[])).text.contains("h2"));
    let found = data_sources(&parsed(&xml));
    assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["jdbc/shop", "jdbc/other"]);
}

#[test]
fn ports_of_listeners_are_moved_or_told() {
    let with = |listener: &str| {
        moved(&SHOP.replacen("<Service", &format!("{listener}<Service"), 1), &OwnConfiguration::default())
    };
    let jmx = r#"<Listener className="org.apache.catalina.mbeans.JmxRemoteLifecycleListener" rmiRegistryPortPlatform="10001"/>"#;
    assert!(with(jmx).text.contains("rmiRegistryPortPlatform=\"0\""));
    let own = r#"<Listener className="com.example.Metrics" port="9404" reporter="9"/>"#;
    let told: Vec<String> = with(own).notes.into_iter().filter(|note| note.contains("Metrics")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("the port 9404 of Metrics cannot be moved"), "{told:?}");
    assert!(with(own).text.contains("port=\"9404\""));
}

#[test]
fn a_host_that_deploys_nothing_while_it_runs_is_made_to() {
    let off = SHOP.replace("<Host name=\"shop\"", "<Host autoDeploy=\"false\" name=\"shop\"");
    let made = moved(&off, &OwnConfiguration::default());
    assert!(made.text.contains("autoDeploy=\"true\""), "{}", made.text);
    assert!(made.notes.iter().any(|note| note.starts_with("the Host shop gets autoDeploy")), "{:?}", made.notes);
    // A farm brings its apps itself.
    let farm = OwnConfiguration { watch: Some((node(0), "farm".to_owned())), ..OwnConfiguration::default() };
    assert!(moved(&off, &farm).text.contains("autoDeploy=\"false\""));
    assert!(!moved(SHOP, &OwnConfiguration::default()).text.contains("autoDeploy"));
}

/// By the provider of Kubernetes, by its class, its short name or by default, the nodes are pods of the lab's own API server.
#[rstest::rstest]
#[case("", Membership::Kubernetes, &[])]
#[case("membershipProviderClassName='kubernetes'", Membership::Kubernetes, &[])]
#[case(
    "membershipProviderClassName='org.apache.catalina.tribes.membership.cloud.KubernetesMembershipProvider'",
    Membership::Kubernetes,
    &[]
)]
#[case("membershipProviderClassName='dns'", Membership::Static, &["CloudMembershipService with the provider dns"])]
fn cloud_membership_by_kubernetes_stays(
    #[case] provider: &str,
    #[case] membership: Membership,
    #[case] replaced: &[&str],
) {
    let service = "org.apache.catalina.tribes.membership.cloud.CloudMembershipService";
    let cloud = format!("<Membership className='{service}' {provider}></Membership>");
    let file = |cloud: &str| {
        let list = listing("auto", &[]);
        let (begin, end) = (list.find("<Membership").expect("one"), list.find("<Receiver").expect("one"));
        format!("{}{cloud}{}", &list[..begin], &list[end..])
    };
    let topology = cluster(&[file(&cloud), file(&cloud)]).expect("a cluster");
    let own = topology.own.expect("its own");
    assert_eq!(
        (topology.cluster.membership, own.replaced.clone()),
        (membership, replaced.iter().map(|it| (*it).to_owned()).collect())
    );
    let stays = moved(&file(&cloud), &own).text.contains(&cloud);
    assert_eq!(stays, membership == Membership::Kubernetes);
    // Not where no pods can be, and not beside a node that finds its peers otherwise.
    for (files, pods) in [([file(&cloud), file(&cloud)], false), ([file(&cloud), file("")], true)] {
        let topology = where_pods(&files, pods).expect("a cluster");
        let own = topology.own.expect("its own");
        assert_ne!(topology.cluster.membership, Membership::Kubernetes);
        assert!(own.replaced.iter().any(|what| what.starts_with("CloudMembershipService")), "{:?}", own.replaced);
        assert!(!moved(&files[0], &own).text.contains(&cloud));
    }
}
