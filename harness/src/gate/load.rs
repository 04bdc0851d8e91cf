//! From what the user names to the files of each node, and what they claim.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::resources::{self, Places, ResourceError};
use crate::config::is_secret;
use crate::config::own::{self, Claims, ClaimsError, MembershipClaim, OwnError, OwnNode};
use crate::config::read::ReadError;
use crate::lint;
use crate::model::{Capability, NodeName, OwnFiles, ServerSpec, Topology};
use crate::runtime::process;
use crate::tomcat::own_base::{self, OwnFilesError};

/// A larger server.xml is refused.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// Properties of a start script that are the lab's own, or listen somewhere.
const NOT_TAKEN: [&str; 7] = [
    "catalina.base",
    "catalina.home",
    "java.io.tmpdir",
    "java.util.logging.config.file",
    "java.util.logging.manager",
    "com.sun.management.jmxremote",
    "java.rmi.server.hostname",
];

/// What the user names.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// A `CATALINA_BASE`, a `conf` folder or a server.xml, for every node that has none of its own.
    pub config: Option<Utf8PathBuf>,
    /// The same for single nodes.
    pub nodes: BTreeMap<NodeName, Utf8PathBuf>,
    /// How many nodes; as many as the configuration names, at least two, where nothing is said.
    pub count: Option<usize>,
    /// What requests name as their host, where it is said.
    pub host_header: Option<String>,
    /// Data sources that are to be replaced by one in memory.
    pub resources: BTreeSet<String>,
    /// Jars that are added to each node.
    pub libs: Vec<Utf8PathBuf>,
    /// The user's own app.
    pub war: Option<Utf8PathBuf>,
    /// The server, where it is said.
    pub server: Option<ServerSpec>,
    /// System properties from the command line; `{node}` in a value is the node's name.
    pub properties: BTreeMap<String, String>,
    /// Environment variables, for start scripts that use them.
    pub env: BTreeMap<String, String>,
}

impl Given {
    /// A folder with `n1`, `n2` and so on in the place of a configuration names each node's own.
    fn by_node(mut self) -> Self {
        let Some(folder) = self.config.take() else { return self };
        let is_one = |path: &Utf8Path| path.join("conf/server.xml").is_file() || path.join("server.xml").is_file();
        let nodes: Vec<_> = (0..8).map(NodeName::nth).map(|name| (name.clone(), folder.join(name.as_str()))).collect();
        if is_one(&folder) || !nodes.iter().any(|(_, path)| is_one(path)) {
            self.config = Some(folder);
        } else {
            for (name, path) in nodes.into_iter().filter(|(_, path)| is_one(path)) {
                self.nodes.entry(name).or_insert(path);
            }
        }
        self
    }

    /// Every path that is named, of each node's own configuration with its name: `n2=DIR`.
    pub fn paths(&self) -> Vec<String> {
        let given = self.clone().by_node();
        let nodes = given.nodes.iter().map(|(node, path)| format!("{node}={path}"));
        // Beside nodes that have names, the common one is that of the first.
        let common = given
            .config
            .iter()
            .map(|path| if given.nodes.is_empty() { path.to_string() } else { format!("n1={path}") });
        common.chain(nodes).collect()
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The cluster that is claimed.
    pub topology: Topology,
    /// What each node claims.
    pub claims: Vec<(NodeName, Claims)>,
    /// What was not taken over, in words.
    pub notes: Vec<String>,
}

/// Files that are no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A path that cannot be read.
    #[error("{0} cannot be read")]
    Path(Utf8PathBuf, #[source] io::Error),
    /// A folder without a server.xml.
    #[error("no server.xml found in {0}, expected a CATALINA_BASE, a conf folder or a server.xml")]
    NoServerXml(Utf8PathBuf),
    /// Too big a file.
    #[error("{0} has {1} bytes, expected at most {MOST_BYTES}")]
    TooBig(Utf8PathBuf, u64),
    /// Not XML.
    #[error("{0}:{line}:{column}: {1}", line = .1.line, column = .1.column)]
    Xml(Utf8PathBuf, ReadError),
    /// Not what a lab can run.
    #[error("{0}: {1}")]
    Claims(Utf8PathBuf, ClaimsError),
    /// Another file of it.
    #[error(transparent)]
    Files(#[from] OwnFilesError),
    /// A node without a configuration.
    #[error("no configuration was given for {0}")]
    NoConfiguration(NodeName),
    /// More nodes are named than are to be run.
    #[error("{named} nodes have a configuration of their own, but {count} are run")]
    Count {
        /// How many are named.
        named: usize,
        /// How many are run.
        count: usize,
    },
    /// Nothing says which server it is for.
    #[error("nothing says which server {0} is for")]
    NoServer(Utf8PathBuf),
    /// They are no cluster.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// A data source that is not there.
    #[error(transparent)]
    Resource(#[from] ResourceError),
}

impl LoadError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoServer(_) => Some("--server tomcat:10.1.59, tomee:9.0.0 or a CATALINA_HOME".to_owned()),
            Self::Own(OwnError::MoreMembers { members, .. }) => {
                Some(format!("--nodes {}, or --node n2=DIR with each node's own file", members.len()))
            }
            Self::NoConfiguration(node) => Some(format!("--config DIR for all nodes, or --node {node}=DIR")),
            Self::Count { named, .. } => Some(format!("--nodes {named}; both sides of a comparison have as many")),
            Self::Resource(_) => {
                Some("--resource takes the name of a <Resource> of the type javax.sql.DataSource".to_owned())
            }
            Self::Xml(_, error) => error.hint(),
            Self::Claims(_, ClaimsError::Placeholder { .. }) => {
                Some("-D NAME=VALUE, or a CATALINA_BASE with its bin/setenv.sh".to_owned())
            }
            _ => None,
        }
    }
}

