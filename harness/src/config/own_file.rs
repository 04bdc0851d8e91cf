//! What the server.xml of an installed server says that a stock one does not: none of it is in effect on our nodes.

use super::redact_xml;

/// More lines than this are counted and not listed.
const MOST_LINES: usize = 12;

/// An element of a stock server.xml, of any version from 8.5 on: its name, its class where it has one, and its attributes
/// with the values that they have in one or the other version.
struct Stock {
    tag: &'static str,
    class: &'static str,
    attributes: &'static [(&'static str, &'static [&'static str])],
}

const STOCK: &[Stock] = &[
    Stock { tag: "Server", class: "", attributes: &[("port", &["8005", "-1"]), ("shutdown", &["SHUTDOWN"])] },
    Stock { tag: "Listener", class: "org.apache.tomee.catalina.ServerListener", attributes: &[] },
    Stock { tag: "Listener", class: "org.apache.catalina.startup.VersionLoggerListener", attributes: &[] },
    Stock {
        tag: "Listener",
        class: "org.apache.catalina.core.AprLifecycleListener",
        attributes: &[("SSLEngine", &["on", "off"])],
    },
    Stock { tag: "Listener", class: "org.apache.catalina.core.OpenSSLLifecycleListener", attributes: &[] },
    Stock { tag: "Listener", class: "org.apache.catalina.core.JasperListener", attributes: &[] },
    Stock { tag: "Listener", class: "org.apache.catalina.core.JreMemoryLeakPreventionListener", attributes: &[] },
    Stock { tag: "Listener", class: "org.apache.catalina.mbeans.GlobalResourcesLifecycleListener", attributes: &[] },
    Stock { tag: "Listener", class: "org.apache.catalina.core.ThreadLocalLeakPreventionListener", attributes: &[] },
    Stock { tag: "GlobalNamingResources", class: "", attributes: &[] },
    Stock {
        tag: "Resource",
        class: "",
        attributes: &[
            ("name", &["UserDatabase"]),
            ("auth", &["Container"]),
            ("type", &["org.apache.catalina.UserDatabase"]),
            ("description", &["User database that can be updated and saved"]),
            ("factory", &["org.apache.catalina.users.MemoryUserDatabaseFactory"]),
            ("pathname", &["conf/tomcat-users.xml"]),
        ],
    },
    Stock { tag: "Service", class: "", attributes: &[("name", &["Catalina"])] },
    Stock {
        tag: "Connector",
        class: "",
        attributes: &[
            ("port", &["8080", "8009"]),
            ("protocol", &["HTTP/1.1", "AJP/1.3"]),
            ("connectionTimeout", &["20000"]),
            ("redirectPort", &["8443"]),
            ("maxParameterCount", &["1000"]),
            ("xpoweredBy", &["false"]),
            ("server", &["Apache TomEE"]),
        ],
    },
    Stock { tag: "Engine", class: "", attributes: &[("name", &["Catalina"]), ("defaultHost", &["localhost"])] },
    Stock { tag: "Realm", class: "org.apache.catalina.realm.LockOutRealm", attributes: &[] },
    Stock {
        tag: "Realm",
        class: "org.apache.catalina.realm.UserDatabaseRealm",
        attributes: &[("resourceName", &["UserDatabase"])],
    },
    Stock {
        tag: "Host",
        class: "",
        attributes: &[
            ("name", &["localhost"]),
            ("appBase", &["webapps"]),
            ("unpackWARs", &["true"]),
            ("autoDeploy", &["true"]),
        ],
    },
    Stock {
        tag: "Valve",
        class: "org.apache.catalina.valves.AccessLogValve",
        attributes: &[
            ("directory", &["logs"]),
            ("prefix", &["localhost_access_log", "localhost_access_log."]),
            ("suffix", &[".txt"]),
            ("pattern", &["%h %l %u %t \"%r\" %s %b", "common"]),
        ],
    },
];

/// What a server.xml says that no stock one does, one line an element, without secrets; nothing of a stock one.
pub fn not_stock(xml: &str) -> Vec<String> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let document = match roxmltree::Document::parse_with_options(xml.trim_start_matches('\u{feff}'), options) {
        Ok(document) => document,
        Err(error) => return vec![format!("not valid XML: {error}")],
    };
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    let mut lines: Vec<String> = elements.filter_map(line_of).collect();
    if lines.len() > MOST_LINES {
        let more = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES);
        lines.push(format!("and {more} more elements"));
    }
    lines
}

