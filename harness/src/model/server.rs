//! Which server is under test.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The flavours in which TomEE is published, as Maven classifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Flavour {
    /// Web Profile: the smallest.
    #[default]
    Webprofile,
    /// MicroProfile.
    Microprofile,
    /// Everything.
    Plus,
    /// Everything, with EclipseLink and Mojarra.
    Plume,
}

impl Flavour {
    /// The Maven classifier.
    pub fn classifier(self) -> &'static str {
        match self {
            Self::Webprofile => "webprofile",
            Self::Microprofile => "microprofile",
            Self::Plus => "plus",
            Self::Plume => "plume",
        }
    }
}

/// The server that the nodes run, as the user names it.
///
/// Written `tomee:9.0.0`, `tomee:9.0.0:plus`, `tomcat:11.0.24`, or the path of an installed server. A version of less than
/// three numbers is a line, and `latest` is all: `tomcat:10.1` is the newest 10.1.x that Maven's metadata lists and that can
/// be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
#[non_exhaustive]
pub enum ServerSpec {
    /// A TomEE release, resolved as the Maven artifact `org.apache.tomee:apache-tomee:VERSION:zip:FLAVOUR`.
    Tomee {
        /// The release.
        version: String,
        /// The flavour.
        flavour: Flavour,
    },
    /// A Tomcat release, resolved as the Maven artifact `org.apache.tomcat:tomcat:VERSION:zip`.
    Tomcat {
        /// The release.
        version: String,
    },
    /// An installed server: `CATALINA_HOME`, and the `CATALINA_BASE` to copy `conf/` from where the two are apart.
    Home {
        /// The folder that the user named.
        path: Utf8PathBuf,
    },
}

impl Default for ServerSpec {
    fn default() -> Self {
        Self::Tomee { version: "9.0.0".to_owned(), flavour: Flavour::Webprofile }
    }
}

/// A server that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerSpecError {
    /// Neither a known product nor a path.
    #[error("invalid server `{0}`, expected tomee:VERSION[:FLAVOUR], tomcat:VERSION or a folder (with a / in it)")]
    Form(String),
    /// No such flavour.
    #[error("invalid TomEE flavour `{0}`, expected webprofile, microprofile, plus or plume")]
    Flavour(String),
    /// A version with characters that no release has.
    #[error("invalid version `{0}` of {1}, expected a release number, a line of releases as 10.1, or latest")]
    Version(String, &'static str),
}

impl FromStr for ServerSpec {
    type Err = ServerSpecError;

    fn from_str(text: &str) -> Result<Self, ServerSpecError> {
        if text.contains('/') || text == "." {
            return Ok(Self::Home { path: text.into() });
        }
        let mut parts = text.split(':');
        let (product, version, flavour, rest) = (parts.next(), parts.next(), parts.next(), parts.next());
        match (product, version, flavour, rest) {
            (Some("tomee"), Some(version), flavour, None) => Ok(Self::Tomee {
                version: checked_version(version, "TomEE")?,
                flavour: flavour.map_or(Ok(Flavour::default()), parse_flavour)?,
            }),
            (Some("tomcat"), Some(version), None, None) => {
                Ok(Self::Tomcat { version: checked_version(version, "Tomcat")? })
            }
            _ => Err(ServerSpecError::Form(text.to_owned())),
        }
    }
}

fn parse_flavour(text: &str) -> Result<Flavour, ServerSpecError> {
    [Flavour::Webprofile, Flavour::Microprofile, Flavour::Plus, Flavour::Plume]
        .into_iter()
        .find(|flavour| flavour.classifier() == text)
        .ok_or_else(|| ServerSpecError::Flavour(text.to_owned()))
}

fn checked_version(text: &str, product: &'static str) -> Result<String, ServerSpecError> {
    let good = text == "latest"
        || text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if good { Ok(text.to_owned()) } else { Err(ServerSpecError::Version(text.to_owned(), product)) }
}

impl fmt::Display for ServerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tomee { version, flavour } => write!(f, "tomee:{version}:{}", flavour.classifier()),
            Self::Tomcat { version } => write!(f, "tomcat:{version}"),
            // A bare folder name would read as a product.
            Self::Home { path } if path.as_str().contains('/') || path.as_str() == "." => f.write_str(path.as_str()),
            Self::Home { path } => write!(f, "./{path}"),
        }
    }
}

impl TryFrom<String> for ServerSpec {
    type Error = ServerSpecError;
    fn try_from(text: String) -> Result<Self, ServerSpecError> {
        text.parse()
    }
}

impl From<ServerSpec> for String {
    fn from(spec: ServerSpec) -> Self {
        spec.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_read_as_they_are_written() {
        for (text, again) in [
            ("tomee:9.0.0", "tomee:9.0.0:webprofile"),
            ("tomee:8.0.13:plus", "tomee:8.0.13:plus"),
            ("tomcat:11.0.24", "tomcat:11.0.24"),
            ("/opt/tomee", "/opt/tomee"),
            ("./tomee", "./tomee"),
        ] {
            let spec: ServerSpec = text.parse().expect(text);
            assert_eq!(spec.to_string(), again);
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for bad in ["", "tomee", "tomee:", "jetty:12", "tomcat:9.0.1:plus", "tomee:9.0.0:lite", "tomee:9.0.0;rm", "opt"]
        {
            assert!(bad.parse::<ServerSpec>().is_err(), "{bad:?} was taken");
        }
    }
}
