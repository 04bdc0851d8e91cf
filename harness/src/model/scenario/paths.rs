//! The files that a scenario names: found in its text, resolved against its folder, and named anew for a copy of it.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::ClusterTable;
use crate::model::plan::App;
use crate::model::{NodeChanges, Plan, ServerSpec, StepKind};

/// What a path in a scenario is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// The WAR of an app.
    App,
    /// A jar for the nodes' `lib/`.
    Lib,
    /// The folder of an installed server.
    Server,
    /// A Java home.
    Java,
}

/// A path that a scenario names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// Where it stands in the file, with its quotes.
    pub place: Range<usize>,
    /// As it is written.
    pub path: Utf8PathBuf,
    /// What it is.
    pub kind: PathKind,
}

impl NamedPath {
    /// All that a scenario's text names, in the order of the text; nothing of a text that is no TOML.
    pub fn all(text: &str) -> Vec<Self> {
        let mut found = Found::default();
        if let Ok(root) = DeTable::parse(text) {
            found.scenario(root.get_ref());
        }
        found.0.sort_by_key(|named| named.place.start);
        found.0
    }

    /// A scenario's text with other paths in the place of those for which there are some.
    pub fn renamed(text: &str, mut other: impl FnMut(&Self) -> Option<Utf8PathBuf>) -> String {
        let mut renamed = text.to_owned();
        for named in Self::all(text).iter().rev() {
            if let Some(path) = other(named) {
                renamed.replace_range(named.place.clone(), &toml::Value::String(path.into_string()).to_string());
            }
        }
        renamed
    }
}

#[derive(Default)]
struct Found(Vec<NamedPath>);

type Entry<'a> = Option<&'a Spanned<DeValue<'a>>>;

impl Found {
    fn scenario(&mut self, root: &DeTable<'_>) {
        if let Some(cluster) = table(get(root, "cluster")) {
            self.server(get(cluster, "server"));
            for lib in list(get(cluster, "libs")) {
                self.add(Some(lib), PathKind::Lib, |_| true);
            }
        }
        for server in table(get(root, "matrix")).map(|matrix| list(get(matrix, "server"))).unwrap_or_default() {
            self.server(Some(server));
        }
        for node in table(get(root, "node")).into_iter().flat_map(DeTable::values) {
            self.changes(table(Some(node)));
        }
        for step in list(get(root, "step")) {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Spanned<DeValue<'_>>) {
        let Some(step) = table(Some(step)) else { return };
        self.app(get(step, "deploy"));
        let with = table(get(step, "with"));
        self.app(with.and_then(|with| get(with, "war")));
        self.changes(with);
        for step in list(get(step, "steps")) {
            self.step(step);
        }
    }

    fn changes(&mut self, changes: Option<&DeTable<'_>>) {
        let Some(changes) = changes else { return };
        self.server(get(changes, "server"));
        self.add(get(changes, "java"), PathKind::Java, |_| true);
    }

    fn app(&mut self, value: Entry<'_>) {
        self.add(value, PathKind::App, |path| path.ends_with(".war"));
    }

    fn server(&mut self, value: Entry<'_>) {
        self.add(value, PathKind::Server, |text| matches!(text.parse(), Ok(ServerSpec::Home { .. })));
    }

    fn add(&mut self, value: Entry<'_>, kind: PathKind, is_path: impl Fn(&str) -> bool) {
        let Some((value, text)) = value.and_then(|value| Some((value, value.get_ref().as_str()?))) else { return };
        if is_path(text) {
            self.0.push(NamedPath { place: value.span(), path: text.into(), kind });
        }
    }
}

fn get<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    table.get(key)
}

fn table<'a, 'i>(value: Option<&'a Spanned<DeValue<'i>>>) -> Option<&'a DeTable<'i>> {
    value?.get_ref().as_table()
}

fn list<'a, 'i>(value: Option<&'a Spanned<DeValue<'i>>>) -> Vec<&'a Spanned<DeValue<'i>>> {
    value.and_then(|value| value.get_ref().as_array()).map(|list| list.iter().collect()).unwrap_or_default()
}

impl ClusterTable {
    /// Resolves its paths against a folder.
    pub(super) fn in_folder(mut self, folder: &Utf8Path) -> Self {
        self.server = self.server.map(|server| server_in(folder, server));
        for lib in &mut self.libs {
            *lib = folder.join(&*lib);
        }
        self
    }
}

impl NodeChanges {
    /// Resolves its paths against a folder.
    pub(super) fn in_folder(mut self, folder: &Utf8Path) -> Self {
        self.server = self.server.map(|server| server_in(folder, server));
        self.java = self.java.map(|java| folder.join(java));
        self
    }
}

