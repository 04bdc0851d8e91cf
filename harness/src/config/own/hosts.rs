//! Which Host answers a request, as `org.apache.catalina.mapper.Mapper` finds it.

use crate::config::read::Element;

/// The Host to which a request goes that names none.
pub(super) fn default(engine: Element<'_>) -> Option<Element<'_>> {
    let named = engine.value("defaultHost").unwrap_or("localhost");
    let is_named = |host: &Element<'_>| host.value("name").is_some_and(|name| name.eq_ignore_ascii_case(named));
    engine.all("Host").find(is_named).or_else(|| engine.all("Host").next())
}

/// The Host of which this is the name or an alias; a port behind the name does not matter. A name in full comes before a
/// wildcard (`*.example.com`), which stands for the first part of a name.
pub(super) fn named<'d>(engine: Element<'d>, name: &str) -> Option<Element<'d>> {
    let name = match name.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    };
    let answers = |is_named: &dyn Fn(&str) -> bool| engine.all("Host").find(|host| names_of(*host).any(is_named));
    let rest = name.split_once('.').map(|(_, rest)| rest);
    answers(&|other| other.eq_ignore_ascii_case(name)).or_else(|| {
        answers(&|other| {
            other.strip_prefix("*.").is_some_and(|other| rest.is_some_and(|it| it.eq_ignore_ascii_case(other)))
        })
    })
}

/// Every name and alias.
pub(super) fn names(engine: Element<'_>) -> Vec<String> {
    engine.all("Host").flat_map(names_of).map(str::to_owned).collect()
}

/// A name of the first Host with a Cluster, where requests that name no host come to none.
pub(super) fn clustered(engine: Element<'_>) -> Option<String> {
    let in_cluster = |host: &Element<'_>| host.child("Cluster").is_some();
    if engine.child("Cluster").is_some() || default(engine).is_some_and(|host| in_cluster(&host)) {
        return None;
    }
    let name = engine.all("Host").find(in_cluster).and_then(|host| names_of(host).next())?;
    // A wildcard takes any name in its place.
    Some(name.replacen('*', "any", 1))
}

fn names_of(host: Element<'_>) -> impl Iterator<Item = &str> {
    let aliases = host.all("Alias").map(Element::text);
    host.value("name").into_iter().chain(aliases).map(str::trim).filter(|name| !name.is_empty())
}
