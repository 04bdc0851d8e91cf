//! Rule C144, serial-filter.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C144",
    name: "serial-filter",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a filter of deserialization that lets classes of the platform pass only",
    why: "Each node reads the sessions and messages of the others with an ObjectInputStream, which refuses them: filter status: REJECTED.",
    bad: "CATALINA_OPTS=\"$CATALINA_OPTS -Djdk.serialFilter=java.base/*;!*\"",
    good: "CATALINA_OPTS=\"$CATALINA_OPTS -Djdk.serialFilter=java.base/*;org.apache.catalina.**;com.example.shop.**;!*\"",
    evidence: "ObjectInputFilter.Config: the first pattern that fits counts; XByteBuffer.deserialize, DeltaRequest.readExternal",
    versions: "all",
    check,
};

/// What patterns begin with that name modules and packages of the platform.
const PLATFORM: [&str; 4] = ["java.", "javax.", "jdk.", "sun."];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(filter) = cluster.node.given.get("jdk.serialFilter") else { continue };
        let patterns =
            || filter.split(';').map(str::trim).filter(|pattern| !pattern.is_empty() && !pattern.contains('='));
        // What stands behind it is not asked.
        let passes = patterns().take_while(|pattern| *pattern != "!*").filter(|pattern| !pattern.starts_with('!'));
        let mut of_others = passes.filter(|pattern| !PLATFORM.iter().any(|start| pattern.starts_with(start)));
        if patterns().any(|pattern| pattern == "!*") && of_others.next().is_none() {
            out.on(cluster.element, format!("jdk.serialFilter `{filter}` refuses the messages of the other nodes"))
                .help("let `org.apache.catalina.**` and the packages of the apps pass");
        }
    }
}
