//! Rule C091, distributable-on-context.

use crate::config::read::Element;
use crate::lint::app::is_default_web;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C091",
    name: "distributable-on-context",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "distributable on a <Context>, or in the conf/web.xml of the server",
    why: "It has no effect: the app's own web.xml decides, and without the word there its sessions stay on one node.",
    bad: r#"<Context distributable="true"/>"#,
    good: "<distributable/> in web.xml",
    evidence: "runs on TomEE 9.0.0 and Tomcat 11.0.24; ContextConfig.getDefaultWebXmlFragment takes conf/web.xml for distributable in any case, and WebXml.merge asks the app's",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        // Beside a server.xml may lie the web.xml of an app.
        let web = node.web(input).filter(|web| node.is_deployed() || is_default_web(*web));
        for word in web.into_iter().flat_map(Element::children).filter(|word| word.local_name() == "distributable") {
            out.on(word, "`<distributable/>` has no effect in the web.xml of the server: each app's own decides")
                .help("add `<distributable/>` to the app's WEB-INF/web.xml");
        }
    }
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
