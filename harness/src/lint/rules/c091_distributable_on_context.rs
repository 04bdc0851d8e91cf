//! Rule C091, distributable-on-context.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C091",
    name: "distributable-on-context",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "distributable on a <Context>",
    why: "It has no effect: web.xml decides.",
    bad: r#"<Context distributable="true"/>"#,
    good: "<distributable/> in web.xml",
    evidence: "runs on TomEE 9.0.0 and Tomcat 11.0.24",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let contexts = input.nodes.iter().flat_map(|node| node.contexts(input)).map(|context| context.element);
    for context in contexts.chain(input.app_contexts().into_iter().map(|(_, context)| context)) {
        for element in [Some(context), context.child("Manager")]
            .into_iter()
            .flatten()
            .filter(|element| element.has("distributable"))
        {
            let finding = out.on_value(element, "distributable", "`distributable` has no effect here");
            finding.help("add `<distributable/>` to the app's web.xml").unset(
                Applicability::Safe,
                element,
                "distributable",
            );
        }
    }
}
