//! Fixtures of rules: several small inputs in one text file.
//!
//! `## bad`, `## bad (warning)`, `## bad (error)` or `## near: why` begins an input; `server: tomcat:9.0` sets the version; `-- [NODE] KIND` begins a part of it:
//! a file by its path below the base, `server-part` kinds that are put into a stock server.xml (`engine`, `host`,
//! `cluster`, `channel`), `dir PATH [DEVICE]` for a file or folder that exists, `base PATH` for where the base is, `link PATH TO` for a folder that is reached by a link, `app NAME PATH` for an entry of an app (of
//! one node, where that is named), and `other NAME`, or `baseline` for known findings. `~Name` is a class of Tomcat's clustering by its short name.

#[path = "class_file.rs"]
mod class_file;

use std::collections::BTreeMap;

use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::{AppFiles, Finding, Input, NodeFiles, Report};

const PACKAGES: &[(&str, &str)] = &[
    ("SimpleTcpCluster", "ha.tcp"),
    ("ReplicationValve", "ha.tcp"),
    ("DeltaManager", "ha.session"),
    ("BackupManager", "ha.session"),
    ("JvmRouteBinderValve", "ha.session"),
    ("ClusterSessionListener", "ha.session"),
    ("ClusterSingleSignOnListener", "ha.authenticator"),
    ("FarmWarDeployer", "ha.deploy"),
    ("GroupChannel", "tribes.group"),
    ("McastService", "tribes.membership"),
    ("StaticMembershipService", "tribes.membership"),
    ("StaticMember", "tribes.membership"),
    ("CloudMembershipService", "tribes.membership.cloud"),
    ("NioReceiver", "tribes.transport.nio"),
    ("PooledParallelSender", "tribes.transport.nio"),
    ("ReplicationTransmitter", "tribes.transport"),
    ("TcpFailureDetector", "tribes.group.interceptors"),
    ("TcpPingInterceptor", "tribes.group.interceptors"),
    ("MessageDispatchInterceptor", "tribes.group.interceptors"),
    ("StaticMembershipInterceptor", "tribes.group.interceptors"),
    ("EncryptInterceptor", "tribes.group.interceptors"),
    ("OrderInterceptor", "tribes.group.interceptors"),
    ("GzipInterceptor", "tribes.group.interceptors"),
    ("ThroughputInterceptor", "tribes.group.interceptors"),
];

/// One input of a rule.
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) is_bad: bool,
    server: Option<String>,
    parts: Vec<(String, String)>,
}

/// The inputs of a rule.
pub(crate) fn read(code: &str) -> Vec<Case> {
    let path = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("lint/{code}.txt"));
    Case::of(code, &fs_err::read_to_string(path).expect("every rule has fixtures"))
}

