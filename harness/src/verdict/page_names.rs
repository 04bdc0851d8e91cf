//! What pages are known by, where their address is another one with each client or each time: it carries the id of the session, as
//! links do that `HttpServletResponse.encodeURL` wrote, or it is where a redirect leads, as Wicket counts the versions of a page
//! (`cart?4`, then `cart?5`). What the same request leads to is the same page.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::operations::path;
use crate::history::{History, OperationId, RecordKind, Reply};
use crate::model::{ClientName, SessionId};

/// A request with what its client was led to.
struct Asked<'a> {
    client: &'a ClientName,
    target: Cow<'a, str>,
    reply: Option<&'a Reply>,
    /// The client's request before it, by its place.
    before: Option<usize>,
}

/// The parameter of the path, where an app gives it no other name (`SessionConfig.DEFAULT_SESSION_PARAMETER_NAME`).
const NAME: &str = "jsessionid";

/// Method, path and query without the session's id, of each request that carries it; and `GET » GET /shop/cart` where that led to
/// an address that the client asked for this once.
pub(super) fn names(history: &History) -> HashMap<OperationId, String> {
    let mut all: Vec<Asked<'_>> = Vec::new();
    let mut by_id: HashMap<OperationId, usize> = HashMap::new();
    let mut last: BTreeMap<&ClientName, usize> = BTreeMap::new();
    for record in &history.records {
        match &record.kind {
            RecordKind::Invoke { operation, client, target, session, .. } => {
                by_id.entry(*operation).or_insert(all.len());
                let target = without_id(target, session.as_ref()).map_or(Cow::Borrowed(target.as_str()), Cow::Owned);
                let before = last.insert(client, all.len());
                all.push(Asked { client, target, reply: None, before });
            }
            RecordKind::Complete { operation, outcome } => {
                if let Some(asked) = by_id.get(operation).and_then(|place| all.get_mut(*place)) {
                    asked.reply = outcome.reply();
                }
            }
            _ => {}
        }
    }
    let leads = |asked: &Asked<'_>| {
        let before = asked.before.filter(|_| asked.target.starts_with("GET "))?;
        all[before].reply.is_some_and(|reply| leads_to(reply, &asked.target)).then_some(before)
    };
    // Few pages are behind a redirect.
    let mut times: BTreeMap<(&ClientName, &str), usize> = BTreeMap::new();
    times.extend(all.iter().filter(|asked| leads(asked).is_some()).map(|asked| ((asked.client, &*asked.target), 0)));
    for asked in &all {
        times.entry((asked.client, &*asked.target)).and_modify(|times| *times += 1);
    }
    let mut names: HashMap<usize, String> = HashMap::new();
    for (place, asked) in all.iter().enumerate() {
        let once = |_: &usize| times.get(&(asked.client, &*asked.target)) == Some(&1);
        let Some(before) = leads(asked).filter(once) else {
            if let Cow::Owned(plain) = &asked.target {
                names.insert(place, plain.clone());
            }
            continue;
        };
        let origin = &all[before];
        let name = match names.get(&before) {
            Some(name) if name.starts_with(LED) => name.clone(),
            _ if origin.target.starts_with("GET ") => format!("{LED}{}", origin.target),
            // What a form's address says behind `?` is of the page that it stood on.
            _ => format!("{LED}{} {}", origin.target.split(' ').next().unwrap_or_default(), path(&origin.target)),
        };
        names.insert(place, name);
    }
    by_id.into_iter().filter_map(|(operation, place)| Some((operation, names.remove(&place)?))).collect()
}

/// How such a name begins.
const LED: &str = "GET » ";

/// Whether an answer sends its client to a target, by the last part of the address.
fn leads_to(reply: &Reply, target: &str) -> bool {
    let tail = |address: &str| {
        let last = address.rsplit_once('/').map_or(address, |(_, last)| last);
        let (name, query) = last.split_once('?').unwrap_or((last, ""));
        (name.split(';').next().unwrap_or_default().to_owned(), query.to_owned())
    };
    let location = reply.headers.get("location").filter(|_| (300..400).contains(&reply.status));
    location.is_some_and(|location| tail(location) == tail(target))
}

