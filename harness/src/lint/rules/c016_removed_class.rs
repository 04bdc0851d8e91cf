//! Rule C016, removed-class.

use crate::lint::cluster::HA;
use crate::lint::kinds::takes;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C016",
    name: "removed-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class that this version no longer has",
    why: "ClassNotFoundException while server.xml is read: the server does not start; while a context is read: the app does not.",
    bad: r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatch15Interceptor"/>"#,
    good: r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>"#,
    evidence: "Tomcat's tags: MessageDispatch15Interceptor until 8.0.x, JvmRouteSessionIDBinderListener until 7.0.x, transport.bio and JDBCStore until 9.0.x; a run: Cannot start server",
    versions: "8.0 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let of_apps = input.app_contexts().into_iter().filter(|(app, _)| app.is_on(&node.name));
        let contexts = node.contexts(input).into_iter().map(|context| context.element);
        let stores = contexts.chain(of_apps.map(|(_, context)| context)).filter(|context| context.parent().is_none());
        let stores = stores.flat_map(|context| context.document().elements()).filter(|it| it.name() == "Store");
        let of_server = node.server(input).into_iter().flat_map(|server| server.document().elements());
        for element in of_server.chain(stores) {
            let Some((since, instead)) = element.short_class().and_then(|class| removed(class, element.class()?))
            else {
                continue;
            };
            let is_gone = node.versions.since(since);
            if is_gone == Some(false) {
                continue;
            }
            let class = element.short_class().unwrap_or_default();
            let finding =
                out.on_value(element, "className", format!("`{class}` was removed in Tomcat {}.{}", since.0, since.1));
            if is_gone.is_none() {
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
            }
            match instead {
                Some(instead) if instead.ends_with("Store") => {
                    finding.help(format!("use `{instead}` with the `dataSourceName` of a `<Resource>`"))
                }
                // The element may be one that takes neither (C098).
                Some(instead) if takes(element, instead) == Some(false) => {
                    finding.help(format!("use `{instead}` in the element that takes it"))
                }
                Some(instead) => {
                    finding.help(format!("use `{instead}`")).set(Applicability::Safe, element, "className", instead)
                }
                None => finding.help("remove the element; it has no successor"),
            };
        }
    }
}

/// Since when a class is gone, and what is in its place.
fn removed(short: &str, class: &str) -> Option<(Version, Option<&'static str>)> {
    match short {
        "MessageDispatch15Interceptor" => {
            Some((Version(8, 5, 0), Some("org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor")))
        }
        "JvmRouteSessionIDBinderListener" | "JvmRouteSessionIDBinderLifecycleListener" if class.starts_with(HA) => {
            Some((Version(8, 0, 0), None))
        }
        "BioReceiver" => Some((Version(10, 0, 0), Some("org.apache.catalina.tribes.transport.nio.NioReceiver"))),
        "PooledMultiSender" | "MultipointBioSender" if class.contains(".bio.") => {
            Some((Version(10, 0, 0), Some("org.apache.catalina.tribes.transport.nio.PooledParallelSender")))
        }
        "JDBCStore" if class.starts_with("org.apache.catalina.session.") => {
            Some((Version(10, 0, 0), Some("org.apache.catalina.session.DataSourceStore")))
        }
        _ => None,
    }
}

/// A class, or what is in its place where one of these versions does not have it any more; `None` where nothing is.
pub(super) fn successor(class: &str, versions: Versions) -> Option<&str> {
    match removed(class.rsplit('.').next().unwrap_or_default(), class) {
        Some((since, instead)) if versions.since(since) != Some(false) => instead,
        _ => Some(class),
    }
}

/// Whether it is a class that a version has removed.
pub(super) fn is_removed(class: &str) -> bool {
    removed(class.rsplit('.').next().unwrap_or_default(), class).is_some()
}
