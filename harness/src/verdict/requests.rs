//! The requests to any app, the counter's among them, each with its end.

use std::collections::{BTreeSet, HashMap};

use super::operations::{cookie_value, is_complete, path};
use super::timeline::{FOREVER, Timeline, in_time};
use crate::history::{History, Nanos, OperationId, Outcome, RecordKind, Reply};
use crate::model::plan::AppRequest;
use crate::model::{ClientName, ContextPath, NodeName, SessionId};

/// See the module.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) id: OperationId,
    pub(super) client: &'a ClientName,
    pub(super) node: &'a NodeName,
    /// What is asked of the counter app.
    pub(super) counter: Option<AppRequest>,
    /// Method, path and query; of a page that has another address each time, what led to it.
    pub(super) target: &'a str,
    /// Method, path and query as it was asked.
    asked: &'a str,
    /// The path, without its query.
    pub(super) path: &'a str,
    /// The app, where one of the plan's is there.
    pub(super) context: Option<&'a ContextPath>,
    /// The id in the client's cookie.
    pub(super) sent: Option<&'a SessionId>,
    /// The id that the answer gives.
    pub(super) received: Option<&'a str>,
    pub(super) reply: Option<&'a Reply>,
    pub(super) invoked: Nanos,
    /// `None` while it is open.
    pub(super) completed: Option<Nanos>,
    /// Whether its answer came whole, of whatever status.
    pub(super) answered: bool,
    /// Until when it may have changed something.
    pub(super) acts_until: Nanos,
    /// The record of its end, or of its invocation while it is open.
    pub(super) record: usize,
    /// Whether its path says that it ends a session, and nothing shows that it does not.
    pub(super) says_end: bool,
}

/// Words in a path whose request may be meant to end a session, alone or at the end of a longer one.
const ENDS: [&str; 5] = ["logout", "logoff", "signout", "invalidate", "expire"];
/// The same, where they are written as two.
const ENDS_IN_TWO: [(&str, &str); 3] = [("log", "out"), ("log", "off"), ("sign", "out")];

/// Whether a path below its app has a word by which a request may be meant to end a session: `/log-out`, `/doLogout.jsp`, but
/// not `/blog-offers` nor `/expired-orders`.
fn says_end(path: &str) -> bool {
    let words = words(path);
    words.iter().any(|word| ENDS.iter().any(|end| word.ends_with(end)))
        || words.windows(2).any(|pair| ENDS_IN_TWO.contains(&(pair[0].as_str(), pair[1].as_str())))
}

/// Whether a query says so by a value, as `action=logout`; not `/login?logout`, which is a page, nor `next=/logout`.
fn orders_end(target: &str) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let values = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    values.into_iter().any(|value| value.chars().all(char::is_alphabetic) && says_end(value))
}

/// The words of a path in small letters: they end at what is no letter, and before a great one behind a small one.
fn words(path: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in path.chars() {
        let begins = !letter.is_alphabetic() || (small && letter.is_uppercase());
        if begins && words.last().is_some_and(|last| !last.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            words.last_mut().into_iter().for_each(|last| last.extend(letter.to_lowercase()));
        }
        small = letter.is_lowercase();
    }
    words
}

impl<'a> Request<'a> {
    /// As in `#6 (GET /shop/cart on n2)`.
    pub(super) fn name(&self) -> String {
        format!("{} ({} on {})", self.id, self.asked, self.node)
    }

    /// Whether it was made to the balancer in front, whichever node that chose.
    pub(super) fn through_front(&self) -> bool {
        self.node.is_front() || self.reply.is_some_and(|reply| reply.chosen.is_some())
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.reply.map(|reply| reply.status)
    }

    /// Until when its client waited for it.
    pub(super) fn awaited_until(&self) -> Nanos {
        self.completed.map_or(self.acts_until, |end| end.min(self.acts_until))
    }

    /// Whether it was answered, and not with an error.
    pub(super) fn succeeded(&self) -> bool {
        self.answered && self.status().is_some_and(|status| status < 400)
    }

    /// As in `HTTP 200 (the answer broke off)`; `None` where nothing came.
    pub(super) fn answer_in_words(&self) -> Option<String> {
        let broken = if self.answered { "" } else { " (the answer broke off)" };
        self.status().map(|status| format!("HTTP {status}{broken}"))
    }

    /// Whether it is not meant to change anything (RFC 9110, section 9.2.1), and its path does not say otherwise.
    pub(super) fn is_safe(&self) -> bool {
        match self.counter {
            Some(request) => request == AppRequest::Read,
            None => ["GET ", "HEAD "].iter().any(|method| self.target.starts_with(method)) && !self.says_to_end(),
        }
    }

    /// Whether it is to end the session or to change its id, by what it asks for.
    pub(super) fn says_to_end(&self) -> bool {
        if let Some(request) = self.counter {
            return matches!(request, AppRequest::Invalidate | AppRequest::ChangeId);
        }
        self.says_end
    }

    /// Method and path: what the same page and form are asked by.
    pub(super) fn key(&self) -> (&'a str, &'a str) {
        (self.target.split(' ').next().unwrap_or_default(), self.path)
    }
}

