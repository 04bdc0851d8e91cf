//! Why clients have no session, or do not send its id back: an app may keep them in another way than by a cookie of its host.

use super::super::app_sessions::AppSession;
use super::super::operations::stem;
use super::super::requests::Request;
use super::super::view::View;

/// Why no client was given a session by an app of the user's.
pub(super) fn why_none(view: &View<'_>) -> String {
    let mut given = view.requests.iter().filter(|request| request.answered && !view.is_counter(request.context));
    let first = given.clone().next();
    let links = |request: &&Request<'_>| request.reply?.body.as_deref().map(|body| body.contains(";jsessionid="));
    let in_links = given.find(|request| links(request) == Some(true));
    match (in_links, first) {
        (Some(request), _) => format!(
            "no client was given a session in a cookie: the links of {} carry its id (`;jsessionid=`), and a client asks for \
             such a link only where a scenario captures it",
            request.name()
        ),
        (None, Some(request)) => format!(
            "no client was given a session, by {} or by any other answer: name a page that makes one",
            request.name()
        ),
        (None, None) => "no client was given a session".to_owned(),
    }
}

/// That the cookie of a session is for a domain that is not the nodes', so that no client sends it back.
pub(super) fn of_another_domain(view: &View<'_>, session: &AppSession<'_>) -> Option<String> {
    let requests = || session.requests.iter().map(|index| &view.requests[*index]);
    if requests().any(|request| request.sent.is_some_and(|sent| sent.stem() == session.stem)) {
        return None;
    }
    let given = |request: &&Request<'_>| request.received.is_some_and(|received| stem(received) == session.stem);
    let (request, domain) = requests().filter(given).find_map(|request| {
        let cookies = &request.reply?.set_cookie;
        let cookie = cookies.iter().find(|cookie| cookie.contains(session.stem))?;
        let attributes = cookie.split(';').filter_map(|part| part.trim().split_once('='));
        let domain = attributes.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("domain"))?.1;
        Some((request, domain))
    })?;
    Some(format!(
        "the cookie of {} is for the domain {domain} alone, so that no client sends it back to the nodes: leave that domain out \
         for the test",
        request.name()
    ))
}
