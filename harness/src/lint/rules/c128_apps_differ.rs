//! Rule C128, apps-differ.

use crate::lint::app::App;
use crate::lint::{Confidence, Context, Findings, Input, Label, Node, Rule, Scope, Severity};

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
    check_paths(input, out);
    // A farm brings the app to the nodes that lack it.
    if input.clusters().any(|cluster| cluster.deployer().is_some()) {
        return;
    }
    let groups = input.apps_by_node();
    let has_app = |node: &str| groups.iter().flatten().any(|app| app.is_on(node));
    for group in &groups {
        let shows =
            |node: &&Node| has_app(&node.name) || !group[0].is_explicit && has_empty_base(input, node, group[0]);
        for node in input.nodes.iter().filter(shows).map(|node| node.name.as_str()) {
            if !group.iter().any(|app| app.is_on(node)) {
                let (app, has) = (group[0], &group[0].nodes[0]);
                out.in_file(app.file(), 0..0, format!("`{}` is on {has} and not on {node}", app.base_name))
                    .sure(Confidence::Medium)
                    .help("deploy it on all nodes");
            }
        }
    }
}

/// Whether a node has the folder for apps, and in it nothing that may become the app, nor a context that names it.
fn has_empty_base(input: &Input, node: &Node, app: &App) -> bool {
    let Some(listing) = &node.listing else { return false };
    let hosts = node.engines(input).into_iter().flat_map(|engine| engine.all("Host"));
    let bases: Vec<String> = hosts
        .filter_map(|host| node.relative(host.value_or("appBase", "webapps")?))
        .filter(|base| listing.contains_key(base))
        .collect();
    let is_there = |base: &String| {
        let mut below = listing.keys().filter_map(|path| path.strip_prefix(base.as_str())?.strip_prefix('/'));
        below.any(|path| path.split(['/', '.', '#']).next() == Some(app.base_name.as_str()))
    };
    !bases.is_empty()
        && !bases.iter().any(is_there)
        && !node.contexts(input).iter().any(|context| matches!(context.scope, Scope::App(_)) && context.is_about(app))
}

/// Contexts of server.xml with one docBase and another path: managers of other names do not find each other.
fn check_paths(input: &Input, out: &mut Findings<'_>) {
    let of = |node: &Node| -> Vec<Context<'_>> {
        let all = node.clustered_contexts(input).into_iter();
        all.filter(|it| matches!(it.scope, Scope::App(_)) && it.element.has("path") && it.element.has("docBase"))
            .collect()
    };
    let Some((first, others)) = input.nodes.split_first() else { return };
    let known = of(first);
    for node in others {
        let theirs = of(node);
        for context in &theirs {
            let doc_base = context.element.value("docBase");
            let is_like = |it: &&Context<'_>| doc_base.is_some() && it.element.value("docBase") == doc_base;
            let is_on = |all: &[Context<'_>], it: &Context<'_>| all.iter().any(|other| other.scope == it.scope);
            let Some(other) = known.iter().find(is_like) else { continue };
            if !is_on(&known, context) && !is_on(&theirs, other) {
                let path = |it: &Context<'_>| it.element.value("path").unwrap_or_default().to_owned();
                let message = format!(
                    "the path `{}` is `{}` on {}: their sessions do not meet",
                    path(context),
                    path(other),
                    first.name
                );
                out.on_value(context.element, "path", message)
                    .label(other.element, "path", format!("on {}", first.name))
                    .help("use one path on all nodes: upper and lower case count");
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
