//! Rule C057, attribute-filter.

use crate::config::read::Element;
use crate::lint::app::Stored;
use crate::lint::pattern::Pattern;
use crate::lint::{Confidence, Findings, Input, Label, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C057",
    name: "attribute-filter",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a filter for session attributes, and which of those that the app sets it keeps on their node",
    why: "Attributes that it does not match stay on their node, which is logged at DEBUG only. The expression must match the whole name.",
    bad: r#"<Manager className="…DeltaManager" sessionAttributeNameFilter="user"/>"#,
    good: r#"<Manager className="…DeltaManager" sessionAttributeNameFilter="user.*|cart.*"/>"#,
    evidence: "ManagerBase.willAttributeDistribute asks both filters, with Matcher.matches; the app's attributes are read from its class files",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for (manager, apps) in input.managed() {
        // Without a cluster's manager nothing is replicated in any case (C003, C092).
        if matches!(manager.short_class(), None | Some("StandardManager")) && manager.parent().is_none_or(is_context) {
            continue;
        }
        let stored: Vec<&Stored> = apps.iter().flat_map(|app| app.classes.stored()).collect();
        let names = stored.iter().filter_map(|it| Some((*it, it.name.as_deref()?, it.name.as_deref()?)));
        filter(out, manager, "sessionAttributeNameFilter", &["a", "user", "cart.items", "_x"], names.collect());
        let classes = stored.iter().filter_map(|it| Some((*it, it.name.as_deref()?, exact_class(it)?)));
        let probes = ["java.lang.String", "java.util.ArrayList", "org.example.Cart"];
        filter(out, manager, "sessionAttributeValueClassNameFilter", &probes, classes.collect());
    }
}

/// One filter: what is set and does not match, by its name and by the text that has to match.
fn filter(
    out: &mut Findings<'_>,
    manager: Element<'_>,
    name: &'static str,
    probes: &[&str],
    set: Vec<(&Stored, &str, &str)>,
) {
    let Some(expression) = manager.value(name).filter(|filter| !filter.is_empty()) else { return };
    let Some(pattern) = Pattern::new(expression) else { return };
    let mut local: Vec<(&Stored, String)> = vec![];
    for (stored, attribute, text) in set.into_iter().filter(|(_, _, text)| pattern.refuses(text)) {
        let shown =
            if attribute == text { format!("`{attribute}`") } else { format!("`{attribute}` (of class `{text}`)") };
        if local.iter().all(|(_, other)| *other != shown) {
            local.push((stored, shown));
        }
    }
    let Some((first, _)) = local.first() else {
        if !probes.iter().all(|probe| pattern.matches(probe)) {
            let what = if probes[0].contains('.') { "of other classes" } else { "whose whole name does not match" };
            out.on_value(manager, name, format!("attributes {what} stay on their node"))
                .at_most(Severity::Info)
                .help("set `warnOnSessionAttributeFilterFailure=\"true\"` to see them in the log");
        }
        return;
    };
    let label = Label { file: first.file, span: first.line..first.line, text: format!("{} sets it", first.by) };
    let all: Vec<&str> = local.iter().map(|(_, shown)| shown.as_str()).collect();
    let (noun, verb) = if all.len() == 1 { ("attribute", "does") } else { ("attributes", "do") };
    let pronoun = if all.len() == 1 { "stays on its" } else { "stay on their" };
    let message = format!("the app's {noun} {} {verb} not match and {pronoun} node", all.join(", "));
    let finding = out.on_value(manager, name, message);
    finding.sure(Confidence::High).help("let the filter match what the app sets, or remove it");
    finding.labels.push(label);
}

fn is_context(element: Element<'_>) -> bool {
    element.name() == "Context"
}

/// The class that a value has at run time, where its declared class says so.
pub(super) fn exact_class(stored: &Stored) -> Option<&str> {
    let class = stored.class.as_str();
    let is_final = class.strip_prefix("java.lang.").is_some_and(|rest| {
        matches!(rest, "String" | "Integer" | "Long" | "Boolean" | "Double" | "Float" | "Short" | "Byte" | "Character")
    }) || class == "java.util.UUID"
        || class.starts_with("java.time.Local");
    (is_final || stored.is_exact && !class.is_empty()).then_some(class)
}
