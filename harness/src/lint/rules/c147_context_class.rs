//! Rule C147, context-class.

use crate::lint::{Confidence, Findings, Input, Rule, Scope, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C147",
    name: "context-class",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a className on the <Context> of conf/context.xml or context.xml.default",
    why: "These files change contexts and make none: the class stays StandardContext, and attributes of a ServletContext are not replicated.",
    bad: r#"conf/context.xml: <Context className="org.apache.catalina.ha.context.ReplicatedContext"/>"#,
    good: "conf/Catalina/localhost/shop.xml, META-INF/context.xml or server.xml: the same",
    evidence: "ContextConfig.contextConfig: ContextRuleSet without create; HostConfig creates a context of META-INF/context.xml and conf/ENGINE/HOST/APP.xml",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        for context in node.contexts(input) {
            let is_of_file = context.element.parent().is_none();
            let is_of_many = matches!(context.scope, Scope::Global | Scope::Host(_));
            if !is_of_file || !is_of_many || !context.element.has("className") {
                continue;
            }
            let file = context.element.document().file();
            let is_placed = input.files[file].name.contains("conf/");
            let finding = out.on_value(
                context.element,
                "className",
                "`className` has no effect here: this file makes no context",
            );
            finding.help("write it in the file that makes the context: conf/ENGINE/HOST/APP.xml, or the app's META-INF/context.xml");
            // Beside a server.xml may lie the META-INF/context.xml of an app.
            if !is_placed {
                finding.sure(Confidence::Medium);
            }
        }
    }
}
