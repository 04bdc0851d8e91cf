//! Rule C089, fragment-is-local.

use crate::config::read::Element;
use crate::lint::app::{child, has};
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C089",
    name: "fragment-is-local",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a jar whose web-fragment.xml has no <distributable/>",
    why: "The app is distributable only if every fragment is: nothing of it is replicated.",
    bad: "<web-fragment><name>ui</name></web-fragment>",
    good: r#"<web-app metadata-complete="true">, or <web-fragment><name>ui</name><distributable/></web-fragment>"#,
    evidence: "WebXml.merge; Servlet specification 8.2.3; runs on TomEE 9.0.0 and Tomcat 11.0.24",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in input.apps.iter().filter(|app| app.is_distributable(input)) {
        let Some(web) = app.web(input) else { continue };
        if web.flag("metadata-complete", false) == Some(true) {
            continue;
        }
        let ordered = child(web, "absolute-ordering");
        for (jar, fragment) in app.fragments(input) {
            let name = child(fragment, "name").map(Element::text);
            let is_left_out = ordered.is_some_and(|order| {
                !has(order, "others")
                    && !order.children().any(|element| element.local_name() == "name" && Some(element.text()) == name)
            });
            if fragment.local_name() == "web-fragment" && !has(fragment, "distributable") && !is_left_out {
                let is_scanned = input.scans(app, jar);
                if is_scanned == Some(false) {
                    continue;
                }
                let finding = out.on(
                    fragment,
                    format!(
                        "the web-fragment.xml of {jar} has no `<distributable/>`, which makes `{}` local",
                        app.base_name
                    ),
                );
                if is_scanned.is_none() {
                    finding.at_most(Severity::Warning).sure(Confidence::Medium);
                }
                finding.label(web, "", "this web.xml is distributable");
                finding.help("set `metadata-complete=\"true\"` in web.xml, leave the fragment out by `<absolute-ordering>`, or add `<distributable/>` to it");
            }
        }
    }
}
