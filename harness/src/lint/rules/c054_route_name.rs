//! Rule C054, route-name.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C054",
    name: "route-name",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a jvmRoute with a dot or a blank, or one that the load balancer's configuration does not name, or a load balancer that asks for another cookie",
    why: "JvmRouteBinderValve takes what stands behind the first dot of the session id; a route that the load balancer does not know makes sessions not stick.",
    bad: r#"<Engine … jvmRoute="web.n1"/>"#,
    good: r#"<Engine … jvmRoute="web-n1"/>"#,
    evidence: "JvmRouteBinderValve.handleJvmRoute; Rfc6265CookieProcessor.validateCookieValue",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    check_cookies(input, out);
    for node in &input.nodes {
        for engine in node.engines(input) {
            let Some(route) = engine.value("jvmRoute") else { continue };
            if route.contains('.') {
                out.on_value(engine, "jvmRoute", format!("`{route}` has a dot, at which the session id is split"))
                    .help("use letters, digits, `-` and `_`");
            }
            // What a cookie may hold: `Rfc6265CookieProcessor`.
            let is_wrong = |c: char| c <= ' ' || matches!(c, '"' | ',' | ';' | '\\' | '\u{7f}');
            if route.contains(is_wrong) {
                out.on_value(
                    engine,
                    "jvmRoute",
                    format!("`{route}` has a character that no cookie may hold: no session gets one"),
                )
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

/// Cookies of other names than those that the load balancers ask for.
fn check_cookies(input: &Input, out: &mut Findings<'_>) {
    for (file, names) in asked_cookies(input) {
        let contexts =
            input.nodes.iter().flat_map(|node| node.clustered_contexts(input)).map(|context| context.element);
        let apps = input.app_contexts().into_iter().map(|(_, context)| context);
        for context in contexts.chain(apps) {
            let Some(cookie) = context.value("sessionCookieName").filter(|name| !names.contains(name)) else {
                continue;
            };
            let message =
                format!("the load balancer asks for the cookie {}, and not for `{cookie}`", names.join(" or "));
            let finding = out.on_value(context, "sessionCookieName", message);
            finding.help("name the same cookie in both");
            let text = "the load balancer's configuration".to_owned();
            finding.labels.push(crate::lint::Label { file, span: 0..0, text });
        }
    }
}

/// The names of session cookies that each load balancer asks for: `stickysession` of httpd, `session_cookie` of `mod_jk`, and
/// `cookie NAME prefix` of `HAProxy`. One that httpd sets itself is not the session's.
fn asked_cookies(input: &Input) -> Vec<(usize, Vec<&str>)> {
    let all = input.others.iter().map(|file| {
        let lines = input.files[*file].text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let is_own = |name: &str| {
            lines
                .clone()
                .any(|line| line.contains("Set-Cookie") && line.split(['"', '=', ' ']).any(|word| word == name))
        };
        let value = |line: &'_ str, key: &str| -> Option<usize> { Some(line.find(key)? + key.len()) };
        let names = lines.clone().flat_map(|line| {
            let jk = line.starts_with("worker.").then(|| value(line, ".session_cookie=")).flatten();
            let at = value(line, "stickysession=").or(jk);
            let words: Vec<&str> = line.split_whitespace().collect();
            let prefixed = match words.as_slice() {
                ["cookie", name, how @ ..] if how.contains(&"prefix") => Some(*name),
                _ => None,
            };
            let named = at.and_then(|at| {
                line[at..].split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).find(|it| !it.is_empty())
            });
            named.into_iter().flat_map(|named| named.split('|')).chain(prefixed)
        });
        (*file, names.filter(|name| !is_own(name)).collect::<Vec<&str>>())
    });
    all.filter(|(_, names)| !names.is_empty()).collect()
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