/// A target without the id of a session; `None` where its path carries none.
fn without_id(target: &str, session: Option<&SessionId>) -> Option<String> {
    let path = target.split(['?', '#']).next()?;
    let mut from = 0;
    while let Some(at) = path[from..].find(';').map(|at| from + at) {
        let end = path[at + 1..].find([';', '/']).map_or(path.len(), |length| at + 1 + length);
        let is_id = path[at + 1..end].split_once('=').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case(NAME) || session.is_some_and(|session| session.as_str() == value)
        });
        if is_id {
            return Some(format!("{}{}", &target[..at], &target[end..]));
        }
        from = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Nanos, Outcome, Record};
    use crate::model::NodeName;

    fn history(asked: &[(&str, &str)]) -> History {
        let mut records = vec![];
        for (number, (target, location)) in (1..).zip(asked) {
            let (operation, node) = (OperationId(number), NodeName::nth(0));
            records.push(RecordKind::Invoke {
                operation,
                client: "alice".parse().expect("a name"),
                node,
                request: None,
                target: (*target).to_owned(),
                session: None,
            });
            let mut reply = Reply { status: 200, ..Reply::default() };
            if !location.is_empty() {
                reply.status = 302;
                reply.headers.insert("location".to_owned(), (*location).to_owned());
            }
            records.push(RecordKind::Complete { operation, outcome: Outcome::Ok { reply } });
        }
        History { records: records.into_iter().map(|kind| Record { at: Nanos(1), kind }).collect() }
    }

    #[test]
    fn what_one_request_leads_to_is_one_page() {
        let names = names(&history(&[
            ("GET /shop/cart", "./cart?1"),
            ("GET /shop/cart?1", ""),
            ("POST /shop/cart?1-1.-add", "http://127.0.0.1:8080/shop/cart?2"),
            ("GET /shop/cart?2", ""),
            ("GET /shop/cart", "cart;jsessionid=A1.n1?3"),
            ("GET /shop/cart?3", ""),
        ]));
        let name = |number| names.get(&OperationId(number)).map(String::as_str);
        assert_eq!(name(2), Some("GET » GET /shop/cart"));
        assert_eq!(name(4), Some("GET » POST /shop/cart"));
        assert_eq!(name(6), name(2));
        assert_eq!([1, 3, 5].map(name), [None; 3]);
    }

    #[test]
    fn a_page_with_an_address_that_stays_is_known_by_that() {
        let names = names(&history(&[
            ("POST /shop/add", "/shop/cart"),
            ("GET /shop/cart", ""),
            ("GET /shop/cart", ""),
            ("POST /shop/buy", "/shop/order/17"),
            ("GET /shop/help", ""),
        ]));
        assert!(names.is_empty(), "{names:?}");
    }

    #[test]
    fn the_id_is_taken_out_of_the_path_and_nothing_else() {
        let own = SessionId::new("A1.n1");
        for (target, plain) in [
            ("GET /shop/cart;jsessionid=A1.n1", Some("GET /shop/cart")),
            ("GET /shop/cart;jsessionid=B7?page=2", Some("GET /shop/cart?page=2")),
            ("GET /shop;JSESSIONID=A1.n1/cart", Some("GET /shop/cart")),
            ("GET /shop/cart;v=1;sid=A1.n1", Some("GET /shop/cart;v=1")),
            ("GET /shop/cart;v=1", None),
            ("GET /shop/cart?next=/a;jsessionid=A1.n1", None),
            ("GET /shop/cart", None),
        ] {
            assert_eq!(without_id(target, Some(&own)).as_deref(), plain, "{target}");
        }
    }
}
