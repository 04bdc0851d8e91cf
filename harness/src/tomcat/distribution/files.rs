//! Distributions: a server's files, resolved by Maven or named by the user.

use camino::Utf8PathBuf;

pub use crate::model::Product;
use crate::model::ServerKind;
use crate::model::version::TomcatVersionError;

/// Which servlet API the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// `javax.servlet`: Tomcat up to 9, TomEE up to 8.
    Javax,
    /// `jakarta.servlet`: Tomcat 10 and newer, TomEE 9 and newer.
    Jakarta,
}

/// A server's files, unpacked and known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// `CATALINA_HOME`.
    pub home: Utf8PathBuf,
    /// The folder whose `conf/` a node's own is copied from; the same as `home` unless the layout is split.
    pub base: Utf8PathBuf,
    /// What it is.
    pub product: Product,
    /// The product's version, as in `9.0.0`.
    pub version: String,
    /// The version of its Tomcat, as in `10.0.27`.
    pub tomcat_version: String,
    /// Its servlet API.
    pub namespace: Namespace,
    /// Names the content: changes when the files change. Fit for a file name or an image tag.
    pub digest: String,
    /// How it was chosen, where a line of releases was asked for: `newest of tomcat:10.1`.
    pub chosen: Option<String>,
}

impl Distribution {
    /// A part of a file's name in the cache, for what is of this distribution alone.
    pub fn short_digest(&self) -> &str {
        self.digest.get(..16).unwrap_or(&self.digest)
    }

    /// What decides how its configuration is written.
    ///
    /// # Errors
    /// The version of its Tomcat cannot be read.
    pub fn kind(&self) -> Result<ServerKind, TomcatVersionError> {
        Ok(ServerKind { product: self.product, tomcat: self.tomcat_version.parse()? })
    }
}
