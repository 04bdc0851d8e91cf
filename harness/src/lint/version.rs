//! Versions of Tomcat, as a linter knows them: one, a range, or nothing.

use std::fmt;
use std::str::FromStr;

/// A version of Tomcat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The versions of Tomcat that a node may run: from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The oldest.
    pub from: Version,
    /// The newest.
    pub to: Version,
}

/// A version that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid server `{0}`, expected for example `tomcat:10.1.59`, `tomcat:10.1`, `tomcat:9.0.80-9.0.100` or `tomee:9.0.0`"
)]
pub struct VersionError(String);

/// The Tomcat in each TomEE (pom.xml of each tag): from this version of TomEE on, up to the next line.
const TOMEE: [((u32, u32, u32), Version); 20] = [
    ((1, 7, 0), Version(7, 0, 55)),
    ((7, 0, 0), Version(8, 5, 2)),
    ((7, 0, 9), Version(8, 5, 57)),
    ((7, 1, 0), Version(8, 5, 32)),
    ((7, 1, 5), Version(8, 5, 81)),
    ((8, 0, 0), Version(9, 0, 22)),
    ((8, 0, 13), Version(9, 0, 68)),
    ((8, 0, 16), Version(9, 0, 82)),
    ((9, 0, 0), Version(10, 0, 27)),
    ((9, 2, 0), Version(10, 0, 27)),
    ((10, 0, 0), Version(10, 1, 34)),
    ((10, 0, 1), Version(10, 1, 39)),
    ((10, 1, 0), Version(10, 1, 42)),
    ((10, 1, 1), Version(10, 1, 44)),
    ((10, 1, 2), Version(10, 1, 46)),
    ((10, 1, 3), Version(10, 1, 49)),
    ((10, 1, 4), Version(10, 1, 52)),
    ((10, 1, 5), Version(10, 1, 54)),
    ((10, 2, 0), Version(10, 1, 57)),
    ((11, 0, 0), Version(11, 0, 22)),
];

impl Versions {
    /// Any version.
    pub const ANY: Self = Self { from: Version(0, 0, 0), to: Version(u32::MAX, u32::MAX, u32::MAX) };

    /// Exactly this one.
    pub fn exactly(version: Version) -> Self {
        Self { from: version, to: version }
    }

    /// Whether nothing is known.
    pub fn is_unknown(self) -> bool {
        self == Self::ANY
    }

    /// Whether it is this version or newer; `None` where some are and some are not.
    pub fn since(self, version: Version) -> Option<bool> {
        match () {
            () if self.from >= version => Some(true),
            () if self.to < version => Some(false),
            () => None,
        }
    }

    /// Whether a change that came into each of these branches with this version is in; a branch that is older than all
    /// of them has it not, one that is newer has it.
    pub fn has(self, changes: &[Version]) -> Option<bool> {
        let one = |version: Version| {
            let branch = changes.iter().find(|change| (change.0, change.1) == (version.0, version.1));
            branch.map_or_else(|| changes.iter().any(|change| *change < version), |change| version >= *change)
        };
        let same_branch = (self.from.0, self.from.1) == (self.to.0, self.to.1);
        let (from, to) = (one(self.from), one(self.to));
        let outside = same_branch
            || changes.iter().all(|change| *change > self.to)
            || changes.iter().all(|change| *change <= self.from);
        (from == to && outside).then_some(from)
    }

    /// Whether a version of both is possible.
    pub fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    fn of_tomee(version: Self) -> Self {
        let tomcat = |wanted: Version| {
            let wanted = (wanted.0, wanted.1, wanted.2);
            TOMEE.iter().rev().find(|(tomee, _)| *tomee <= wanted).map_or(Version(7, 0, 0), |(_, tomcat)| *tomcat)
        };
        Self { from: tomcat(version.from), to: tomcat(version.to) }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            _ if self.is_unknown() => f.write_str("of unknown version"),
            Self { from, to } if from == to => write!(f, "{from}"),
            Self { from, to } if to.2 == u32::MAX && (from.0, from.1) == (to.0, to.1) => {
                write!(f, "{}.{}", from.0, from.1)
            }
            Self { from, to } if to.0 == u32::MAX => write!(f, "{from} or newer"),
            Self { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

impl FromStr for Versions {
    type Err = VersionError;

    /// `10.1.59`, `10.1`, `9`, `9.0.80-9.0.100`, each with `tomcat:` or `tomee:` before and `:webprofile` behind.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || VersionError(text.to_owned());
        let (product, rest) = text.split_once(':').unwrap_or(("tomcat", text));
        let rest = rest.split(':').next().unwrap_or_default();
        let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let (from, to) = match rest.split_once('-') {
            Some((from, to)) if is_number(to) => (from, to),
            _ => (rest, rest),
        };
        let bound = |text: &str, missing: u32| {
            let text = text.split_once('-').map_or(text, |(version, _)| version);
            let mut parts = text.split('.').filter(|part| !part.starts_with('M')).map(str::parse::<u32>);
            let mut next = || parts.next().unwrap_or(Ok(missing)).ok();
            let version = Version(next()?, next()?, next()?);
            (!text.is_empty()).then_some(version)
        };
        let range = Self { from: bound(from, 0).ok_or_else(error)?, to: bound(to, u32::MAX).ok_or_else(error)? };
        match product {
            "tomcat" if range.from <= range.to => Ok(range),
            "tomee" if range.from <= range.to => Ok(Self::of_tomee(range)),
            _ => Err(error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIX: [Version; 3] = [Version(9, 0, 122), Version(10, 1, 60), Version(11, 0, 26)];

    #[test]
    fn a_server_is_a_range_of_versions() {
        for (text, shown) in [
            ("tomcat:10.1.59", "10.1.59"),
            ("10.1", "10.1"),
            ("tomcat:9.0.80-9.0.100", "9.0.80 to 9.0.100"),
            ("tomee:9.0.0:webprofile", "10.0.27"),
            ("tomee:8.0.14", "9.0.68"),
            ("tomcat:11.0.0-M14", "11.0.0"),
        ] {
            assert_eq!(text.parse::<Versions>().map(|versions| versions.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for bad in ["", "jetty:12", "tomcat:", "tomcat:x", "tomcat:10-9", "tomcat:1.a.2"] {
            assert!(bad.parse::<Versions>().is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn a_fix_is_in_its_branch_from_its_version_on() {
        for (text, has) in [
            ("9.0.121", Some(false)),
            ("9.0.122", Some(true)),
            ("9.0", None),
            ("10.0.27", Some(true)),
            ("8.5.100", Some(false)),
            ("12.0.0", Some(true)),
            ("9.0.122-11.0.26", None),
            ("7-8.5", Some(false)),
        ] {
            assert_eq!(text.parse::<Versions>().expect(text).has(&FIX), has, "{text}");
        }
        assert_eq!(Versions::ANY.has(&FIX), None);
        assert_eq!(Versions::ANY.since(Version(9, 0, 0)), None);
    }
}
