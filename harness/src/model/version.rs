//! Product and version of a server: what decides which elements its server.xml may have.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The product that a distribution holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Apache TomEE.
    Tomee,
    /// Apache Tomcat.
    Tomcat,
}

kebab!(Product);

impl Product {
    /// The product's own spelling: `TomEE`, `Tomcat`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tomee => "TomEE",
            Self::Tomcat => "Tomcat",
        }
    }
}

/// What a server is, as far as its configuration depends on it: the product, and its Tomcat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ServerKind {
    /// TomEE or Tomcat.
    pub product: Product,
    /// The version of Tomcat, also inside TomEE: TomEE 9.0.0 has 10.0.27.
    pub tomcat: TomcatVersion,
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.product {
            Product::Tomee => write!(f, "TomEE on Tomcat {}", self.tomcat),
            Product::Tomcat => write!(f, "Tomcat {}", self.tomcat),
        }
    }
}

/// A version of Tomcat. Versions compare in the order in which they were released inside their branch.
///
/// Reads `9.0.117`, milestones and candidates of any branch (`9.0.0.M23`, `10.1.0-M5`, `8.0.0-RC1`), the four numbers
/// of `server.number` (`10.0.27.0`), and development builds (`11.0.25-dev`), which count as the release they lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct TomcatVersion {
    major: u16,
    minor: u16,
    patch: u16,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Milestone(u16),
    Candidate(u16),
    Release,
}

impl TomcatVersion {
    /// A release.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch, stage: Stage::Release }
    }

    /// The first number.
    pub const fn major(self) -> u16 {
        self.major
    }

    /// The branch: the first two numbers. Each branch has a documentation of its own.
    pub const fn branch(self) -> (u16, u16) {
        (self.major, self.minor)
    }

    fn key(self) -> (u16, u16, u16, Stage) {
        (self.major, self.minor, self.patch, self.stage)
    }
}

impl PartialOrd for TomcatVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TomcatVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for TomcatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        // Up to 9 the milestones are written with a dot.
        let mark = if self.major < 10 { '.' } else { '-' };
        match self.stage {
            Stage::Milestone(number) => write!(f, "{mark}M{number}"),
            Stage::Candidate(number) => write!(f, "{mark}RC{number}"),
            Stage::Release => Ok(()),
        }
    }
}

/// A text that is no version of Tomcat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid Tomcat version `{0}`, expected for example 9.0.117, 9.0.0.M23 or 11.0.0-M1")]
pub struct TomcatVersionError(String);

impl FromStr for TomcatVersion {
    type Err = TomcatVersionError;

    fn from_str(text: &str) -> Result<Self, TomcatVersionError> {
        parse(text).ok_or_else(|| TomcatVersionError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<TomcatVersion> {
    let mut parts = text.splitn(4, ['.', '-']);
    let (major, minor, patch) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let stage = match parts.next() {
        None => Stage::Release,
        Some(rest) => {
            if let Some(milestone) = rest.strip_prefix('M') {
                Stage::Milestone(number(milestone)?)
            } else if let Some(candidate) = rest.strip_prefix("RC") {
                Stage::Candidate(number(candidate)?)
            } else if rest == "dev" || rest == "SNAPSHOT" || number(rest).is_some() {
                Stage::Release
            } else {
                return None;
            }
        }
    };
    Some(TomcatVersion { major, minor, patch, stage })
}

fn number(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl TryFrom<String> for TomcatVersion {
    type Error = TomcatVersionError;
    fn try_from(text: String) -> Result<Self, TomcatVersionError> {
        text.parse()
    }
}

impl From<TomcatVersion> for String {
    fn from(version: TomcatVersion) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> TomcatVersion {
        text.parse().expect(text)
    }

    #[test]
    fn versions_compare_by_number_and_not_by_text() {
        let ordered = [
            "7.0.109",
            "8.0.0-RC1",
            "8.5.100",
            "9.0.0.M9",
            "9.0.0.M23",
            "9.0.1",
            "9.0.11",
            "9.0.117",
            "10.0.27",
            "10.1.0-M5",
            "10.1.59",
            "11.0.24",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{} is not before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn versions_read_as_they_are_written() {
        for (text, again) in [
            ("10.0.27.0", "10.0.27"),
            ("9.0.0.M23", "9.0.0.M23"),
            ("9.0.0-M23", "9.0.0.M23"),
            ("11.0.0-M1", "11.0.0-M1"),
            ("11.0.25-dev", "11.0.25"),
        ] {
            assert_eq!(version(text).to_string(), again);
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for bad in
            ["", "9", "9.0", "9.0.x", "9.0.", "9.0.0.M", "9.0.0.Mx", "9.0.1-alpha", "+9.0.1", "9.0.1.2.3", "9..1"]
        {
            assert!(bad.parse::<TomcatVersion>().is_err(), "{bad:?} was taken");
        }
    }
}