/// Finds the files of each node, and reads what they claim.
///
/// # Errors
/// See [`LoadError`].
pub fn load(given: &Given) -> Result<Loaded, LoadError> {
    let given = &given.clone().by_node();
    let mut loaded = load_as(given)?;
    // Where one node's Cluster is in another Host than the default one, all are asked there.
    let found = loaded.claims.iter().find_map(|(_, claims)| claims.host_header.clone());
    if let Some(header) = found.filter(|_| given.host_header.is_none()) {
        let note =
            format!("the Cluster is not in the default Host: requests name {header} (--host-header names another)");
        loaded = load_as(&Given { host_header: Some(header), ..given.clone() })?;
        loaded.notes.push(note);
    }
    Ok(loaded)
}

fn load_as(given: &Given) -> Result<Loaded, LoadError> {
    let mut notes = vec![];
    let read = |path: &Utf8Path, node: &NodeName, notes: &mut Vec<String>| one(path, node, given, notes);
    let common = |node: &NodeName, notes: &mut Vec<String>| {
        given.config.as_ref().map(|path| read(path, node, notes)).transpose()
    };
    let mut named: BTreeMap<&NodeName, (OwnFiles, Claims)> = BTreeMap::new();
    for (name, path) in &given.nodes {
        named.insert(name, read(path, name, &mut notes)?);
    }
    let highest = (0..8).rev().find(|index| named.contains_key(&NodeName::nth(*index))).map_or(0, |index| index + 1);
    let listed = common(&NodeName::nth(0), &mut notes)?.map_or(0, |(_, claims)| claims.members.len());
    let count = given.count.unwrap_or_else(|| highest.max(listed).clamp(2, 8));
    if highest > count {
        return Err(LoadError::Count { named: named.len(), count });
    }
    let mut nodes = vec![];
    for name in (0..count).map(NodeName::nth) {
        let found = named.remove(&name).map_or_else(|| common(&name, &mut notes), |found| Ok(Some(found)))?;
        let (files, claims) = found.ok_or_else(|| LoadError::NoConfiguration(name.clone()))?;
        nodes.push(OwnNode { name, files, claims });
    }
    if let Some(other) = named.into_keys().next() {
        return Err(LoadError::NoConfiguration(other.clone()));
    }
    notes.sort();
    notes.dedup();
    for other in nodes.first().into_iter().flat_map(|node| &node.claims.others) {
        notes.push(format!("the Cluster in {} runs, but is not asked: --host-header names its Host", other.place));
    }
    for node in &nodes {
        if let Some(placeholder) = &node.claims.route_placeholder {
            notes.push(format!("{} gets the route {}: {}", node.name, node.name, own::not_said(placeholder)));
        }
    }
    let server = match (&given.server, nodes.first()) {
        (Some(server), _) => server.clone(),
        (None, Some(node)) => {
            server_of(&node.files).ok_or_else(|| LoadError::NoServer(node.files.server_xml.clone()))?
        }
        (None, None) => ServerSpec::default(),
    };
    let places = Places { libs: &given.libs, war: given.war.as_deref(), server: &server };
    let replaced = resources::replaced(&given.resources, nodes.iter().map(|node| &node.files), places)?;
    notes.extend(
        replaced.iter().map(|(name, why)| format!("the data source {name} is replaced by one in memory (H2): {why}")),
    );
    let claims: Vec<_> = nodes.iter().map(|node| (node.name.clone(), node.claims.clone())).collect();
    let pods = process::capabilities().contains(&Capability::Kubernetes);
    let mut topology = own::topology(nodes, server, pods)?;
    if let Some(own) = &mut topology.own {
        notes.extend(claims.iter().filter_map(|(node, claims)| membership_note(own.pods, node, &claims.membership)));
        own.data_sources = replaced.into_keys().collect();
        notes.extend(own::member_notes(own, &claims));
    }
    Ok(Loaded { topology, claims, notes })
}

