//! Lines of a server's releases, as `tomcat:10.1`, and which of them is the newest.

use std::cmp::{Ordering, Reverse};

use super::server::ServerSpec;

/// The version that means the newest release of all.
pub const LATEST: &str = "latest";

/// A version as any release may have it: its numbers, and what comes behind them where it is no final release.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Release {
    numbers: Vec<u32>,
    before_final: Option<(Stage, u32)>,
}

/// What comes before a final release, the earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Other,
    Alpha,
    Beta,
    Milestone,
    Candidate,
}

impl Release {
    /// `9.0.0`, `9.0.0.M23`, `9.0.0-M8`, `9.0.0.RC1`, `8.0.0-beta-2`.
    fn of(text: &str) -> Self {
        let parts: Vec<&str> = text.split(['.', '-']).collect();
        let numbers: Vec<u32> = parts.iter().map_while(|part| part.parse().ok()).collect();
        let rest = parts[numbers.len()..].concat().to_lowercase();
        let before_final = (!rest.is_empty()).then(|| {
            let word = rest.trim_end_matches(|c: char| c.is_ascii_digit());
            let stage = match word {
                "alpha" | "a" => Stage::Alpha,
                "beta" | "b" => Stage::Beta,
                "m" | "milestone" => Stage::Milestone,
                "rc" | "cr" => Stage::Candidate,
                _ => Stage::Other,
            };
            (stage, rest[word.len()..].parse().unwrap_or_default())
        });
        Self { numbers, before_final }
    }

    fn key(&self) -> (&[u32], bool, Option<(Stage, u32)>) {
        (&self.numbers, self.before_final.is_none(), self.before_final)
    }
}

impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Release {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl ServerSpec {
    /// The version that is named, where it is a line of releases and no release: `latest`, or less than three numbers.
    pub fn line(&self) -> Option<&str> {
        let (Self::Tomee { version, .. } | Self::Tomcat { version }) = self else { return None };
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_line = version == LATEST || version.split('.').count() < 3 && version.split('.').all(is_number);
        is_line.then_some(version.as_str())
    }

    /// The same product and flavour in another version; a folder stays as it is.
    #[must_use]
    pub fn at_version(&self, version: &str) -> Self {
        let version = version.to_owned();
        match self {
            Self::Tomee { flavour, .. } => Self::Tomee { version, flavour: *flavour },
            Self::Tomcat { .. } => Self::Tomcat { version },
            Self::Home { .. } => self.clone(),
        }
    }
}

/// The releases of a line, the newest first. What is no final release comes in only where no release of the line is final.
pub fn newest_of_line<'v>(line: &str, versions: impl IntoIterator<Item = &'v str>) -> Vec<&'v str> {
    let wanted: Vec<&str> = if line == LATEST { vec![] } else { line.split('.').collect() };
    let is_of_it = |text: &&str| {
        let mut parts = text.split(['.', '-']);
        wanted.iter().all(|part| parts.next() == Some(*part))
    };
    let mut found: Vec<(Release, &str)> =
        versions.into_iter().filter(is_of_it).map(|text| (Release::of(text), text)).collect();
    if found.iter().any(|(release, _)| release.before_final.is_none()) {
        found.retain(|(release, _)| release.before_final.is_none());
    }
    found.sort_by(|one, other| Reverse(&one.0).cmp(&Reverse(&other.0)));
    found.dedup_by(|one, other| one.1 == other.1);
    found.into_iter().map(|(_, text)| text).collect()
}

/// The releases from one to another, both included, the oldest first. What is no final release comes in only as an end.
pub fn between<'v>(from: &'v str, to: &'v str, versions: impl IntoIterator<Item = &'v str>) -> Vec<&'v str> {
    let (first, last) = (Release::of(from), Release::of(to));
    let mut found: Vec<(Release, &str)> = versions
        .into_iter()
        .map(|text| (Release::of(text), text))
        .filter(|(release, _)| release.before_final.is_none() && first < *release && *release < last)
        .chain([(first.clone(), from), (last.clone(), to)])
        .collect();
    found.sort();
    found.dedup_by(|one, other| one.1 == other.1);
    found.into_iter().map(|(_, text)| text).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TOMEE: [&str; 9] =
        ["7.1.0", "9.0.0-M8", "9.0.0", "9.0.0.RC1", "10.0.0-M3", "10.0.0-M10", "8.0.13", "8.0.9", "11.0.0-alpha-1"];

    #[rstest]
    #[case::one_number("8", &["8.0.13", "8.0.9"])]
    #[case::two("8.0", &["8.0.13", "8.0.9"])]
    #[case::no_milestone_beside_a_release("9", &["9.0.0"])]
    #[case::milestones_where_there_is_nothing_else("10", &["10.0.0-M10", "10.0.0-M3"])]
    #[case::all("latest", &["9.0.0", "8.0.13", "8.0.9", "7.1.0"])]
    #[case::a_number_and_no_text("1", &[])]
    fn the_newest_of_a_line_comes_first(#[case] line: &str, #[case] wanted: &[&str]) {
        assert_eq!(newest_of_line(line, TOMEE), wanted);
    }

    #[rstest]
    #[case("tomcat:10.1", Some("10.1"))]
    #[case("tomee:9", Some("9"))]
    #[case("tomee:latest:plus", Some("latest"))]
    #[case("tomcat:10.1.59", None)]
    #[case("tomcat:10.1.0-M5", None)]
    #[case("/opt/10.1", None)]
    fn a_line_has_less_than_three_numbers(#[case] server: &str, #[case] line: Option<&str>) {
        let server: ServerSpec = server.parse().expect("a server");
        assert_eq!(server.line(), line);
    }

    #[test]
    fn a_range_has_its_ends_and_no_milestones_inside() {
        let all = ["10.1.0-M5", "10.1.1", "10.1.9", "10.1.10", "10.1.47", "10.1.59", "11.0.1"];
        assert_eq!(between("10.1.1", "10.1.48", all), ["10.1.1", "10.1.9", "10.1.10", "10.1.47", "10.1.48"]);
        assert_eq!(between("10.1.0-M5", "10.1.9", all), ["10.1.0-M5", "10.1.1", "10.1.9"]);
    }
}
