//! A page of the plan that was asked and never answered with success: no fault can take anything from it, so none tested it.
//!
//! A redirect is an answer like another here: a form is mostly answered by one.

use super::super::requests::Request;
use super::super::view::View;
use super::judgement::and_more;
use crate::history::Event;
use crate::model::exchange::Method;
use crate::model::{ContextPath, Expect, StepKind};

/// A page as the plan has it, where `${name}` stands for what a client has captured.
#[derive(PartialEq, Eq)]
struct Page<'a> {
    method: Method,
    path: &'a str,
}

/// The first page of the plan of which no answer was a success, in words, unless the plan says what is answered there.
pub(super) fn first(view: &View<'_>) -> Option<String> {
    and_more(pages(view).into_iter().filter_map(|page| never_answered(view, &page)).collect())
}

/// The same of pages that are in no app of the plan, as by a slip of the pen: no guarantee about apps is about these.
pub(in super::super) fn outside(view: &View<'_>) -> Option<String> {
    let inside = |page: &Page<'_>| ContextPath::serving(page.path, view.contexts.iter().copied()).is_some();
    let pages = pages(view).into_iter().filter(|page| !view.contexts.is_empty() && !inside(page));
    let all: Vec<String> = pages.filter_map(|page| never_answered(view, &page)).collect();
    let apps = view.contexts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    and_more(all).map(|why| format!("{why}; the apps are at {apps}"))
}

/// The pages that the plan asks and of which it expects nothing, in its order.
fn pages<'a>(view: &View<'a>) -> Vec<Page<'a>> {
    let asks = || {
        view.plan.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Http { exchange, .. } | StepKind::HttpTraffic { exchange, .. } => {
                Some((Page { method: exchange.method, path: &exchange.path }, step.expect.as_ref()))
            }
            _ => None,
        })
    };
    let known = |page: &Page<'_>| asks().any(|(other, expect)| other == *page && expect.is_some_and(says_what_comes));
    let mut pages = Vec::new();
    for (page, expect) in asks() {
        let silent = expect.is_some_and(|expect| expect.answered == Some(false));
        if !silent && !pages.contains(&page) && !known(&page) {
            pages.push(page);
        }
    }
    pages
}

/// Whether the plan expects this answer of a request, in the step that made it: another than a success, or none.
pub(super) fn is_expected_to_fail(view: &View<'_>, request: &Request<'_>) -> bool {
    (1..).zip(&view.plan.steps).any(|(number, step)| {
        let (client, exchange, clients, flows) = match &step.kind {
            StepKind::Http { client, exchange, load, .. } => (client, exchange, load.clients, false),
            StepKind::HttpTraffic { client, exchange, clients, .. } => (client, exchange, *clients, true),
            _ => return false,
        };
        let page = Page { method: exchange.method, path: &exchange.path };
        let fails = |expect: &Expect| match expect.status {
            Some(status) => !(200..300).contains(&status) && request.status() == Some(status),
            None => expect.answered == Some(false),
        };
        step.expect.as_ref().is_some_and(fails)
            && request.client.is_one_of(client, clients)
            && page.is_asked_by(&page.method.to_string(), request)
            && (flows || is_in_step(view, number, request))
    })
}

/// Whether a request began while a step was done.
fn is_in_step(view: &View<'_>, number: u32, request: &Request<'_>) -> bool {
    let at = |wanted: fn(&Event) -> Option<u32>| {
        view.events().find_map(|(_, at, event)| (wanted(event) == Some(number)).then_some(at))
    };
    let begin = at(|event| if let Event::StepBegins { step, .. } = event { Some(*step) } else { None });
    let end = at(|event| if let Event::StepEnds { step } = event { Some(*step) } else { None });
    begin.is_some_and(|begin| begin <= request.invoked) && end.is_none_or(|end| request.invoked <= end)
}

/// Whether an expectation settles what a good answer is.
fn says_what_comes(expect: &Expect) -> bool {
    expect.status.is_some()
        || expect.body_texts().next().is_some()
        || !expect.header.is_empty()
        || expect.sets_cookie.is_some()
}

/// As in `GET /shop/crat was never answered with success: HTTP 404 24 times, first #3 on n1`; `None` where nobody asked it, or
/// where it was.
fn never_answered(view: &View<'_>, page: &Page<'_>) -> Option<String> {
    let method = page.method.to_string();
    let asked: Vec<&Request<'_>> = view.requests.iter().filter(|request| page.is_asked_by(&method, request)).collect();
    let first = asked.first()?;
    if asked.iter().any(|request| is_success(request)) {
        return None;
    }
    let mut ways: Vec<(String, usize)> = Vec::new();
    for request in &asked {
        let way = request.answer_in_words().unwrap_or_else(|| "no answer".to_owned());
        match ways.iter_mut().find(|(known, _)| *known == way) {
            Some((_, times)) => *times += 1,
            None => ways.push((way, 1)),
        }
    }
    let times = |times| if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let ways = ways.into_iter().map(|(way, count)| format!("{way} {}", times(count))).collect::<Vec<_>>().join(", ");
    let Page { method, path } = page;
    let why = foreign(view, path).map(|why| format!("; {why}")).unwrap_or_default();
    Some(format!("{method} {path} was never answered with success: {ways}, first {} on {}{why}", first.id, first.node))
}

/// That the app of a path is written for the other servlet API than its server has, in words.
fn foreign<'v>(view: &'v View<'_>, path: &str) -> Option<&'v str> {
    view.events().find_map(|(_, _, event)| match event {
        Event::OtherNamespace { context, why } if ContextPath::serving(path, [context]).is_some() => Some(why.as_str()),
        _ => None,
    })
}

fn is_success(request: &Request<'_>) -> bool {
    request.answered && request.status().is_some_and(|status| (200..400).contains(&status))
}

impl Page<'_> {
    fn is_asked_by(&self, method: &str, request: &Request<'_>) -> bool {
        let path = request.target.strip_prefix(method).and_then(|rest| rest.strip_prefix(' '));
        path.is_some_and(|path| fills(self.path, path))
    }
}

/// Whether a path is a template with something in the places of its `${name}`s.
fn fills(template: &str, path: &str) -> bool {
    let mut parts = template.split("${");
    let rest = parts.next().and_then(|begin| path.strip_prefix(begin));
    let (Some(mut rest), mut last) = (rest, None) else { return false };
    for literal in parts.map(|part| part.split_once('}').map_or("", |(_, literal)| literal)) {
        if let Some(before) = last.replace(literal) {
            let Some((_, behind)) = rest.split_once(before) else { return false };
            rest = behind;
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::fills;

    #[test]
    fn a_page_is_the_same_whatever_was_captured() {
        for (template, path) in [
            ("/shop/cart", "/shop/cart"),
            ("/order/${id}", "/order/17"),
            ("/order/${id}", "/order/${id}"),
            ("/order/${id}/of/${who}?all", "/order/17/of/alice?all"),
            ("/a${x}${y}b", "/a12b"),
        ] {
            assert!(fills(template, path), "{template} {path}");
        }
        for (template, path) in [
            ("/shop/cart", "/shop/carts"),
            ("/shop/carts", "/shop/cart"),
            ("/order/${id}", "/orders/17"),
            ("/order/${id}/of/${who}?all", "/order/17/by/alice?all"),
            ("/order/${id}/of", "/order/17/off"),
        ] {
            assert!(!fills(template, path), "{template} {path}");
        }
    }
}
