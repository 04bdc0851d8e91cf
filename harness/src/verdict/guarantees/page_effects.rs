//! What looks show of what a page does with an attribute of a session: those before and behind a request for it.

use super::super::attribute_values::is_same;
use super::super::requests::Request;
use super::super::view::View;
use crate::history::AttributeValue;

/// The values of an attribute on a node before and behind each request for the same page there, of whatever session of the app.
fn seen<'v>(
    view: &'v View<'_>,
    page: &'v Request<'_>,
    name: &'v str,
    counts: impl Fn(&Request<'_>) -> bool + 'v,
) -> impl Iterator<Item = (&'v AttributeValue, &'v AttributeValue)> {
    let same = view.requests.iter().filter(move |request| {
        request.context == page.context && request.target == page.target && request.answered && counts(request)
    });
    same.filter_map(move |request| {
        let session = view.apps.find(request.context, request.sent?.as_str())?;
        let here = || session.shown.iter().filter(|shown| shown.node == request.node);
        let before = here().rfind(|shown| shown.at < request.invoked)?;
        let behind = here().find(|shown| request.acts_until < shown.asked)?;
        before.replica.attributes.get(name).zip(behind.replica.attributes.get(name))
    })
}

/// Whether such a page was seen to leave an attribute as it is, where it had this value, on the same node: a page may write down
/// which node it came from.
pub(super) fn leaves(view: &View<'_>, page: &Request<'_>, name: &str, value: &AttributeValue) -> bool {
    let here = |other: &Request<'_>| other.node == page.node;
    seen(view, page, name, here).any(|(before, behind)| is_same(before, value) && is_same(behind, value))
}
