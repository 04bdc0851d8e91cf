//! A history as a report may show it: what sessions hold may be secret.

use std::borrow::Cow;

use super::{AttributeValue, History, NodeObservation, RecordKind, Seen, SessionReplica};

/// Words in the name of an attribute whose value is never shown.
const SECRET: [&str; 4] = ["token", "password", "secret", "key"];
/// The longest string that is shown.
const SHORT: usize = 40;
/// What the sessions of the counter app hold, all of them and nothing else.
const COUNTER: [&str; 3] = ["count", "list", "once"];

impl AttributeValue {
    /// Whether a report may show the value: a number, a boolean, a short string, unless the attribute's name says that it is
    /// secret.
    pub fn is_harmless(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        let short = match &self.value {
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) | serde_json::Value::Null => true,
            serde_json::Value::String(text) => text.chars().count() <= SHORT,
            _ => false,
        };
        short && self.is_whole() && !SECRET.iter().any(|word| lower.contains(word))
    }

    /// Whether the JSON is the value, and not only a text of it.
    pub fn is_whole(&self) -> bool {
        !self.value.is_string() || self.class == "java.lang.String" || self.class == "java.lang.Character"
    }

    /// The class and what is known of the size: `java.util.ArrayList with 2 elements of 70 bytes`.
    pub fn described(&self) -> String {
        let size = self.bytes.map_or_else(String::new, |bytes| format!(" of {bytes} bytes"));
        let elements = self.value.as_array().map_or_else(String::new, |all| match all.len() {
            1 => " with 1 element".to_owned(),
            many => format!(" with {many} elements"),
        });
        format!("{}{elements}{size}", self.class)
    }
}

impl History {
    /// The history with a description in the place of each attribute's value that a report may not show.
    pub fn with_values_hidden(&self) -> Cow<'_, Self> {
        let is_harmless = |kind: &RecordKind| match kind {
            RecordKind::Observe(NodeObservation { seen: Seen::State(state), .. }) => {
                state.contexts.iter().flat_map(|context| &context.sessions).all(|session| {
                    is_counter(session) || session.attributes.iter().all(|(name, it)| it.is_harmless(name))
                })
            }
            _ => true,
        };
        if self.records.iter().all(|record| is_harmless(&record.kind)) {
            return Cow::Borrowed(self);
        }
        let mut hidden = self.clone();
        for record in hidden.records.iter_mut().filter(|record| !is_harmless(&record.kind)) {
            let RecordKind::Observe(NodeObservation { seen: Seen::State(state), .. }) = &mut record.kind else {
                continue;
            };
            let sessions = state.contexts.iter_mut().flat_map(|context| &mut context.sessions);
            for session in sessions.filter(|session| !is_counter(session)) {
                for (name, attribute) in &mut session.attributes {
                    if !attribute.is_harmless(name) {
                        attribute.value = format!("<{}>", attribute.described()).into();
                    }
                }
            }
        }
        Cow::Owned(hidden)
    }
}

/// Whether it is a session of the counter app, which has nothing to hide.
fn is_counter(session: &SessionReplica) -> bool {
    session.attributes.keys().all(|name| COUNTER.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{ContextState, ManagerState, Nanos, NodeState, Question, Record, ReplicaRole};
    use super::*;
    use crate::model::{ContextPath, NodeName, SessionId};

    fn value(class: &str, value: serde_json::Value) -> AttributeValue {
        AttributeValue { bytes: Some(70), ..AttributeValue::new(class, value) }
    }

    fn history(attributes: &[(&str, AttributeValue)]) -> History {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let session = SessionReplica {
            id: SessionId::new("A1.n1"),
            role: ReplicaRole::Primary,
            valid: true,
            max_inactive_s: None,
            attributes: attributes.collect(),
        };
        let path = ContextPath::new("/shop").expect("a path");
        let context = ContextState {
            path: path.clone(),
            version: String::new(),
            available: true,
            started_ms: None,
            distributable: true,
            war_sha256: None,
            served_sha256: None,
            cookie: None,
            local_because: None,
            manager: ManagerState::default(),
            sessions: vec![session],
        };
        let seen = Seen::State(NodeState { contexts: vec![context], ..NodeState::default() });
        let question = Question::Context(path);
        let observation =
            NodeObservation { node: NodeName::new("n1").expect("a name"), asked: Nanos(1), question, seen };
        History { records: vec![Record { at: Nanos(2), kind: RecordKind::Observe(observation) }] }
    }

    #[test]
    fn what_may_be_secret_is_described_and_the_rest_is_as_it_was() {
        let bread = value("java.util.ArrayList", json!(["bread"]));
        let user = value("java.lang.String", json!("alice"));
        let token = value("java.lang.String", json!("4711"));
        let cart = value("shop.Cart", json!("Cart[alice]"));
        let history = history(&[("items", bread), ("user", user), ("csrfToken", token), ("cart", cart)]);
        let hidden = serde_json::to_string(&history.with_values_hidden().records).expect("JSON");
        for gone in ["bread", "4711", "Cart[alice]"] {
            assert!(!hidden.contains(gone), "{gone}: {hidden}");
        }
        for kept in ["alice", "<java.util.ArrayList with 1 element of 70 bytes>", "<shop.Cart of 70 bytes>"] {
            assert!(hidden.contains(kept), "{kept}: {hidden}");
        }
    }

    #[test]
    fn a_history_of_the_counter_app_or_of_harmless_values_is_not_copied() {
        let counter = history(&[("count", value("Integer", json!(1))), ("list", value("ArrayList", json!([1])))]);
        let harmless = history(&[("user", value("java.lang.String", json!("alice")))]);
        for history in [counter, harmless] {
            assert!(matches!(history.with_values_hidden(), Cow::Borrowed(_)));
        }
    }
}
