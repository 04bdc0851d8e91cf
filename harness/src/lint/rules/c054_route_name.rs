//! Rule C054, route-name.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C054",
    name: "route-name",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a jvmRoute with a dot, or one that the load balancer's configuration does not name",
    why: "JvmRouteBinderValve takes what stands behind the first dot of the session id; a route that the load balancer does not know makes sessions not stick.",
    bad: r#"<Engine … jvmRoute="web.n1"/>"#,
    good: r#"<Engine … jvmRoute="web-n1"/>"#,
    evidence: "JvmRouteBinderValve.handleJvmRoute",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        for engine in node.engines(input) {
            let Some(route) = engine.value("jvmRoute") else { continue };
            if route.contains('.') {
                out.on_value(engine, "jvmRoute", format!("`{route}` has a dot, at which the session id is split"))
                    .help("use letters, digits, `-` and `_`");
            }
            for (file, routes) in balancers(input) {
                if !routes.iter().any(|known| known == route) {
                    let finding = out.on_value(
                        engine,
                        "jvmRoute",
                        format!("the load balancer knows {}, but not `{route}`", routes.join(", ")),
                    );
                    finding.labels.push(crate::lint::Label {
                        file,
                        span: 0..0,
                        text: "the load balancer's configuration".to_owned(),
                    });
                }
            }
        }
    }
}

/// The routes of each configuration of Apache httpd (`route=`) or `mod_jk` (`worker.NAME.host`).
fn balancers(input: &Input) -> Vec<(usize, Vec<String>)> {
    let all = input.others.iter().map(|file| {
        let text = &input.files[*file].text;
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let routes = lines.filter_map(|line| {
            let word = |rest: &str| {
                rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';'))
                    .find(|word| !word.is_empty())
                    .map(str::to_owned)
            };
            let httpd =
                line.find("route=").filter(|_| line.contains("BalancerMember")).and_then(|at| word(&line[at + 6..]));
            let nginx =
                line.find(" route=").filter(|_| line.starts_with("server ")).and_then(|at| word(&line[at + 7..]));
            // The name of a worker is its route, unless it has one.
            let jk = || {
                let (name, _) = line.strip_prefix("worker.")?.split_once(".host")?;
                let named = format!("worker.{name}.route");
                let route =
                    text.lines().find_map(|line| line.trim().strip_prefix(&named)?.trim_start().strip_prefix('='));
                Some(route.map_or(name, str::trim).to_owned())
            };
            httpd.or(nginx).or_else(jk)
        });
        (*file, routes.collect::<Vec<_>>())
    });
    all.filter(|(_, routes)| !routes.is_empty()).collect()
}
