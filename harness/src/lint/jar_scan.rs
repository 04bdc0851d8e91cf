//! Which jars of an app are searched for a web-fragment.xml: `StandardJarScanner` leaves out what its filter does not let pass.

use super::app::App;
use super::{Input, Node, Scope};
use crate::config::read::{Attribute, Element};

impl Input {
    /// Whether some node looks into a jar of an app; `None` where a filter is not known.
    pub(super) fn scans(&self, app: &App, jar: &str) -> Option<bool> {
        let own =
            self.app_contexts().into_iter().find(|(other, _)| std::ptr::eq(*other, app)).map(|(_, context)| context);
        let mut nodes = self.nodes.iter().filter(|node| app.is_on(&node.name)).peekable();
        if nodes.peek().is_none() {
            return passes(own.and_then(scanner), jar, None);
        }
        let answers: Vec<Option<bool>> =
            nodes.map(|node| passes(scanner_on(self, node, app, own), jar, Some(node))).collect();
        match () {
            () if answers.contains(&Some(true)) => Some(true),
            () if answers.contains(&None) => None,
            () => Some(false),
        }
    }
}

fn scanner(context: Element<'_>) -> Option<Element<'_>> {
    context.child("JarScanner")
}

/// The scanner of an app: the last that is set counts, and the contexts of all apps are read first.
fn scanner_on<'i>(input: &'i Input, node: &Node, app: &App, own: Option<Element<'i>>) -> Option<Element<'i>> {
    let contexts = node.contexts(input);
    let of = |wanted: fn(&Scope) -> bool| {
        let of_scope = contexts.iter().filter(move |context| wanted(&context.scope) && context.is_about(app));
        of_scope.filter_map(|context| scanner(context.element)).next_back()
    };
    of(|scope| matches!(scope, Scope::App(_)))
        .or(own.and_then(scanner))
        .or_else(|| of(|scope| matches!(scope, Scope::Host(_))))
        .or_else(|| of(|scope| *scope == Scope::Global))
}

/// Whether a filter lets a jar pass (`StandardJarScanFilter.check`).
fn passes(scanner: Option<Element<'_>>, jar: &str, node: Option<&Node>) -> Option<bool> {
    let is_standard =
        |element: Element<'_>, class: &str| !element.has("className") || element.short_class() == Some(class);
    let filter = scanner.and_then(|scanner| scanner.child("JarScanFilter"));
    if scanner.is_some_and(|scanner| !is_standard(scanner, "StandardJarScanner"))
        || filter.is_some_and(|filter| !is_standard(filter, "StandardJarScanFilter"))
    {
        return None;
    }
    let set = |name: &str, of_server: Option<&String>| match filter.and_then(|filter| filter.attribute(name)) {
        Some(attribute) => attribute.known().map(str::to_owned),
        None => Some(of_server.cloned().unwrap_or_default()),
    };
    let skip = set("pluggabilitySkip", node.and_then(|node| node.jars_to_skip.as_ref()))?;
    let scan = set("pluggabilityScan", node.and_then(|node| node.jars_to_scan.as_ref()))?;
    let by_default = match filter.and_then(|filter| filter.attribute("defaultPluggabilityScan")).map(Attribute::known) {
        None => true,
        Some(flag) => flag?.trim().eq_ignore_ascii_case("true"),
    };
    let has = |patterns: &str| {
        patterns
            .split(',')
            .map(str::trim)
            .any(|pattern| !pattern.is_empty() && is_like(pattern.as_bytes(), jar.as_bytes()))
    };
    Some(if by_default { !has(&skip) || has(&scan) } else { has(&scan) && !has(&skip) })
}

/// Whether a name is as a pattern with `*` and `?` says.
fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| is_like(rest, &name[at..])),
        ([b'?', pattern @ ..], [_, name @ ..]) => is_like(pattern, name),
        ([first, pattern @ ..], [other, name @ ..]) if first == other => is_like(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn names_are_matched_as_by_ant() {
        for (pattern, name, is) in [
            ("*", "acme-ui.jar", true),
            ("acme-*.jar", "acme-ui.jar", true),
            ("acme-??.jar", "acme-ui.jar", true),
            ("acme-?.jar", "acme-ui.jar", false),
            ("acme*", "other.jar", false),
            ("", "a", false),
        ] {
            assert_eq!(is_like(pattern.as_bytes(), name.as_bytes()), is, "{pattern} {name}");
        }
    }
}
