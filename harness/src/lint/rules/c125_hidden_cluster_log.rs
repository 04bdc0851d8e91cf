//! Rule C125, hidden-cluster-log.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C125",
    name: "hidden-cluster-log",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a logging.properties that hides what the clustering logs as WARNING or SEVERE",
    why: "A session that cannot be sent, a message for an app that is not there and a member that is gone are said in the log and nowhere else.",
    bad: "org.apache.catalina.ha.level = OFF",
    good: "org.apache.catalina.ha.level = INFO",
    evidence: "DeltaManager.requestCompleted, ClusterSessionListener.messageReceived, ParallelNioSender.doLoop: they log and go on",
    versions: "all",
    check,
};

/// A logger of clustering, or one above it.
fn is_of_clustering(logger: &str) -> bool {
    let inside =
        |package: &str| logger == package || logger.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
    matches!(logger, "" | "org" | "org.apache" | "org.apache.catalina")
        || inside("org.apache.catalina.ha")
        || inside("org.apache.catalina.tribes")
}

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in input.nodes.iter().filter(|node| !node.clusters(input).is_empty()) {
        let Some(file) = node.properties.get("conf/logging.properties").copied() else { continue };
        let text = input.files[file].text();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at + (line.len() - line.trim_start().len());
            at += line.len();
            let line = line.trim();
            let Some((name, level)) = line.split_once(['=', ':']) else { continue };
            // A level of a handler's class is none of a logger.
            let Some(logger) = name.trim().strip_suffix(".level").or_else(|| (name.trim() == ".level").then_some(""))
            else {
                continue;
            };
            let level = level.trim().to_ascii_uppercase();
            if line.starts_with(['#', '!']) || !is_of_clustering(logger) || !matches!(level.as_str(), "OFF" | "SEVERE")
            {
                continue;
            }
            let shown = if logger.is_empty() { "every logger" } else { logger };
            let hidden = if level == "OFF" { "nothing of it is logged" } else { "its warnings are not logged" };
            let finding =
                out.in_file(file, start..start + line.len(), format!("{shown} has the level {level}: {hidden}"));
            if level == "SEVERE" {
                finding.at_most(Severity::Info);
            }
            finding.help("let it be WARNING at least");
        }
    }
}
