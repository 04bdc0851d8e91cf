//! Rule C026, no-dispatcher.

use crate::config::read::Element;
use crate::lint::cluster::ManagerClass;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C026",
    name: "no-dispatcher",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "asynchronous sending and two or more interceptors, none of them a MessageDispatchInterceptor",
    why: "Messages are sent at once and without an acknowledgement. (To a single interceptor the channel adds the dispatcher itself.)",
    bad: r#"<Interceptor className="…TcpPingInterceptor"/><Interceptor className="…TcpFailureDetector"/>"#,
    good: r#"<Interceptor className="…TcpPingInterceptor"/><Interceptor className="…MessageDispatchInterceptor"/><Interceptor className="…TcpFailureDetector"/>"#,
    evidence: "GroupChannel.setupDefaultStack",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let interceptors = cluster.interceptors();
        if super::c119_unknown_class::has_misnamed(&cluster, "Interceptor") {
            continue;
        }
        let dispatches =
            |element: &Element<'_>| element.short_class().is_none_or(|class| class.starts_with("MessageDispatch"));
        let is_async = cluster.send_options().is_some_and(|options| options & 8 != 0);
        if is_async && interceptors.len() > 1 && !interceptors.iter().any(dispatches) {
            let finding = out.on(interceptors[0], "no MessageDispatchInterceptor: option 8 has no effect, messages are sent at once and without an acknowledgement");
            if cluster.has_foreign_interceptor() || cluster.manager_class() == ManagerClass::Backup {
                finding.at_most(Severity::Warning).sure(Confidence::Low);
            }
            let added =
                "<Interceptor className=\"org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor\"/>";
            finding.help(format!("add `{added}`")).insert_before(Applicability::Unsafe, interceptors[0], added);
        }
    }
}