/// What becomes of a membership that this machine has not got.
fn membership_note(pods: bool, node: &NodeName, claim: &MembershipClaim) -> Option<String> {
    match claim {
        MembershipClaim::Kubernetes if pods => {
            Some(format!("{node}: the API server of Kubernetes is one of tomee-harness that lists the nodes as pods"))
        }
        MembershipClaim::Kubernetes => {
            Some(format!("{node}: CloudMembershipService is replaced by a list of all nodes"))
        }
        MembershipClaim::Other { what } => Some(format!("{node}: {what} is replaced by a list of all nodes")),
        MembershipClaim::Multicast { .. } | MembershipClaim::Static | MembershipClaim::None => None,
    }
}

/// The files of one node's configuration, and what they claim.
fn one(
    path: &Utf8Path,
    node: &NodeName,
    given: &Given,
    notes: &mut Vec<String>,
) -> Result<(OwnFiles, Claims), LoadError> {
    let mut files = locate(path)?;
    let environment = own::properties_of(node.as_str(), &given.env);
    let script = files.base.as_ref().map(|base| base.join("bin/setenv.sh")).filter(|script| script.is_file());
    if let Some(script) = script {
        let text = fs_err::read(&script).map_err(|error| LoadError::Path(script.clone(), error))?;
        let read = lint::environment::StartScript::read(&String::from_utf8_lossy(&text), &environment);
        for (name, value) in read.options {
            if NOT_TAKEN.iter().any(|other| name.starts_with(other)) {
                notes.push(format!("-D{name} of {script} is not taken over"));
            } else {
                files.properties.insert(name, value);
            }
        }
    }
    files.properties.extend(own::properties_of(node.as_str(), &given.properties));
    if let Some(conf) = &files.conf {
        for app in descriptors(conf) {
            notes.push(format!("{app} is left out: its app is not of this gate"));
        }
    }
    let size = fs_err::metadata(&files.server_xml).map_err(|error| LoadError::Path(path.to_owned(), error))?.len();
    if size > MOST_BYTES {
        return Err(LoadError::TooBig(files.server_xml, size));
    }
    let bytes = fs_err::read(&files.server_xml).map_err(|error| LoadError::Path(path.to_owned(), error))?;
    if lint::environment::is_asked(&lint::environment::sources(&own_base::properties(&files)?)) {
        let text = String::from_utf8_lossy(&bytes);
        // What is secret stays in the environment.
        let named =
            |name: &str| [format!("${{{name}}}"), format!("${{{name}:-")].iter().any(|use_of| text.contains(use_of));
        let used = environment.into_iter().filter(|(name, _)| named(name) && !is_secret(name));
        files.properties.extend(used);
    }
    let document = own::read(&bytes, &own_base::properties(&files)?);
    let document = document.map_err(|error| LoadError::Xml(files.server_xml.clone(), error))?;
    let base = files.base.as_ref().map(|base| base.as_str());
    let claims = Claims::of(&document, base, given.host_header.as_deref());
    let claims = claims.map_err(|error| LoadError::Claims(files.server_xml.clone(), error))?;
    Ok((files, claims))
}

/// A `CATALINA_BASE`, a `conf` folder, or a server.xml alone. Links are followed, as a server follows them.
fn locate(path: &Utf8Path) -> Result<OwnFiles, LoadError> {
    let whole = path.canonicalize_utf8().map_err(|error| LoadError::Path(path.to_owned(), error))?;
    let (conf, base) = if whole.join("conf/server.xml").is_file() {
        (Some(whole.join("conf")), Some(whole))
    } else if whole.join("server.xml").is_file() {
        (Some(whole), None)
    } else if whole.is_file() {
        return Ok(OwnFiles { server_xml: whole, ..OwnFiles::default() });
    } else {
        return Err(LoadError::NoServerXml(path.to_owned()));
    };
    let server_xml = conf.as_ref().map(|conf| conf.join("server.xml")).unwrap_or_default();
    Ok(OwnFiles { server_xml, conf, base, ..OwnFiles::default() })
}

/// The context descriptors of apps in a `conf` folder.
fn descriptors(conf: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = |folder: &Utf8Path| {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        entries.map(|entry| entry.path().to_owned()).collect::<Vec<_>>()
    };
    let engines = entries(conf).into_iter().filter(|path| path.is_dir());
    let hosts = engines.flat_map(|engine| entries(&engine)).filter(|path| path.is_dir());
    let mut files: Vec<Utf8PathBuf> =
        hosts.flat_map(|host| entries(&host)).filter(|file| file.extension() == Some("xml")).collect();
    files.sort();
    files
}

/// The server that a `CATALINA_BASE` is, or is of: an installation with its programs, or the version of its release notes.
fn server_of(files: &OwnFiles) -> Option<ServerSpec> {
    let base = files.base.as_ref()?;
    if base.join("bin/bootstrap.jar").is_file() && base.join("lib/catalina.jar").is_file() {
        return Some(ServerSpec::Home { path: base.clone() });
    }
    let notes = fs_err::read_to_string(base.join("RELEASE-NOTES")).ok()?;
    let version = notes.lines().find_map(|line| line.trim().strip_prefix("Apache Tomcat Version "))?;
    Some(ServerSpec::Tomcat { version: version.trim().to_owned() })
}
