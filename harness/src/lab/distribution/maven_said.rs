//! What Maven's output means.

use std::fmt;

use super::artifact::Artifact;

/// Why Maven did not get an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MavenProblem {
    /// No configured repository has the archive.
    #[error("no repository that it knows has this release")]
    NoSuchRelease,
    /// No configured repository has Maven's own dependency plugin.
    #[error("no repository that it knows has its dependency plugin")]
    NoPlugin,
    /// A repository cannot be reached.
    #[error("a repository cannot be reached")]
    Unreachable,
    /// A repository wants to know who asks.
    #[error("a repository or proxy refuses the user")]
    Refused,
    /// Maven is told to stay off the network.
    #[error("it is set to work offline")]
    Offline,
    /// What came is not what the repository says it is.
    #[error("what came does not have the checksum that the repository gives")]
    Checksum,
    /// Maven finds no usable Java for itself.
    #[error("it finds no usable Java for itself")]
    NoJava,
    /// The disk is full.
    #[error("no space is left on the disk")]
    NoSpace,
    /// Maven did not say anything for too long.
    #[error("it went silent for too long and was ended")]
    Silent,
    /// Anything else.
    #[error("it failed")]
    Other,
}

impl MavenProblem {
    /// Reads the problem out of the lines of a Maven that failed.
    pub(super) fn of(lines: &[String], artifact: &Artifact) -> Self {
        let says = |texts: &[&str]| lines.iter().any(|line| texts.iter().any(|text| line.contains(text)));
        let misses_the_release = lines.iter().any(|line| {
            let missing = line.contains("Could not find artifact") || line.contains("was not found in");
            missing && line.contains(artifact.group_and_id().as_str())
        });
        // The order matters: a repository that cannot be reached is also one in which nothing was found.
        if says(&["JAVA_HOME", "JAVACMD", "java: not found", "java: command not found"]) {
            Self::NoJava
        } else if says(&["No space left on device"]) {
            Self::NoSpace
        } else if says(&["in offline mode"]) {
            Self::Offline
        } else if says(&["Checksum validation failed"]) {
            Self::Checksum
        } else if says(&[
            "status: 401",
            "status: 403",
            "status: 407",
            "status code: 401",
            "status code: 403",
            "status code: 407",
            "Not authorized",
            "authentication failed",
            "authorization failed",
        ]) {
            Self::Refused
        } else if says(&["Could not transfer", "Unknown host", "UnknownHost", "Connection refused", "timed out"]) {
            Self::Unreachable
        } else if misses_the_release {
            Self::NoSuchRelease
        } else if says(&["or one of its dependencies could not be resolved"]) {
            Self::NoPlugin
        } else {
            Self::Other
        }
    }

    /// What the user can do about it.
    pub fn hint(self) -> String {
        match self {
            Self::NoSuchRelease => "look at the version and flavour: releases differ in what is published",
            Self::NoPlugin => "add a repository with Maven's plugins to settings.xml",
            Self::Unreachable | Self::Silent => "look at the network, and at mirrors and proxies in settings.xml",
            Self::Refused => "look at the credentials in settings.xml, under servers and proxies",
            Self::Offline => "let Maven work online once, or name the folder of an unpacked server",
            Self::Checksum => "try again; where it stays so, a proxy or mirror alters or cuts what it hands out",
            Self::NoJava => "set JAVA_HOME to a JDK or JRE",
            Self::NoSpace => "make space where the local Maven repository and the cache are",
            Self::Other => "run the command yourself to see all that Maven says",
        }
        .to_owned()
    }
}

/// The lines of Maven's output that say why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MavenSaid {
    /// The lines, without Maven's level marks.
    pub lines: Vec<String>,
    /// The command that was run, as a user can repeat it.
    pub command: String,
}

impl MavenSaid {
    /// How many lines are told where Maven marks none as an error.
    const TAIL: usize = 5;

    /// Picks the lines that say why.
    pub(super) fn of(lines: &[String], command: String) -> Self {
        let mut why: Vec<String> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("[ERROR] ").or_else(|| line.strip_prefix("[FATAL] ")))
            .map(|line| line.split(" -> [Help").next().unwrap_or(line).trim().to_owned())
            .filter(|line| !line.is_empty() && !is_advice(line))
            .collect();
        if why.is_empty() {
            why = lines[lines.len().saturating_sub(Self::TAIL)..].to_vec();
        }
        why.dedup();
        Self { lines: why, command }
    }
}

/// What Maven prints below every error.
fn is_advice(line: &str) -> bool {
    ["To see the full stack trace", "Re-run Maven", "For more information about the errors", "[Help "]
        .iter()
        .any(|advice| line.starts_with(advice))
}

impl fmt::Display for MavenSaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "maven said: {} (command: {})", self.lines.join("\n"), self.command)
    }
}

impl std::error::Error for MavenSaid {}
