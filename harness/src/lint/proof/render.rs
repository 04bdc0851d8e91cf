//! From parts to files.

use std::collections::BTreeMap;

/// Values for what stands between `@` and `@` in a server.xml: the seats of two nodes, and a multicast group.
pub const SAMPLE: [(&str, &str); 13] = [
    ("n1.address", "10.0.0.1"),
    ("n1.http", "8080"),
    ("n1.receiver-address", "10.0.0.1"),
    ("n1.receiver", "4000"),
    ("n2.address", "10.0.0.2"),
    ("n2.http", "8080"),
    ("n2.receiver-address", "10.0.0.2"),
    ("n2.receiver", "4001"),
    ("group.address", "228.0.0.44"),
    ("group.port", "45590"),
    ("group.other-port", "45591"),
    ("group.bind", "10.0.0.1"),
    ("base", "/srv/tomcat"),
];

/// Classes by their short names, with the package below `org.apache.catalina`.
const PACKAGES: [(&str, &str); 22] = [
    ("SimpleTcpCluster", "ha.tcp"),
    ("ReplicationValve", "ha.tcp"),
    ("DeltaManager", "ha.session"),
    ("BackupManager", "ha.session"),
    ("JvmRouteBinderValve", "ha.session"),
    ("ClusterSessionListener", "ha.session"),
    ("ClusterSingleSignOn", "ha.authenticator"),
    ("FarmWarDeployer", "ha.deploy"),
    ("GroupChannel", "tribes.group"),
    ("McastService", "tribes.membership"),
    ("StaticMembershipService", "tribes.membership"),
    ("StaticMember", "tribes.membership"),
    ("NioReceiver", "tribes.transport.nio"),
    ("TcpFailureDetector", "tribes.group.interceptors"),
    ("MessageDispatchInterceptor", "tribes.group.interceptors"),
    ("MessageDispatch15Interceptor", "tribes.group.interceptors"),
    ("EncryptInterceptor", "tribes.group.interceptors"),
    ("StaticMembershipInterceptor", "tribes.group.interceptors"),
    ("TcpPingInterceptor", "tribes.group.interceptors"),
    ("GzipInterceptor", "tribes.group.interceptors"),
    ("ThroughputInterceptor", "tribes.group.interceptors"),
    ("StandardManager", "session"),
];

/// The parts of a plain cluster: two nodes that list each other, and wait for each other's acknowledgement.
const PLAIN: [(&str, &str); 14] = [
    ("listeners", ""),
    ("service", ""),
    ("engine-attributes", r#"jvmRoute="@self@""#),
    ("engine", ""),
    ("host", "%cluster%"),
    ("after", ""),
    ("cluster", r#"<Cluster className="~SimpleTcpCluster" %cluster-attributes%>%inside%</Cluster>"#),
    ("cluster-attributes", r#"channelSendOptions="6""#),
    ("inside", "%manager%%channel%%more%"),
    ("manager", ""),
    ("channel", r#"<Channel className="~GroupChannel">%membership%%receiver%%interceptors%</Channel>"#),
    ("more", ""),
    ("membership", MEMBERS),
    (
        "receiver",
        r#"<Receiver className="~NioReceiver" address="@self.receiver-address@" port="@self.receiver@" autoBind="1"/>"#,
    ),
];

/// A list of both nodes.
pub(super) const MEMBERS: &str = r#"<Membership className="~StaticMembershipService">
            <Member className="~StaticMember" host="@n1.receiver-address@" port="@n1.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}"/>
            <Member className="~StaticMember" host="@n2.receiver-address@" port="@n2.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"/>
          </Membership>"#;

/// A group of the run's own.
pub(super) const MULTICAST: &str =
    r#"<Membership className="~McastService" address="@group.address@" port="@group.port@" bind="@group.bind@"/>"#;

const SERVER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1" shutdown="SHUTDOWN">
  %listeners%
  <Service name="Catalina">
    <Connector address="@self.address@" port="@self.http@" protocol="HTTP/1.1"/>
    %service%
    <Engine name="Catalina" defaultHost="localhost" %engine-attributes%>
      %engine%
      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">
        %host%
      </Host>
      %after%
    </Engine>
  </Service>
</Server>
"#;

/// The files of a node.
pub(super) fn files(parts: &BTreeMap<&str, &str>, node: &str) -> BTreeMap<String, String> {
    let mut server = SERVER.to_owned();
    // A part may hold others; none holds itself.
    for _ in 0..8 {
        for (name, plain) in PLAIN.iter().chain(&[("interceptors", ""), ("watches", "false")]) {
            let text = parts.get(name).copied().unwrap_or(plain);
            server = server.replace(&format!("%{name}%"), text);
        }
    }
    let mut files = BTreeMap::from([("conf/server.xml".to_owned(), finished(&server, node))]);
    for (name, text) in parts {
        if let Some(path) = name.strip_prefix("file ") {
            files.insert(path.to_owned(), finished(text, node));
        }
    }
    files
}

fn finished(text: &str, node: &str) -> String {
    let mut text = text.replace("@self@", node).replace("@self.", &format!("@{node}."));
    for (short, package) in PACKAGES {
        text = text.replace(&format!("\"~{short}\""), &format!("\"org.apache.catalina.{package}.{short}\""));
    }
    text
}

/// A text with the values of its seats put in.
pub fn with_seats<N: AsRef<str>, V: AsRef<str>>(text: &str, seats: &[(N, V)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in seats {
        text = text.replace(&format!("@{}@", name.as_ref()), value.as_ref());
    }
    text
}
