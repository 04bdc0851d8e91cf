//! What Maven's output means.

use std::fmt;

use super::artifact::Artifact;

/// Why Maven did not get an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MavenProblem {
    /// No configured repository has the archive.
    #[error("none of its repositories has this release")]
    NoSuchRelease,
    /// No configured repository has Maven's own dependency plugin.
    #[error("none of its repositories has maven-dependency-plugin")]
    NoPlugin,
    /// A repository cannot be reached.
    #[error("a repository cannot be reached")]
    Unreachable,
    /// A repository wants to know who asks.
    #[error("a repository or proxy rejects the credentials")]
    Refused,
    /// Maven is configured to stay off the network.
    #[error("it is in offline mode")]
    Offline,
    /// What came is not what the repository says it is.
    #[error("a downloaded file does not match the checksum in the repository")]
    Checksum,
    /// Maven finds no usable Java for itself.
    #[error("it finds no usable Java")]
    NoJava,
    /// The disk is full.
    #[error("there is no space left on the disk")]
    NoSpace,
    /// Maven did not say anything for too long.
    #[error("it printed nothing for too long and was killed")]
    Silent,
    /// Anything else.
    #[error("it failed for a reason that its output does not name")]
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
            Self::NoSuchRelease => "check version and flavour: not every release publishes each flavour",
            Self::NoPlugin => "add a repository with Maven's plugins to settings.xml",
            Self::Unreachable | Self::Silent => "check the network, and mirrors and proxies in settings.xml",
            Self::Refused => "check the credentials in settings.xml, under servers and proxies",
            Self::Offline => "run Maven online once, or specify the folder of an unpacked server",
            Self::Checksum => "try again; if it persists, a proxy or mirror alters or truncates downloads",
            Self::NoJava => "set JAVA_HOME to a JDK or JRE",
            Self::NoSpace => "free disk space for the local Maven repository and the cache",
            Self::Other => "run the command yourself to see Maven's full output",
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
    /// How many lines are shown where Maven marks none as an error.
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
        let said = if self.lines.is_empty() { " nothing".to_owned() } else { format!(": {}", self.lines.join("; ")) };
        write!(f, "maven said{said} (command: {})", self.command)
    }
}

impl std::error::Error for MavenSaid {}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::Flavour;

    const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";
    const GOAL: &str = "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
                        (default-cli) on project standalone-pom: Unable to find/resolve artifact.";
    const ARTIFACT: &str = "org.apache.tomee:apache-tomee:zip:webprofile:9.0.99";
    const CENTRAL: &str = "central (https://repo.example)";

    /// Lines as Maven 3.8.7 and 3.9 print them.
    #[rstest]
    #[case::unknown_version(
        format!("{GOAL} Could not find artifact {ARTIFACT} in {CENTRAL} -> [Help 1]"),
        MavenProblem::NoSuchRelease
    )]
    #[case::unknown_version_asked_before(
        format!("{GOAL} {ARTIFACT} was not found in https://repo.example during a previous attempt. This failure was \
                 cached in the local repository and resolution is not reattempted until the update interval of \
                 central has elapsed or updates are forced -> [Help 1]"),
        MavenProblem::NoSuchRelease
    )]
    #[case::no_name_server(
        format!("{GOAL} Could not transfer artifact {ARTIFACT} from/to {CENTRAL}: transfer failed for \
                 https://repo.example/x.zip: Unknown host repo.example: Name or service not known -> [Help 1]"),
        MavenProblem::Unreachable
    )]
    #[case::connection_refused(
        format!("{GOAL} Could not transfer artifact {ARTIFACT} from/to {CENTRAL}: Connect to repo.example:443 failed: \
                 Connection refused -> [Help 1]"),
        MavenProblem::Unreachable
    )]
    #[case::no_network_for_the_plugin(
        format!("[ERROR] Plugin {PLUGIN} or one of its dependencies could not be resolved: Failed to read artifact \
                 descriptor for {PLUGIN}: Could not transfer artifact {PLUGIN} from/to {CENTRAL}: repo.example: \
                 Temporary failure in name resolution -> [Help 1]"),
        MavenProblem::Unreachable
    )]
    #[case::no_such_plugin(
        format!("[ERROR] Plugin {PLUGIN} or one of its dependencies could not be resolved: Could not find artifact \
                 {PLUGIN} in {CENTRAL} -> [Help 1]"),
        MavenProblem::NoPlugin
    )]
    #[case::offline(
        format!("{GOAL} Cannot access {CENTRAL} in offline mode and the artifact {ARTIFACT} has not been downloaded \
                 from it before. -> [Help 1]"),
        MavenProblem::Offline
    )]
    #[case::refused(
        format!("{GOAL} Could not transfer artifact {ARTIFACT} from/to {CENTRAL}: authentication failed for \
                 https://repo.example/x.zip, status: 401 Unauthorized -> [Help 1]"),
        MavenProblem::Refused
    )]
    #[case::wrong_checksum(
        format!("{GOAL} Could not transfer artifact {ARTIFACT} from/to {CENTRAL}: Checksum validation failed, expected \
                 0123 but is 4567 -> [Help 1]"),
        MavenProblem::Checksum
    )]
    #[case::no_java(
        "The JAVA_HOME environment variable is not defined correctly, so Apache Maven cannot be started.".to_owned(),
        MavenProblem::NoJava
    )]
    #[case::disk_full(
        format!("{GOAL} Could not transfer artifact {ARTIFACT} from/to {CENTRAL}: No space left on device -> [Help 1]"),
        MavenProblem::NoSpace
    )]
    #[case::anything_else("[ERROR] Error executing Maven.".to_owned(), MavenProblem::Other)]
    fn each_way_to_fail_is_recognised(#[case] line: String, #[case] problem: MavenProblem) {
        let lines = ["[INFO] Scanning for projects...".to_owned(), line, "[ERROR] Re-run Maven".to_owned()];
        assert_eq!(MavenProblem::of(&lines, &Artifact::tomee("9.0.99", Flavour::Webprofile)), problem);
    }

    #[test]
    fn the_reason_is_reported_without_advice_and_marks() {
        let lines = [
            "[INFO] BUILD FAILURE",
            "[ERROR] Failed to execute goal x: Could not find artifact y -> [Help 1]",
            "[ERROR]",
            "[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.",
            "[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/MojoExecutionException",
        ]
        .map(str::to_owned);
        let said = MavenSaid::of(&lines, "mvn".to_owned());
        assert_eq!(said.lines, ["Failed to execute goal x: Could not find artifact y"]);
    }

    #[test]
    fn without_an_error_mark_the_last_lines_are_shown() {
        let lines: Vec<String> = (0..9).map(|number| format!("line {number}")).collect();
        assert_eq!(MavenSaid::of(&lines, "mvn".to_owned()).lines, lines[4..]);
        assert_eq!(MavenSaid::of(&[], "mvn".to_owned()).to_string(), "maven said nothing (command: mvn)");
    }
}
