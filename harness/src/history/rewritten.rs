//! Requests whose path carries the id of their session, as links do that `HttpServletResponse.encodeURL` wrote.

use std::borrow::Cow;

use super::{History, RecordKind};
use crate::model::SessionId;

/// The parameter of the path, where an app gives it no other name (`SessionConfig.DEFAULT_SESSION_PARAMETER_NAME`).
const NAME: &str = "jsessionid";

impl History {
    /// The same with the id of its session taken out of each request's path: it is another one with each client and behind each
    /// move, and the page the same. The records keep their places.
    pub fn without_ids_in_paths(&self) -> Cow<'_, Self> {
        let plain = |kind: &RecordKind| match kind {
            RecordKind::Invoke { target, session, .. } => without_id(target, session.as_ref()),
            _ => None,
        };
        if !self.records.iter().any(|record| plain(&record.kind).is_some()) {
            return Cow::Borrowed(self);
        }
        let mut history = self.clone();
        for record in &mut history.records {
            let without = plain(&record.kind);
            if let (RecordKind::Invoke { target, .. }, Some(without)) = (&mut record.kind, without) {
                *target = without;
            }
        }
        Cow::Owned(history)
    }
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
