//! What a kubelet does for the container of a pod: it tells it where the API server is, and gives it a token and an
//! address. Namespace and labels are of the manifest, which is the node's environment.

use std::net::{Ipv4Addr, SocketAddr};

use camino::Utf8PathBuf;

use crate::runtime::pod_api::{Pod, labels_of};
use crate::runtime::{NodeFile, NodeLaunch};

/// The folder of a service account, below `CATALINA_BASE`, which is the folder in which a JVM starts.
const FOLDER: &str = "conf/kubernetes";
/// Another name by which Tomcat asks for each variable first (10.1.59) or last (10.0.27).
const OTHER_PREFIX: &str = "OPENSHIFT_KUBE_PING_";
/// What the user's environment says of an API server of its own.
const REPLACED: [&str; 14] = [
    "KUBERNETES_MASTER_PROTOCOL",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "KUBERNETES_CLIENT_CERTIFICATE_FILE",
    "KUBERNETES_CA_CERTIFICATE_FILE",
    "KUBERNETES_API_VERSION",
    "SA_TOKEN_FILE",
    "OPENSHIFT_KUBE_PING_MASTER_PROTOCOL",
    "OPENSHIFT_KUBE_PING_MASTER_HOST",
    "OPENSHIFT_KUBE_PING_MASTER_PORT",
    "OPENSHIFT_KUBE_PING_CLIENT_CERT_FILE",
    "OPENSHIFT_KUBE_PING_CA_CERT_FILE",
    "OPENSHIFT_KUBE_PING_API_VERSION",
    "OPENSHIFT_KUBE_PING_SA_TOKEN_FILE",
];
/// The provider's own default.
const NAMESPACE: &str = "tomcat";

/// The first address of nodes that share this machine's network.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// The address of a node among those that share this machine's network: every address of 127.0.0.0/8 is its own (Linux).
pub(super) fn address(index: usize) -> Ipv4Addr {
    let [a, b, c, d] = FIRST.octets();
    Ipv4Addr::new(a, b, c, d.saturating_add(u8::try_from(index).unwrap_or_default()))
}

/// The pod that a node's launch describes.
pub(super) fn pod(launch: &NodeLaunch, address: Ipv4Addr) -> Pod {
    let said = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| launch.env.iter().rfind(|(key, _)| key == name));
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    let namespace = said(["KUBERNETES_NAMESPACE", &format!("{OTHER_PREFIX}NAMESPACE")]);
    let selector = said(["KUBERNETES_LABELS", &format!("{OTHER_PREFIX}LABELS")]);
    Pod {
        name: launch.node.to_string(),
        namespace: namespace.unwrap_or_else(|| NAMESPACE.to_owned()),
        labels: labels_of(&selector.unwrap_or_default()),
        address,
    }
}

/// Gives a launch what a pod finds: where the API server is, the files of its service account, and a name that leads to its
/// own address. All processes here share one host name; a JVM takes the file of hosts for the only truth
/// (`jdk.net.hosts.file`).
pub(super) fn give(mut launch: NodeLaunch, api: SocketAddr, token: String, address: Ipv4Addr) -> NodeLaunch {
    let file = |name: &str| format!("{FOLDER}/{name}");
    launch.env.retain(|(name, _)| !REPLACED.contains(&name.as_str()));
    for (name, value) in [
        ("KUBERNETES_MASTER_PROTOCOL", "http".to_owned()),
        ("KUBERNETES_SERVICE_HOST", api.ip().to_string()),
        ("KUBERNETES_SERVICE_PORT", api.port().to_string()),
        ("SA_TOKEN_FILE", file("token")),
        // No certificate is in it: it is read even where nothing is encrypted.
        ("KUBERNETES_CA_CERTIFICATE_FILE", file("ca.crt")),
    ] {
        launch.env.push((name.to_owned(), value));
    }
    let hostname = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    let hosts = format!("127.0.0.1 localhost\n{address} {hostname}\n");
    for (name, content) in [("token", token), ("ca.crt", String::new()), ("hosts", hosts)] {
        let path = Utf8PathBuf::from(file(name));
        launch.files.push(NodeFile { path, content: content.into_bytes(), modified: None });
    }
    launch.jvm_args.push(format!("-Djdk.net.hosts.file={}", file("hosts")));
    launch
}
