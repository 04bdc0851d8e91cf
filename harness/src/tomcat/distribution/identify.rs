//! What a folder with a server holds.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err as fs;
use zip::ZipArchive;

use super::{Distribution, Namespace, Product};
use crate::model::TomcatVersion;

/// Where Tomcat says which version it is (`org.apache.catalina.util.ServerInfo`).
const SERVER_INFO: &str = "org/apache/catalina/util/ServerInfo.properties";

/// Jars by which a TomEE is known, each with its version in the name.
const TOMEE_JARS: [&str; 2] = ["tomee-catalina-", "openejb-core-"];

/// The first Tomcat and the first TomEE that speak `jakarta.servlet`.
const FIRST_JAKARTA_TOMCAT: u32 = 10;
const FIRST_JAKARTA_TOMEE: u32 = 9;

/// Why a folder is not taken for a server.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// There is nothing of this name, or it is a file.
    #[error("there is no folder {0}")]
    NoFolder(Utf8PathBuf),
    /// Something that every Tomcat has is not there.
    #[error("{home} is not a Tomcat or TomEE: {missing} is missing")]
    NoServer {
        /// The folder.
        home: Utf8PathBuf,
        /// What is missing, relative to the folder.
        missing: String,
    },
    /// `catalina.jar` does not say which version it is.
    #[error("{jar} does not contain a Tomcat version: {problem}")]
    NoVersion {
        /// The jar.
        jar: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A `CATALINA_BASE` whose `CATALINA_HOME` is not known.
    #[error("{base} has a configuration but no server: it is a CATALINA_BASE whose CATALINA_HOME is not known")]
    BaseOnly {
        /// The folder.
        base: Utf8PathBuf,
    },
    /// Something may not be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The file or folder.
        path: Utf8PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file cannot be read; the error names it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl IdentifyError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoFolder(_) | Self::NoServer { .. } => {
                "specify the folder that contains bin/, conf/ and lib/ of an unpacked server"
            }
            Self::BaseOnly { .. } => {
                "specify the folder with bin/bootstrap.jar and lib/catalina.jar that has its own conf/"
            }
            Self::Unreadable { .. } => {
                "read it as another user, or copy the server to a folder of your own (Debian's package lets only root \
                 and the group tomcat read its configuration)"
            }
            Self::NoVersion { .. } => "the jar is damaged: unpack the server again",
            Self::Io(_) => "check the permissions of the folder",
        }
        .to_owned()
    }
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) product: Product,
    pub(super) version: String,
    pub(super) tomcat_version: String,
    pub(super) namespace: Namespace,
}

impl Identity {
    /// Looks at the jars of a `CATALINA_HOME`.
    pub(super) fn of(home: &Utf8Path) -> Result<Self, IdentifyError> {
        for needed in ["bin/bootstrap.jar", "lib/catalina.jar"] {
            if !home.join(needed).is_file() {
                return Err(IdentifyError::NoServer { home: home.to_owned(), missing: needed.to_owned() });
            }
        }
        let tomcat_version = tomcat_version(&home.join("lib/catalina.jar"))?;
        let tomee_version = tomee_version(&home.join("lib"))?;
        let jakarta = major(&tomcat_version) >= FIRST_JAKARTA_TOMCAT
            || tomee_version.as_deref().is_some_and(|version| major(version) >= FIRST_JAKARTA_TOMEE);
        Ok(Self {
            product: if tomee_version.is_some() { Product::Tomee } else { Product::Tomcat },
            version: tomee_version.unwrap_or_else(|| tomcat_version.clone()),
            tomcat_version,
            namespace: if jakarta { Namespace::Jakarta } else { Namespace::Javax },
        })
    }

    /// The distribution with these files.
    pub(super) fn with(self, home: Utf8PathBuf, base: Utf8PathBuf, digest: String) -> Distribution {
        let Self { product, version, tomcat_version, namespace } = self;
        Distribution { home, base, product, version, tomcat_version, namespace, digest, chosen: None }
    }
}

fn tomcat_version(jar: &Utf8Path) -> Result<String, IdentifyError> {
    let problem = |problem: String| IdentifyError::NoVersion { jar: jar.to_owned(), problem };
    let mut archive = ZipArchive::new(fs::File::open(jar)?).map_err(|error| problem(error.to_string()))?;
    let mut entry = archive.by_name(SERVER_INFO).map_err(|error| problem(format!("{SERVER_INFO}: {error}")))?;
    let mut text = String::new();
    entry.read_to_string(&mut text).map_err(|error| problem(format!("{SERVER_INFO}: {error}")))?;
    let value = |wanted: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find_map(|(key, value)| (key.trim() == wanted).then(|| value.trim()))
    };
    // `server.info=Apache Tomcat/11.0.0-M20` has the milestone, which `server.number=11.0.0.0` has not; but some
    // change the former to hide it.
    let versions = [value("server.info").and_then(|info| info.rsplit('/').next()), value("server.number")];
    versions
        .into_iter()
        .flatten()
        .find_map(|text| text.parse::<TomcatVersion>().ok())
        .map(|version| version.to_string())
        .ok_or_else(|| problem(format!("{SERVER_INFO} has no version in server.info or server.number")))
}

/// The version of TomEE, where `lib/` is that of a TomEE.
fn tomee_version(lib: &Utf8Path) -> io::Result<Option<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(lib)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(TOMEE_JARS.iter().find_map(|prefix| {
        names.iter().find_map(|name| {
            let version = name.strip_prefix(prefix)?.strip_suffix(".jar")?;
            version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
        })
    }))
}

fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|part| part.parse().ok()).unwrap_or_default()
}
