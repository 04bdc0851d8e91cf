//! Rule C027, dispatcher-option-flag.

use crate::lint::cluster::parse_options;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C027",
    name: "dispatcher-option-flag",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "MessageDispatchInterceptor with an optionFlag other than 8",
    why: "Asynchronous sending is switched off; the server warns about it.",
    bad: r#"<Interceptor className="…MessageDispatchInterceptor" optionFlag="4"/>"#,
    good: r#"<Interceptor className="…MessageDispatchInterceptor"/>"#,
    evidence: "tribes/group/interceptors/LocalStrings.properties, messageDispatchInterceptor.warning.optionflag",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("MessageDispatchInterceptor") else { continue };
        let flag = interceptor.value("optionFlag").and_then(parse_options);
        if flag.is_some_and(|flag| flag != 8) {
            let finding =
                out.on_value(interceptor, "optionFlag", "an optionFlag other than 8 switches asynchronous sending off");
            finding.help("remove `optionFlag`").unset(Applicability::Unsafe, interceptor, "optionFlag");
        }
    }
}