/// Whether a `Set-Cookie` header takes a cookie away.
pub(super) fn deletes(cookie: &str) -> bool {
    let aged = cookie.split(';').skip(1).any(|attribute| {
        let (name, value) = attribute.trim().split_once('=').unwrap_or((attribute, ""));
        let name = name.trim().to_ascii_lowercase();
        (name == "max-age" && value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0))
            || (name == "expires" && value.contains("1970"))
    });
    aged || cookie_value(cookie).is_none_or(str::is_empty)
}

/// All requests, by the instant of their invocation.
pub(super) fn requests<'a>(
    history: &'a History,
    timeline: &Timeline<'_>,
    contexts: &BTreeSet<&'a ContextPath>,
    pages: &'a HashMap<OperationId, String>,
) -> Vec<Request<'a>> {
    let mut requests: Vec<Request<'_>> = Vec::new();
    let mut by_id: HashMap<OperationId, usize> = HashMap::new();
    for index in in_time(history) {
        let record = &history.records[index];
        match &record.kind {
            RecordKind::Invoke { operation, client, node, request, target, session } => {
                by_id.entry(*operation).or_insert(requests.len());
                let context = ContextPath::serving(path(target), contexts.iter().copied());
                let app = context.map_or_else(String::new, |context| context.page(""));
                let below = path(target).strip_prefix(app.trim_end_matches('/')).unwrap_or(target);
                requests.push(Request {
                    id: *operation,
                    client,
                    node,
                    counter: *request,
                    target: pages.get(operation).map_or(target, String::as_str),
                    asked: target,
                    path: path(target),
                    context,
                    sent: session.as_ref(),
                    received: None,
                    reply: None,
                    invoked: record.at,
                    completed: None,
                    answered: false,
                    acts_until: FOREVER,
                    record: index,
                    says_end: says_end(below) || orders_end(target),
                });
            }
            RecordKind::Complete { operation, outcome } => {
                let known = by_id.get(operation).and_then(|index| requests.get_mut(*index));
                if let Some(request) = known.filter(|request| request.completed.is_none()) {
                    request.end(outcome, record.at, index);
                }
            }
            _ => {}
        }
    }
    for request in requests.iter_mut().filter(|request| request.acts_until == FOREVER) {
        let ended = request.completed.unwrap_or(FOREVER);
        request.acts_until = if timeline.dead(request.node, request.invoked, ended) {
            request.invoked
        } else {
            timeline.end_of(request.node, request.invoked)
        };
    }
    requests
}

impl<'a> Request<'a> {
    fn end(&mut self, outcome: &'a Outcome, at: Nanos, record: usize) {
        (self.completed, self.record) = (Some(at), record);
        if is_complete(outcome) {
            self.acts_until = at;
        }
        self.reply = match outcome {
            Outcome::Ok { reply } => Some(reply),
            Outcome::Unknown { reply, .. } => reply.as_ref(),
            Outcome::Failed { .. } => None,
        };
        self.answered = self.reply.is_some() && is_complete(outcome);
        self.received = self.reply.and_then(|reply| match &reply.counter {
            Some(counter) => counter.session.as_ref().map(SessionId::as_str),
            None => reply.set_cookie.last().filter(|cookie| !deletes(cookie)).and_then(|cookie| cookie_value(cookie)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_by_whole_words_that_it_ends_a_session() {
        for (path, ends) in [
            ("/logout", true),
            ("/log-out", true),
            ("/account/sign_out", true),
            ("/doLogout.jsp", true),
            ("/logOut", true),
            ("/j_spring_security_logout", true),
            ("/session/invalidate", true),
            ("/expire.jsp", true),
            ("/LOGOFF", true),
            ("/blog-offers", false),
            ("/expired-orders", false),
            ("/catalog-office", false),
            ("/dialog-off", false),
            ("/catalogoutlet", false),
            ("/design-outlet", false),
            ("/cart", false),
            ("", false),
        ] {
            assert_eq!(says_end(path), ends, "{path}");
        }
    }

    #[test]
    fn a_query_ends_a_session_by_a_value() {
        for (target, ends) in [
            ("GET /shop/user.jsp?action=logout", true),
            ("POST /shop/user.do?id=7&method=signOut", true),
            ("GET /shop/user.jsp?action=show", false),
            ("GET /shop/login?logout", false),
            ("GET /shop/login?next=/logout", false),
            ("GET /shop/user.jsp", false),
        ] {
            assert_eq!(orders_end(target), ends, "{target}");
        }
    }

    #[test]
    fn a_cookie_is_taken_away_by_its_age_its_date_or_an_empty_value() {
        for (cookie, gone) in [
            ("JSESSIONID=A1; Path=/", false),
            ("JSESSIONID=A1; Path=/; Max-Age=0", true),
            ("JSESSIONID=A1; max-age=-1", true),
            ("JSESSIONID=A1; Max-Age=60", false),
            ("JSESSIONID=A1; Version=0; Max-Age=60", false),
            ("JSESSIONID=A1; Expires=Thu, 01-Jan-1970 00:00:10 GMT", true),
            ("JSESSIONID=A1; Expires=Thu, 01-Jan-2037 00:00:10 GMT", false),
            ("JSESSIONID=A1; Path=/1970", false),
            ("JSESSIONID=; Path=/", true),
            ("JSESSIONID", true),
        ] {
            assert_eq!(deletes(cookie), gone, "{cookie}");
        }
    }
}
