//! The session cookies of the apps, as the running servers have them: an app may call its own `SHOPID`, and set it for
//! any path.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::history::NodeState;
use crate::host::sync::lock;
use crate::model::ContextPath;

/// What Tomcat calls the cookie where nothing else is configured.
const STOCK_NAME: &str = "JSESSIONID";

/// What the probes have reported about the session cookies so far.
#[derive(Debug, Default)]
pub struct SessionCookies(Mutex<BTreeMap<ContextPath, String>>);

impl SessionCookies {
    /// Takes note of what a node's probe has reported.
    pub fn learn(&self, state: &NodeState) {
        let mut known = lock(&self.0);
        for context in &state.contexts {
            if let Some(cookie) = &context.cookie {
                known.insert(context.path.clone(), cookie.name.clone());
            }
        }
    }

    /// Forgets all of it.
    pub fn forget(&self) {
        lock(&self.0).clear();
    }

    /// The name of the session cookie of the app that serves a path; Tomcat's own where no other is known.
    pub fn name_for(&self, path: &str) -> String {
        let known = lock(&self.0);
        let serving = ContextPath::serving(path, known.keys());
        serving.map_or(STOCK_NAME, |context| &known[context]).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{ContextState, ManagerState, SessionCookieState};

    fn context(path: &str, name: Option<&str>) -> ContextState {
        ContextState {
            path: ContextPath::new(path).expect("a context"),
            version: String::new(),
            available: true,
            started_ms: None,
            distributable: true,
            war_sha256: None,
            served_sha256: None,
            cookie: name.map(|name| SessionCookieState { name: name.to_owned(), path: path.to_owned() }),
            local_because: None,
            manager: ManagerState::default(),
            sessions: vec![],
        }
    }

    #[test]
    fn each_app_has_the_cookie_that_its_server_reports_and_the_stock_one_otherwise() {
        let cookies = SessionCookies::default();
        assert_eq!(cookies.name_for("/shop/cart"), "JSESSIONID");
        let contexts = vec![context("/shop", Some("SHOPID")), context("/shop/eu", Some("EU")), context("/old", None)];
        cookies.learn(&NodeState { contexts, ..NodeState::default() });
        for (path, name) in [
            ("/shop", "SHOPID"),
            ("/shop/cart", "SHOPID"),
            ("/shop?x=/shop/eu", "SHOPID"),
            ("/shop;v=1", "SHOPID"),
            ("/shop/eu/cart", "EU"),
            ("/shop/europe", "SHOPID"),
            ("/shopping/cart", "JSESSIONID"),
            ("/old/x", "JSESSIONID"),
        ] {
            assert_eq!(cookies.name_for(path), name, "{path}");
        }
        cookies.learn(&NodeState { contexts: vec![context("/", Some("ROOTID"))], ..NodeState::default() });
        assert_eq!(cookies.name_for("/old/x"), "ROOTID");
        assert_eq!(cookies.name_for("/shop/cart"), "SHOPID");
    }
}
