//! A node's `CATALINA_BASE` from a configuration of the user's own, which is only read.
//!
//! The user's `conf/` lies over the distribution's, with the transplanted server.xml; the probe and the log handler are
//! added as for any other node ([`super::catalina_base`]).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::catalina_base::{Place, added, copy_conf};
use super::logging;
use super::node_file::NodeFile;
use crate::config::own::{self, Seat, TransplantError};
use crate::config::read::{Document, Properties, ReadError, read_properties};
use crate::model::{Endpoints, NodeName, OwnConfiguration, OwnFiles};
use crate::tomcat::distribution::Distribution;

/// A node's own configuration, made to fit.
#[derive(Debug, Clone)]
pub struct OwnServerXml {
    /// The transplanted server.xml.
    pub text: String,
    /// The same in the encoding of the original.
    pub bytes: Vec<u8>,
    /// The original.
    pub original: String,
    /// What was replaced or left out, in words.
    pub notes: Vec<String>,
    /// Whether a connector needs the key store that the lab makes.
    pub makes_key_store: bool,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnFilesError {
    /// It names no such node.
    #[error("no configuration was given for {0}")]
    NoNode(NodeName),
    /// A file cannot be read.
    #[error("{0} cannot be read")]
    File(Utf8PathBuf, #[source] io::Error),
    /// The server.xml is not XML.
    #[error("{0}:{line}:{column}: {1}", line = .1.line, column = .1.column)]
    Xml(Utf8PathBuf, ReadError),
    /// It cannot be made to fit.
    #[error("{0}: {1}")]
    Transplant(Utf8PathBuf, TransplantError),
}

/// The server.xml of one node, made to fit.
///
/// # Errors
/// See [`OwnFilesError`].
pub fn server_xml(
    own: &OwnConfiguration,
    node: &NodeName,
    endpoints: &Endpoints,
) -> Result<OwnServerXml, OwnFilesError> {
    let files = own.nodes.get(node).ok_or_else(|| OwnFilesError::NoNode(node.clone()))?;
    let path = &files.server_xml;
    let bytes = read(path)?;
    let document = own::read(&bytes, &properties(files)?).map_err(|error| OwnFilesError::Xml(path.clone(), error))?;
    let base = files.base.as_ref().map(|base| base.as_str());
    let present = present(&document, files);
    let seat = Seat { node, endpoints, own, base, present: &present };
    let made = own::transplant(&document, &seat).map_err(|error| OwnFilesError::Transplant(path.clone(), error))?;
    let original = document.text().to_owned();
    Ok(OwnServerXml {
        text: made.text,
        bytes: made.bytes,
        original,
        notes: made.notes,
        makes_key_store: made.makes_key_store,
    })
}

/// Where the files are that connectors with TLS name: as paths of their own, or below the user's `CATALINA_BASE`.
fn present(document: &Document, files: &OwnFiles) -> BTreeMap<String, String> {
    let base = files.base.clone().or_else(|| files.conf.as_ref()?.parent().map(Utf8Path::to_owned));
    let there = own::named_files(document).into_iter().filter_map(|file| {
        let below = file.strip_prefix(own::BASE).map(|rest| rest.trim_start_matches('/').to_owned());
        let path = match (&base, below) {
            (Some(base), Some(below)) => base.join(below),
            (None, Some(_)) => return None,
            (Some(base), None) => base.join(file.strip_prefix("file:").unwrap_or(&file)),
            (None, None) => Utf8PathBuf::from(&file),
        };
        (path.is_absolute() && path.is_file()).then(|| (file, path.into_string()))
    });
    there.collect()
}

/// The properties by which a node's server resolves `${…}`.
///
/// # Errors
/// `catalina.properties` cannot be read.
pub fn properties(files: &OwnFiles) -> Result<Properties, OwnFilesError> {
    // Catalina makes system properties of its file's, over those of the command line.
    let mut all: Properties = files.properties.clone().into_iter().collect();
    for name in ["catalina.properties"] {
        if let Some(path) = files.conf.as_ref().map(|conf| conf.join(name)).filter(|path| path.is_file()) {
            all.extend(read_properties(&read(&path)?));
        }
    }
    Ok(all)
}

/// The descriptor of all apps of a Host, in the folder of its name (`HostConfig`).
const OF_HOST: &str = "context.xml.default";

/// The files of a node, relative to `CATALINA_BASE`.
///
/// # Errors
/// A file of the distribution or of the user cannot be read.
pub(crate) fn files(
    distribution: &Distribution,
    (own, sources): (&OwnFiles, &BTreeSet<String>),
    node: &NodeName,
    server_xml: Vec<u8>,
    (token, libs): (&str, &[Utf8PathBuf]),
) -> io::Result<Vec<NodeFile>> {
    let mut conf = vec![];
    copy_conf(&distribution.base.join("conf"), Utf8Path::new("conf"), &mut conf)?;
    if let Some(folder) = &own.conf {
        copy_conf(folder, Utf8Path::new("conf"), &mut conf)?;
        // What all apps of the Host are given, whichever they are.
        let of_host = Utf8Path::new(&own.engine).join(&own.host).join(OF_HOST);
        if folder.join(&of_host).is_file() {
            let content = fs_err::read(folder.join(&of_host))?;
            conf.push(NodeFile { path: Utf8Path::new("conf").join(of_host), content, modified: None });
        }
    }
    // A later one of the same path is the user's.
    let mut by_path: BTreeMap<Utf8PathBuf, NodeFile> = conf.into_iter().map(|file| (file.path.clone(), file)).collect();
    let logging = Utf8Path::new("conf/logging.properties");
    let stock = by_path.remove(logging).map(|file| file.content).unwrap_or_default();
    let stock = String::from_utf8_lossy(&stock);
    let with_ours = logging::with_harness_handler(&stock).into_bytes();
    let of_contexts = |file: &&mut NodeFile| matches!(file.path.file_name(), Some("context.xml" | OF_HOST));
    for file in by_path.values_mut().filter(of_contexts) {
        let document = own::read(&file.content, &Properties::new()).ok();
        let replaced = document.and_then(|document| own::without_data_sources(&document, sources));
        file.content = replaced.unwrap_or_else(|| std::mem::take(&mut file.content));
    }
    let mut files: Vec<NodeFile> = by_path.into_values().collect();
    files.retain(|file| file.path != "conf/server.xml");
    files.push(NodeFile { path: logging.to_owned(), content: with_ours, modified: None });
    files.push(NodeFile { path: "conf/server.xml".into(), content: server_xml, modified: None });
    let place = Place { engine: &own.engine, host: &own.host };
    let jars = own.base.iter().flat_map(|base| jars(&base.join("lib"))).chain(libs.iter().cloned());
    files.extend(added(place, node, token, &jars.collect::<Vec<_>>())?);
    Ok(files)
}

/// The jars of a folder; none where there is no such folder.
fn jars(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut jars: Vec<Utf8PathBuf> = entries.map(|entry| entry.path().to_owned()).collect();
    jars.retain(|jar| jar.extension() == Some("jar") && jar.is_file());
    jars.sort();
    jars
}

fn read(path: &Utf8Path) -> Result<Vec<u8>, OwnFilesError> {
    fs_err::read(path).map_err(|error| OwnFilesError::File(path.to_owned(), error))
}
