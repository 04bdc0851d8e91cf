//! Rule C035, no-background-processor.

use crate::config::read::Element;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C035",
    name: "no-background-processor",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a backgroundProcessorDelay of 0 or less on the Engine, and none on the Host",
    why: "Nothing polls the watched folder, and sessions never expire.",
    bad: r#"<Engine … backgroundProcessorDelay="-1"/>"#,
    good: r#"<Engine … backgroundProcessorDelay="10"/>"#,
    evidence: "ContainerBase.threadStart",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let clustered: Vec<Cluster<'_>> = input.clusters().collect();
    for cluster in &clustered {
        let off = |element: Element<'_>, default: i64| {
            element.number("backgroundProcessorDelay", default).is_some_and(|delay| delay <= 0)
        };
        if off(cluster.engine, 10) && cluster.hosts().into_iter().all(|host| off(host, -1)) {
            let finding = out.on_value(
                cluster.engine,
                "backgroundProcessorDelay",
                "no background thread: sessions never expire, and no folder is polled",
            );
            finding.help("remove `backgroundProcessorDelay`, 10 by default").unset(
                Applicability::Unsafe,
                cluster.engine,
                "backgroundProcessorDelay",
            );
        }
    }
}
