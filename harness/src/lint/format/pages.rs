//! What is said about the rules themselves.

use serde_json::{Value, json};

use crate::lint::proof::{self, Proof};
use crate::lint::{Rule, rules};

/// How a rule is shown to be right on real servers, where that is written down.
fn proof_of(rule: &Rule) -> Option<String> {
    match proof::of(rule.code)? {
        Proof::Runs(_) => {
            Some(format!("`explain {} --prove` runs it on real servers, with the fault and with the remedy", rule.code))
        }
        Proof::None(why) => Some(format!("none by runs on one machine: {why}")),
    }
}

/// A rule for `explain`.
pub fn page(rule: &Rule) -> String {
    let Rule { code, name, severity, confidence, finds, why, bad, good, evidence, versions, .. } = rule;
    let proof = proof_of(rule).map(|proof| format!("Proof: {}\n", proof.replace('`', ""))).unwrap_or_default();
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "{code} {name} ({severity}, confidence {confidence})\n\nFinds {finds}.\n\n{why}\n\nBad:\n{}\nGood:\n{}\nEvidence: {evidence}\n{proof}Versions of Tomcat: {versions}\n",
        indented(bad),
        indented(good),
    )
}

/// All rules as Markdown: RULES.md.
pub fn pages() -> String {
    let mut out = "# Rules of tomee-harness lint\n\nGenerated from the rules by `cargo ci schema`. \
        The ports and passwords of connectors are left to Tomcat's own configuration tests; these rules are about sessions and clusters.\n\n\
        | rule | severity | finds |\n|---|---|---|\n"
        .to_owned();
    for rule in rules::ALL {
        let finds = rule.finds.replace('|', "\\|").replace('<', "&lt;");
        out.push_str(&format!(
            "| [{0} {1}](#{2}) | {3} | {4} |\n",
            rule.code,
            rule.name,
            anchor(rule),
            rule.severity,
            finds
        ));
    }
    for rule in rules::ALL {
        let Rule { code, name, severity, confidence, finds, why, bad, good, evidence, versions, .. } = rule;
        let (finds, why) = (finds.replace('<', "&lt;"), why.replace('<', "&lt;"));
        out.push_str(&format!(
            "\n## {code} {name}\n\n{severity}, confidence {confidence}. Versions of Tomcat: {versions}.\n\nFinds {finds}.\n\n{why}\n\n\
             ```xml\n{bad}\n```\n\nBetter:\n\n```xml\n{good}\n```\n\nEvidence: {evidence}.\n"
        ));
        if let Some(proof) = proof_of(rule) {
            out.push_str(&format!("\nProof: {proof}.\n"));
        }
    }
    out
}

fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

/// All rules for programs.
pub fn rules_json() -> Value {
    let all = rules::ALL.iter().map(|rule| {
        json!({
            "code": rule.code, "name": rule.name, "severity": rule.severity, "confidence": rule.confidence,
            "finds": rule.finds, "why": rule.why, "bad": rule.bad, "good": rule.good,
            "evidence": rule.evidence, "versions": rule.versions, "proof": proof_of(rule),
        })
    });
    json!({ "format": 1, "rules": all.collect::<Vec<_>>() })
}
