//! What stands against a gate's pass, one thing after the other, each with what it is known by.

use serde::{Deserialize, Serialize};

use super::choice::Role;
use super::result::{Change, RunResult, Side};
use crate::verdict::Status;

/// What a matter is known by from run to run, and from machine to machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Key {
    /// Which run, or `lint`, `lost`, `files` (not as they claim), `against` (the other side).
    pub run: String,
    /// A guarantee, or what is said in words, without numbers that differ from run to run.
    pub what: String,
    /// How it stands.
    pub status: Status,
    /// The file's name of the app, where a run of one says it: what one app does is none of another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
}

/// One thing that stands against a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    /// What it is known by; none where nobody can accept it.
    pub key: Option<Key>,
    /// Whether it makes the gate red, or leaves it open.
    pub status: Status,
    /// It, in a line.
    pub line: String,
}

impl Matter {
    fn of_app(mut self, app: Option<String>) -> Self {
        if let Some(key) = &mut self.key {
            key.app = app;
        }
        self
    }

    /// Whether it is left open by a run that is red for another reason: what ended that run decided nothing else.
    pub(super) fn follows_from(&self, other: &Self) -> bool {
        let run = |matter: &Self| matter.key.as_ref().map(|key| key.run.clone());
        // Each difference between files and servers stands for itself.
        let is_of_run = run(self).is_some_and(|run| run != "files");
        self.status == Status::Unknown && other.status == Status::Violated && is_of_run && run(self) == run(other)
    }
}

/// All that stands against a pass, what is red first.
pub(super) fn matters(side: &Side, against: Option<&Side>, lost: &[Change]) -> Vec<Matter> {
    let mut all = vec![];
    let errors = side.lint.errors.iter();
    all.extend(errors.map(|line| {
        let what = without_folders(&without_numbers(line));
        known("lint", what, Status::Violated, format!("lint: {line}"))
    }));
    let app = || side.app.clone();
    all.extend(side.runs.iter().flat_map(of_run).map(|matter| matter.of_app(app())));
    all.extend(lost.iter().map(|change| {
        let line = format!("lost: {}, {}", change.guarantee, change.now);
        known("lost", change.guarantee.clone(), Status::Violated, line).of_app(app())
    }));
    let others = against.iter().flat_map(|against| &against.runs).filter(|run| run.status == Status::Unknown);
    all.extend(others.map(|run| {
        let line = format!("{} of what it is compared with was not decided", run.name);
        known("against", run.name.clone(), Status::Unknown, line)
    }));
    all.extend(side.effective.iter().filter(|setting| setting.differs).map(|setting| {
        let (line, red) = (setting.line(), setting.of_replication);
        let status = if red { Status::Violated } else { Status::Unknown };
        known("files", without_numbers(&line), status, format!("not as the files claim: {line}"))
    }));
    all.extend(equal_routes(side));
    let never = |line: String| Matter { key: None, status: Status::Unknown, line };
    all.extend(side.left_out.iter().map(|left| never(format!("left out: {left}"))));
    if side.deciding().next().is_none() {
        all.push(never("nothing was run".to_owned()));
    }
    all.sort_by_key(|matter| matter.status != Status::Violated);
    all
}

/// Nodes that run with one route: no balancer that goes by it can tell whose a session is. What nothing sets is said as such.
fn equal_routes(side: &Side) -> Option<Matter> {
    let routes = || {
        let engines = side.effective.iter().filter(|setting| setting.element == "Engine" && setting.name == "jvmRoute");
        engines.filter_map(|setting| Some((&setting.node, setting.found.as_deref()?)))
    };
    let told = |route: &str| !route.is_empty() && !route.contains("${");
    let (one, other, route) = routes().filter(|(_, route)| told(route)).find_map(|(one, route)| {
        let (other, _) = routes().find(|(other, others)| one != *other && route == *others)?;
        Some((one, other, route))
    })?;
    let line =
        format!("{one} and {other} run with the same jvmRoute {route}: a balancer cannot tell whose a session is");
    Some(known("files", "same jvmRoute".to_owned(), Status::Violated, line))
}

/// What a run says: each guarantee that counts and does not hold, or what else decided its status.
fn of_run(run: &RunResult) -> Vec<Matter> {
    if run.status == Status::Holds {
        return vec![];
    }
    let of_run = |what: String, status: Status, said: String| {
        // A control run that shows nothing leaves the gate open: it is no fault of the configuration.
        let weight = if run.role == Role::Control { Status::Unknown } else { status };
        Matter {
            key: Some(Key { run: run.kind().to_owned(), what, status, app: None }),
            status: weight,
            line: format!("{}: {said}", run.name),
        }
    };
    let mut all: Vec<Matter> = run
        .tested
        .iter()
        .filter(|tested| tested.counts && tested.status != Status::Holds)
        .map(|tested| of_run(tested.guarantee.clone(), tested.status, tested.line()))
        .collect();
    if let Some(because) = &run.because {
        all.push(of_run(without_numbers(because), run.status, because.clone()));
    }
    if !all.iter().any(|matter| matter.key.as_ref().is_some_and(|key| key.status == run.status)) {
        all.push(of_run("not decided".to_owned(), run.status, "it was not decided".to_owned()));
    }
    all.sort_by_key(|matter| matter.status != Status::Violated);
    // What only was not decided rests on something else.
    let has_cause = run.status == Status::Violated || run.because.is_some();
    if let (Some(first), Some(cause)) = (all.first_mut().filter(|_| has_cause), run.logged.first()) {
        first.line = format!("{}; {cause}", first.line);
    }
    all
}