/// `line 42: Receiver (NioReceiver) address="auto" port="4000"`; nothing of an element as it is in stock.
fn line_of(element: roxmltree::Node<'_, '_>) -> Option<String> {
    let (tag, class) = (element.tag_name().name(), element.attribute("className").unwrap_or_default());
    let stock = STOCK.iter().find(|stock| stock.tag == tag && stock.class == class);
    let is_stock = |name: &str, value: &str| {
        let known = stock.and_then(|stock| stock.attributes.iter().find(|(known, _)| *known == name));
        name == "className" || known.is_some_and(|(_, values)| values.contains(&value))
    };
    let own = element.attributes().filter(|attribute| !is_stock(attribute.name(), attribute.value()));
    let own: String = own.map(|attribute| format!(" {}=\"{}\"", attribute.name(), attribute.value())).collect();
    if stock.is_some() && own.is_empty() {
        return None;
    }
    let class = class.rsplit('.').next().filter(|class| !class.is_empty());
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    let line = element.document().text_pos_at(element.range().start).row;
    Some(redact_xml(&format!("line {line}: {tag}{class}{own}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::server_xml;
    use crate::model::{NodeName, Product, ServerKind, TomcatVersion, Topology};

    const TOMCAT_9: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Server port="8005" shutdown="SHUTDOWN">
  <Listener className="org.apache.catalina.startup.VersionLoggerListener" />
  <Listener className="org.apache.catalina.core.AprLifecycleListener" SSLEngine="on" />
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener" />
  <Listener className="org.apache.catalina.mbeans.GlobalResourcesLifecycleListener" />
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener" />
  <GlobalNamingResources>
    <Resource name="UserDatabase" auth="Container" type="org.apache.catalina.UserDatabase"
              description="User database that can be updated and saved"
              factory="org.apache.catalina.users.MemoryUserDatabaseFactory" pathname="conf/tomcat-users.xml" />
  </GlobalNamingResources>
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000" redirectPort="8443" maxParameterCount="1000" />
    <Engine name="Catalina" defaultHost="localhost">
      <!-- <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/> -->
      <Realm className="org.apache.catalina.realm.LockOutRealm">
        <Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/>
      </Realm>
      <Host name="localhost"  appBase="webapps" unpackWARs="true" autoDeploy="true">
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs"
               prefix="localhost_access_log" suffix=".txt" pattern="%h %l %u %t &quot;%r&quot; %s %b" />
      </Host>
    </Engine>
  </Service>
</Server>
"#;

    #[test]
    fn a_stock_file_says_nothing() {
        assert_eq!(not_stock(TOMCAT_9), Vec::<String>::new());
        let tomee = TOMCAT_9.replace("maxParameterCount=\"1000\"", "xpoweredBy=\"false\" server=\"Apache TomEE\"");
        assert_eq!(not_stock(&tomee), Vec::<String>::new());
    }

    #[test]
    fn each_element_and_attribute_of_ones_own_is_a_line() {
        let cluster = r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="8">
        <Channel className="org.apache.catalina.tribes.group.GroupChannel">
          <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="auto" port="4000"/>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" encryptionKey="cafe"/>
        </Channel>
      </Cluster>"#;
        let own = TOMCAT_9
            .replace("<!-- <Cluster className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\"/> -->", cluster)
            .replace("port=\"8080\"", "port=\"9090\"")
            .replace("defaultHost=\"localhost\"", "defaultHost=\"localhost\" jvmRoute=\"a\"");
        assert_eq!(
            not_stock(&own),
            [
                "line 14: Connector port=\"9090\"",
                "line 15: Engine jvmRoute=\"a\"",
                "line 16: Cluster (SimpleTcpCluster) channelSendOptions=\"8\"",
                "line 17: Channel (GroupChannel)",
                "line 18: Receiver (NioReceiver) address=\"auto\" port=\"4000\"",
                "line 19: Interceptor (EncryptInterceptor) encryptionKey=\"(redacted)\"",
            ]
        );
    }

    #[test]
    fn many_elements_are_counted_and_what_is_no_xml_is_said() {
        let many = TOMCAT_9.replace("</Host>", &format!("{}</Host>", "<Valve className=\"a.B\"/>".repeat(20)));
        let lines = not_stock(&many);
        assert_eq!((lines.len(), lines.last().map(String::as_str)), (MOST_LINES + 1, Some("and 8 more elements")));
        assert!(not_stock("<Server").first().is_some_and(|line| line.starts_with("not valid XML")));
    }

    /// What we write beside a stock file's elements is listed as the file's own, so that no element of ours is taken for stock.
    #[test]
    fn our_own_file_is_none() {
        let topology = Topology::of(2).expect("two nodes");
        let endpoints = crate::config::tests::endpoints(&topology);
        let kind = ServerKind { product: Product::Tomcat, tomcat: TomcatVersion::new(10, 1, 59) };
        let own = server_xml(&topology, &endpoints, &NodeName::nth(0), &kind).expect("rendered");
        let lines = not_stock(&own);
        assert!(lines.iter().any(|line| line.contains("Cluster (SimpleTcpCluster)")), "{lines:?}");
    }
}
