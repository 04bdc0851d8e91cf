//! Names, each a type of its own, so that a node is never taken for a client or a session.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} name {name:?} {problem}")]
pub struct NameError {
    kind: &'static str,
    name: String,
    problem: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks and takes a name.
            ///
            /// # Errors
            /// The name is empty or has a character that would not survive where the name is used.
            pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                match $check(&name) {
                    Ok(()) => Ok(Self(name)),
                    Err(problem) => Err(NameError { kind: $kind, name, problem }),
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = NameError;
            fn try_from(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A node of the cluster: `n1`, `n2`, … It is also the node's folder and host name.
    NodeName, "node", dns_label
);
name!(
    /// An Engine's `jvmRoute`: the part of a session id behind the first dot.
    /// A dot inside a route would cut the id at the wrong place (`JvmRouteBinderValve.handleJvmRoute`).
    JvmRoute, "jvmRoute", dns_label
);
name!(
    /// A client: one browser, with one cookie jar.
    ClientName, "client", dns_label
);
name!(
    /// A run, as in the name of its directory and the label of its containers.
    RunId, "run", dns_label
);
name!(
    /// A cluster that stays up between commands.
    ClusterName, "cluster", dns_label
);
name!(
    /// A context path, with its slash: `/counter`; the root context is `/`.
    ContextPath, "context", context_path
);

impl NodeName {
    /// The conventional name of the node at `index`, counted from 0: `n1`, `n2`, …
    pub fn nth(index: usize) -> Self {
        Self(format!("n{}", index + 1))
    }
}

impl ClientName {
    /// The name of one of several clients: `alice-7`.
    ///
    /// # Errors
    /// It gets too long.
    pub fn numbered(&self, number: u32) -> Result<Self, NameError> {
        Self::new(format!("{self}-{number}"))
    }

    /// Whether it is the one client of a name, or one of its `count` clients.
    pub fn is_one_of(&self, name: &Self, count: u32) -> bool {
        if count == 1 {
            return self == name;
        }
        let number = self.0.strip_prefix(&name.0).and_then(|rest| rest.strip_prefix('-'));
        number.and_then(|number| number.parse().ok()).is_some_and(|number: u32| (1..=count).contains(&number))
    }

    /// Whether the `own` clients of this name are all among the `count` clients of another one.
    pub fn are_among(&self, own: u32, name: &Self, count: u32) -> bool {
        if own == 1 { self.is_one_of(name, count) } else { self == name && own <= count }
    }
}

impl ContextPath {
    /// Of these, the one that serves a request for a path: the longest that the path is in, by whole names. What stands
    /// behind the path (`?`, `#`, `;`) does not count.
    pub fn serving<'c>(path: &str, contexts: impl IntoIterator<Item = &'c Self>) -> Option<&'c Self> {
        let path = path.split(['?', '#', ';']).next().unwrap_or_default();
        let serves = |context: &&Self| {
            let rest = path.strip_prefix(context.prefix());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        contexts.into_iter().filter(serves).max_by_key(|context| context.prefix().len())
    }

    /// The path of one of its pages: `/counter/read.jsp`, of the root context `/read.jsp`; of no name its start page's.
    pub fn page(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix())
    }

    /// What every path in it begins with.
    fn prefix(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// The name of the WAR that deploys to this path: `counter.war`, `ROOT.war`, `shop#eu.war` for `/shop/eu`.
    pub fn war_name(&self) -> String {
        match self.0.trim_start_matches('/') {
            "" => "ROOT.war".to_owned(),
            path => format!("{}.war", path.replace('/', "#")),
        }
    }

    /// The path to which a WAR of this file name deploys. A version (`##2`) is not part of the path.
    ///
    /// # Errors
    /// The name has a character that a path cannot have.
    pub fn of_war(file_name: &str) -> Result<Self, NameError> {
        let stem = file_name.strip_suffix(".war").unwrap_or(file_name);
        let stem = stem.split("##").next().unwrap_or(stem);
        if stem == "ROOT" { Self::new("/") } else { Self::new(format!("/{}", stem.replace('#', "/"))) }
    }
}

fn dns_label(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 63 {
        return Err("must have 1 to 63 characters");
    }
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err("may have lower-case letters, digits and hyphens only");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err("may not begin or end with a hyphen");
    }
    Ok(())
}

fn context_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("must begin with a slash");
    }
    if path.len() > 1 && path.ends_with('/') {
        return Err("may not end with a slash");
    }
    if path.split('/').any(|part| part == ".." || part == ".") {
        return Err("may not have . or .. in it");
    }
    if !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b)) {
        return Err("may have letters, digits and / - _ . ~ only");
    }
    Ok(())
}

/// A session id as the server gave it: `STEM` or `STEM.route`.
///
/// After a failover `JvmRouteBinderValve` keeps the stem and changes the route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Takes an id as it stands in a cookie or a reply.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first dot: what stays the same over a failover.
    pub fn stem(&self) -> &str {
        self.0.split_once('.').map_or(self.0.as_str(), |(stem, _)| stem)
    }

    /// The part behind the first dot, where there is one.
    pub fn route(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, route)| route)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_splits_at_its_first_dot() {
        let id = SessionId::new("AB12.n1");
        assert_eq!((id.stem(), id.route()), ("AB12", Some("n1")));
        assert_eq!(SessionId::new("AB12").route(), None);
        assert_eq!(SessionId::new("AB12.n1.x").route(), Some("n1.x"));
    }

    #[test]
    fn names_that_would_break_a_file_a_label_or_a_route_are_refused() {
        for bad in ["", "N1", "n.1", "../n1", "-n", "n 1", "n1/"] {
            assert!(NodeName::new(bad).is_err(), "{bad:?} was taken");
        }
        assert_eq!(NodeName::nth(0).as_str(), "n1");
    }

    #[test]
    fn context_paths_and_war_names_belong_together() {
        for (path, war) in [("/counter", "counter.war"), ("/", "ROOT.war"), ("/shop/eu", "shop#eu.war")] {
            let path = ContextPath::new(path).expect("a good path");
            assert_eq!(path.war_name(), war);
            assert_eq!(ContextPath::of_war(war).expect("a good name"), path);
        }
        assert_eq!(ContextPath::of_war("shop##002.war").expect("versioned").as_str(), "/shop");
        for bad in ["counter", "/counter/", "/../etc", "/a b"] {
            assert!(ContextPath::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_context_serves_its_path_and_what_is_below_it_by_whole_names() {
        let contexts = ["/", "/shop", "/shop/eu"].map(|path| ContextPath::new(path).expect("a good path"));
        let [root, shop, eu] = &contexts;
        for (path, context) in [
            ("/shop", shop),
            ("/shop/", shop),
            ("/shop/cart", shop),
            ("/shop/europe", shop),
            ("/shop?x=/shop/eu", shop),
            ("/shop;v=1/eu", shop),
            ("/shop/eu#cart", eu),
            ("/shopping", root),
            ("/", root),
        ] {
            assert_eq!(ContextPath::serving(path, &contexts), Some(context), "{path}");
        }
        assert_eq!(ContextPath::serving("/shopping", [shop, eu]), None);
        assert_eq!(
            (shop.page("cart"), root.page("cart"), shop.page("")),
            ("/shop/cart".into(), "/cart".into(), "/shop/".into())
        );
    }
}