fn known(run: &str, what: String, status: Status, line: String) -> Matter {
    Matter { key: Some(Key { run: run.to_owned(), what, status, app: None }), status, line }
}

/// A finding of the linter without the folders that are others in each checkout: of an archive its name is left, of another file
/// its folder as well, which may be that of a node.
pub(super) fn without_folders(finding: &str) -> String {
    let Some((code, rest)) = finding.split_once(' ').filter(|(_, rest)| rest.starts_with('/')) else {
        return finding.to_owned();
    };
    let (path, message) = rest.split_at(rest.find([':', ' ']).unwrap_or(rest.len()));
    let (file, inside) = path.split_at(path.find("!/").unwrap_or(path.len()));
    let names = if inside.is_empty() { 2 } else { 1 };
    let last: Vec<&str> = file.rsplit('/').take(names).collect();
    format!("{code} {}{inside}{message}", last.into_iter().rev().collect::<Vec<_>>().join("/"))
}

/// A text with each number as `#`: times, ports and counts are others in each run.
pub(super) fn without_numbers(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut is_number = false;
    let mut before = ' ';
    for c in text.chars() {
        let goes_on = is_number && (c.is_ascii_digit() || matches!(c, '.' | ','));
        // `n1` and `C029` are names.
        is_number = goes_on || c.is_ascii_digit() && !before.is_alphanumeric();
        before = c;
        match (is_number, goes_on) {
            (true, true) => {}
            (true, false) => short.push('#'),
            (false, _) => short.push(c),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Setting;
    use crate::model::NodeName;

    #[test]
    fn what_a_red_run_left_open_follows_from_it_and_a_difference_of_files_from_nothing() {
        let pair = |run: &str| {
            [Status::Unknown, Status::Violated].map(|status| known(run, "x".to_owned(), status, "x".to_owned()))
        };
        let [open, red] = pair("failover");
        assert!(open.follows_from(&red) && !red.follows_from(&open));
        let [open, red] = pair("files");
        assert!(!open.follows_from(&red));
    }

    #[test]
    fn nodes_with_one_route_are_told() {
        let of = |routes: &[&str]| {
            let setting = |(index, route): (usize, &&str)| Setting {
                node: NodeName::nth(index),
                element: "Engine".to_owned(),
                name: "jvmRoute".to_owned(),
                claimed: None,
                found: Some((*route).to_owned()),
                differs: false,
                of_replication: true,
            };
            let effective = routes.iter().enumerate().map(setting).collect();
            equal_routes(&Side { effective, ..Side::default() }).map(|matter| matter.line)
        };
        assert!(of(&["a", "b", "a"]).is_some_and(|line| line.starts_with("n1 and n3 run with the same jvmRoute a")));
        for right in [&["a", "b"][..], &["", ""], &["${route}", "${route}"], &["a"]] {
            assert_eq!(of(right), None, "{right:?}");
        }
    }

    #[test]
    fn a_finding_is_known_in_another_checkout() {
        for (text, short) in [
            (
                "C121 /home/a/target/shop.war!/WEB-INF/classes/a/B.class:#:#: x",
                "C121 shop.war!/WEB-INF/classes/a/B.class:#:#: x",
            ),
            ("C029 /home/a/conf/n1/server.xml:#:#: deployDir /x/y", "C029 n1/server.xml:#:#: deployDir /x/y"),
            ("C029 conf/server.xml:#:#: x", "C029 conf/server.xml:#:#: x"),
            ("no <Cluster> in the server.xml of n1", "no <Cluster> in the server.xml of n1"),
        ] {
            assert_eq!(without_folders(text), short);
        }
    }

    #[test]
    fn numbers_are_left_out_and_names_stay() {
        for (text, short) in [
            ("n1 came back at 12.5 s, and lacked 6 of 6", "n1 came back at # s, and lacked # of #"),
            ("C029 conf/server.xml:12:3: x", "C029 conf/server.xml:#:#: x"),
            ("ended after 10.", "ended after #"),
            ("after [1,234] ms", "after [#] ms"),
        ] {
            assert_eq!(without_numbers(text), short);
        }
    }
}