impl Plan {
    /// Resolves the paths of its steps against a folder. Their titles stay as they are.
    pub(super) fn steps_in_folder(&mut self, folder: &Utf8Path) {
        for step in &mut self.steps {
            match &mut step.kind {
                StepKind::Deploy { app: App::War(path), .. } => *path = folder.join(&*path),
                StepKind::Restart { changes, app, .. } => {
                    if let Some((App::War(path), _)) = app {
                        *path = folder.join(&*path);
                    }
                    *changes = changes.take().map(|changes| Box::new(changes.in_folder(folder)));
                }
                _ => {}
            }
        }
    }
}

fn server_in(folder: &Utf8Path, server: ServerSpec) -> ServerSpec {
    match server {
        ServerSpec::Home { path } => ServerSpec::Home { path: folder.join(path) },
        release => release,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Scenario, Topology};

    const TEXT: &str = r#"name = "x"
[cluster]
server = "./tomcat"
libs = ["lib/a.jar", "/opt/b.jar"]
[node.n2]
server = 'other/tomcat'
java = "jdk"
[[step]]
deploy = "build-1/shop.war"
[[step]]
deploy = "counter"
[[step]]
kill = "n1"
[[step]]
restart = "n1"
with = { war = "../build-2/shop.war", at = "/shop", server = "tomcat:9.0.117" }
[[step]]
repeat = 2
steps = [{ deploy = "again/shop.war" }]
"#;

    #[test]
    fn all_paths_are_found_and_releases_and_known_apps_are_none() {
        let all: Vec<(String, PathKind)> =
            NamedPath::all(TEXT).into_iter().map(|named| (named.path.into_string(), named.kind)).collect();
        let expected = [
            ("./tomcat", PathKind::Server),
            ("lib/a.jar", PathKind::Lib),
            ("/opt/b.jar", PathKind::Lib),
            ("other/tomcat", PathKind::Server),
            ("jdk", PathKind::Java),
            ("build-1/shop.war", PathKind::App),
            ("../build-2/shop.war", PathKind::App),
            ("again/shop.war", PathKind::App),
        ];
        assert_eq!(all, expected.map(|(path, kind)| (path.to_owned(), kind)));
        assert_eq!(NamedPath::all("name = "), []);
    }

    #[test]
    fn renamed_paths_are_read_again_and_all_else_stays() {
        let renamed = NamedPath::renamed(TEXT, |named| {
            (named.kind == PathKind::App)
                .then(|| format!("files/a \"b\" \\c/{}", named.path.file_name().unwrap_or("?")).into())
        });
        let apps: Vec<String> = NamedPath::all(&renamed)
            .into_iter()
            .filter(|named| named.kind == PathKind::App)
            .map(|named| named.path.into_string())
            .collect();
        assert_eq!(apps, vec!["files/a \"b\" \\c/shop.war"; 3]);
        assert!(renamed.contains("deploy = \"counter\"") && renamed.contains("server = 'other/tomcat'"), "{renamed}");
        assert_eq!(NamedPath::renamed(TEXT, |_| None), TEXT);
    }

    #[test]
    fn paths_are_those_of_the_scenarios_folder_and_flags_keep_theirs() {
        let scenario = Scenario::parse(TEXT.as_bytes()).expect("a scenario").in_folder("/s");
        let mut base = Topology::of(2).expect("two nodes");
        base.jvm.libs = vec!["mine.jar".into()];
        let plan = scenario.plans(&base).expect("a plan").remove(0).plan;
        let topology = &plan.topology;
        assert_eq!(topology.server.to_string(), "/s/./tomcat");
        assert_eq!(topology.jvm.libs, ["mine.jar", "/s/lib/a.jar", "/opt/b.jar"]);
        let n2 = &topology.nodes[1].changes;
        assert_eq!(
            (n2.java.as_deref(), n2.server.as_ref().map(ToString::to_string)),
            (Some("/s/jdk".into()), Some("/s/other/tomcat".to_owned()))
        );
        let apps: Vec<&Utf8Path> = plan
            .steps
            .iter()
            .filter_map(|step| match &step.kind {
                StepKind::Deploy { app: App::War(path), .. }
                | StepKind::Restart { app: Some((App::War(path), _)), .. } => Some(path.as_path()),
                _ => None,
            })
            .collect();
        assert_eq!(apps, ["/s/build-1/shop.war", "/s/../build-2/shop.war", "/s/again/shop.war", "/s/again/shop.war"]);
        assert!(plan.steps[1].title.contains("deploy build-1/shop.war at /shop"), "{}", plan.steps[1].title);
        let said = ClusterTable { server: Some("here/tomcat".parse().expect("a folder")), ..ClusterTable::default() };
        let plan = scenario.plans_with(&base, &said).expect("a plan").remove(0).plan;
        assert_eq!(plan.topology.server.to_string(), "here/tomcat");
    }
}
