//! A `Set-Cookie` header, read by the same rules as the jar reads it.

use cookie_store::RawCookie;

use crate::model::SessionId;

/// What a `Set-Cookie` header says.
#[derive(Debug)]
pub(super) struct SetCookie<'h>(RawCookie<'h>);

impl<'h> SetCookie<'h> {
    /// `None` of a header that no client takes.
    pub(super) fn of(header: &'h str) -> Option<Self> {
        RawCookie::parse(header).ok().map(Self)
    }

    pub(super) fn name(&self) -> &str {
        self.0.name()
    }

    /// The session id that it sets, where `cookie` is the name of the app's session cookie.
    pub(super) fn session(&self, cookie: &str) -> Option<SessionId> {
        (self.0.name() == cookie).then(|| SessionId::new(self.0.value_trimmed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_that_of_the_apps_own_cookie_without_quotes() {
        let session = |header: &str| SetCookie::of(header).and_then(|cookie| cookie.session("SHOPID"));
        assert_eq!(session("SHOPID=AB.n1; Path=/shop; HttpOnly"), Some(SessionId::new("AB.n1")));
        assert_eq!(session("SHOPID = \"AB.n1\" ;Path=/"), Some(SessionId::new("AB.n1")));
        assert_eq!(session("SHOPID=; Max-Age=0"), Some(SessionId::new("")));
        for other in ["JSESSIONID=AB.n1", "shopid=AB.n1", "SHOPID", ""] {
            assert_eq!(session(other), None, "{other}");
        }
    }
}
