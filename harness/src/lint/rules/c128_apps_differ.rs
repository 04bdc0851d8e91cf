//! Rule C128, apps-differ.

use crate::lint::app::App;
use crate::lint::{Confidence, Findings, Input, Label, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C128",
    name: "apps-differ",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an app that is another build on each node, or that one of the nodes lacks",
    why: "A session that moves is read by other classes and pages; a node without the app drops its messages and answers 404 after a failover.",
    bad: "lint n1=shop-1.war n2=shop-2.war",
    good: "lint n1=shop-2.war n2=shop-2.war",
    evidence: "documentation, cluster-howto: all nodes have the same apps; DeltaManager logs that the context manager does not exist",
    versions: "all",
    check,
};

/// As many differences are named.
const MOST: usize = 3;

fn check(input: &Input, out: &mut Findings<'_>) {
    for (first, other) in input.variants() {
        let (a, b) = (&first.nodes[0], &other.nodes[0]);
        let message = format!("`{}` is not the same on {a} and {b}: {}", other.base_name, differences(first, other));
        let finding = out.in_file(other.file(), 0..0, message);
        finding.help("deploy one build on all nodes; while a new one is rolled out, see what it does to sessions: `gate --rolling`");
        finding.labels.push(Label { file: first.file(), span: 0..0, text: format!("on {a}") });
    }
    // A farm brings the app to the nodes that lack it.
    if input.clusters().any(|cluster| cluster.deployer().is_some()) {
        return;
    }
    let groups = input.apps_by_node();
    let has_app = |node: &str| groups.iter().flatten().any(|app| app.is_on(node));
    for group in &groups {
        for node in input.nodes.iter().map(|node| node.name.as_str()).filter(|node| has_app(node)) {
            if !group.iter().any(|app| app.is_on(node)) {
                let (app, has) = (group[0], &group[0].nodes[0]);
                out.in_file(app.file(), 0..0, format!("`{}` is on {has} and not on {node}", app.base_name))
                    .sure(Confidence::Medium)
                    .help("deploy it on all nodes");
            }
        }
    }
}

/// What is another file, or only in one of them: the first few.
fn differences(first: &App, other: &App) -> String {
    let name = |path: &str| {
        let class = path.strip_prefix("WEB-INF/classes/").and_then(|path| path.strip_suffix(".class"));
        class.map_or_else(|| path.rsplit('/').next().unwrap_or_default().to_owned(), |class| class.replace('/', "."))
    };
    let only = |path: &str, app: &App| format!("{} is on {} only", name(path), app.nodes[0]);
    let mut all = vec![];
    for (path, number) in &first.contents {
        match other.contents.get(path) {
            Some(same) if same == number => {}
            Some(_) => all.push(format!("{} differs", name(path))),
            None => all.push(only(path, first)),
        }
    }
    all.extend(other.contents.keys().filter(|path| !first.contents.contains_key(*path)).map(|path| only(path, other)));
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    all.join(", ") + &rest
}