impl Case {
    pub(crate) fn of(name: &str, text: &str) -> Vec<Self> {
        let mut cases: Vec<Self> = vec![];
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("## ") {
                assert!(title.starts_with("bad") || title.starts_with("near"), "{name}: {title}");
                let is_bad = title.starts_with("bad");
                cases.push(Self { title: title.to_owned(), is_bad, server: None, parts: vec![] });
                continue;
            }
            let case = cases.last_mut().expect("a fixture begins with ##");
            if let Some(server) = line.strip_prefix("server: ").filter(|_| case.parts.is_empty()) {
                case.server = Some(server.to_owned());
            } else if let Some(head) = line.strip_prefix("-- ") {
                case.parts.push((head.trim().to_owned(), String::new()));
            } else if let Some((_, body)) = case.parts.last_mut() {
                body.push_str(line);
                body.push('\n');
            }
        }
        cases
    }

    /// Whether it must be reported as a warning at most.
    pub(crate) fn is_mild(&self) -> bool {
        self.title.starts_with("bad (warning)")
    }

    /// Whether it must be reported as an error.
    pub(crate) fn is_grave(&self) -> bool {
        self.title.starts_with("bad (error)")
    }

    /// Whether it shows something else on purpose.
    pub(crate) fn is_loose(&self) -> bool {
        self.title.contains("(and more)")
    }

    /// What its baseline knows in vain.
    pub(crate) fn stale(&self, input: &Input, report: &mut Report) -> Vec<Finding> {
        let Some((_, text)) = self.parts.iter().find(|(head, _)| head == "baseline") else { return vec![] };
        let baseline: Baseline = serde_json::from_str(text).expect("a baseline");
        let stale = baseline.apply([(input, report)], &std::collections::BTreeSet::new());
        baseline.report("known.json", text, &stale).1.findings
    }

    pub(crate) fn input(&self) -> Input {
        let mut nodes: BTreeMap<String, NodeFiles> = BTreeMap::new();
        let mut apps: BTreeMap<(String, String), AppFiles> = BTreeMap::new();
        let mut servers: BTreeMap<String, [String; 2]> = BTreeMap::new();
        let mut input = Input::new();
        for (head, body) in &self.parts {
            let body = with_classes(body);
            let (node, kind) = match head.split_once(' ') {
                Some((node, kind)) if node.starts_with('n') && node.len() == 2 => (node, kind),
                _ => ("n1", head.as_str()),
            };
            let words: Vec<&str> = kind.split(' ').collect();
            let files = || NodeFiles { name: node.to_owned(), prefix: format!("{node}/"), ..NodeFiles::default() };
            match words.as_slice() {
                ["app", name, path] => {
                    let of = if head.starts_with("app ") { "" } else { node };
                    if !of.is_empty() {
                        nodes.entry(node.to_owned()).or_insert_with(files);
                    }
                    let app = apps.entry((of.to_owned(), (*name).to_owned())).or_default();
                    app.name = if of.is_empty() { (*name).to_owned() } else { format!("{of}/{name}") };
                    app.files.insert((*path).to_owned(), file_of_an_app(path, &body));
                }
                ["other", name] => input.add_other(name, body.as_bytes()),
                ["dir", path, rest @ ..] => {
                    let listing = nodes.entry(node.to_owned()).or_insert_with(files).listing.get_or_insert_default();
                    let device = rest.first().map_or(1, |device| device.parse().expect("a device is a number"));
                    listing.insert((*path).to_owned(), device);
                }
                ["base", path] => {
                    nodes.entry(node.to_owned()).or_insert_with(files).base = Some((*path).to_owned());
                }
                ["link", path, to] => {
                    let node = nodes.entry(node.to_owned()).or_insert_with(files);
                    node.real_folders.insert((*path).to_owned(), (*to).to_owned());
                }
                ["baseline"] => {}
                ["engine"] => servers.entry(node.to_owned()).or_default()[0].push_str(&body),
                ["host"] => servers.entry(node.to_owned()).or_default()[1].push_str(&body),
                ["cluster"] => servers.entry(node.to_owned()).or_default()[1].push_str(&cluster(&body)),
                ["channel"] => servers.entry(node.to_owned()).or_default()[1].push_str(&cluster(&channel(&body))),
                [path] => {
                    let bytes = body.trim_start().as_bytes().to_vec();
                    nodes.entry(node.to_owned()).or_insert_with(files).files.insert((*path).to_owned(), bytes);
                }
                other => panic!("unknown part {other:?}"),
            }
        }
        for (name, [engine, host]) in servers {
            let files = || NodeFiles { name: name.clone(), prefix: format!("{name}/"), ..NodeFiles::default() };
            let node = nodes.entry(name.clone()).or_insert_with(files);
            node.files.insert("conf/server.xml".to_owned(), server(&name, &engine, &host).into_bytes());
        }
        for mut node in nodes.into_values() {
            node.versions = self.server.as_ref().map(|server| server.parse().expect("a server"));
            input.add_node(node);
        }
        add_apps(&mut input, apps);
        input
    }
}

/// Adds apps by node and name: what is the same on several nodes is one.
fn add_apps(input: &mut Input, apps: BTreeMap<(String, String), AppFiles>) {
    let mut added: Vec<(AppFiles, Vec<String>)> = vec![];
    for ((node, name), app) in apps {
        let is_same = |(other, of): &&mut (AppFiles, Vec<String>)| {
            !of.is_empty() && !node.is_empty() && other.name.ends_with(&format!("/{name}")) && other.files == app.files
        };
        match added.iter_mut().find(is_same) {
            Some((_, of)) => of.push(node),
            None => added.push((app, Some(node).filter(|node| !node.is_empty()).into_iter().collect())),
        }
    }
    for (app, of) in added {
        input.add_app_of(app, true, of);
    }
}

/// A class file, by a line of words.
pub(crate) fn class(line: &str) -> Vec<u8> {
    class_file::assemble(line)
}

/// What a file of an app has in it: a class, unless it is cut off, or a text.
fn file_of_an_app(path: &str, body: &str) -> Vec<u8> {
    if path.ends_with(".class") && body.trim() != "cut" {
        return class_file::assemble(body);
    }
    body.trim().as_bytes().to_vec()
}

fn cluster(body: &str) -> String {
    with_classes(&format!("<Cluster className=\"~SimpleTcpCluster\" channelSendOptions=\"6\">{body}</Cluster>"))
}

fn channel(body: &str) -> String {
    with_classes(&format!("<Channel className=\"~GroupChannel\">{body}</Channel>"))
}

fn server(route: &str, engine: &str, host: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Server port=\"8005\" shutdown=\"SHUTDOWN\">\n  <Service name=\"Catalina\">\n    \
         <Connector port=\"8080\" protocol=\"HTTP/1.1\"/>\n    <Engine name=\"Catalina\" defaultHost=\"localhost\" jvmRoute=\"{route}\">\n\
         {engine}\n      <Host name=\"localhost\" appBase=\"webapps\" unpackWARs=\"true\" autoDeploy=\"true\">\n{host}\n      </Host>\n    \
         </Engine>\n  </Service>\n</Server>\n"
    )
}

fn with_classes(text: &str) -> String {
    let mut text = text.to_owned();
    for (short, package) in PACKAGES {
        text = text.replace(&format!("\"~{short}\""), &format!("\"org.apache.catalina.{package}.{short}\""));
    }
    assert!(!text.contains("\"~"), "an unknown class in {text}");
    text
}
