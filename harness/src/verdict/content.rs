//! What an answer or a replica shows of a session of the counter app.

use crate::history::{AttributeValue, CounterReply, SessionReplica};

/// The session attribute in which the counter app counts.
pub const COUNT_ATTRIBUTE: &str = "count";

/// The session attribute that the counter app sets only in the request that creates the session.
pub const ONCE_ATTRIBUTE: &str = "once";

/// The session attribute that the counter app sets once and then changes in place.
pub const LIST_ATTRIBUTE: &str = "list";

/// What an answer or a replica shows of a session. `None` is not there, or not readable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) count: Option<i64>,
    pub(super) once: Option<String>,
    pub(super) list: Option<Vec<i64>>,
}

impl Content {
    pub(super) fn of_answer(answer: &CounterReply) -> Self {
        Self { count: Some(answer.count), once: answer.once.clone(), list: Some(answer.list.clone()) }
    }

    pub(super) fn of_replica(replica: &SessionReplica) -> Self {
        let value = |name| replica.attributes.get(name).map(|attribute: &AttributeValue| &attribute.value);
        Self {
            count: value(COUNT_ATTRIBUTE).and_then(serde_json::Value::as_i64),
            once: value(ONCE_ATTRIBUTE).and_then(|value| value.as_str().map(str::to_owned)),
            list: value(LIST_ATTRIBUTE)
                .and_then(serde_json::Value::as_array)
                .and_then(|list| list.iter().map(serde_json::Value::as_i64).collect()),
        }
    }

    /// Whether an answer shows all of this: as [`Self::lacks`] says, without a word.
    pub(super) fn shown_by(&self, answer: &CounterReply) -> bool {
        self.count.is_none_or(|least| least <= answer.count)
            && self.once.as_ref().is_none_or(|once| answer.once.as_ref() == Some(once))
            && self.list.as_ref().is_none_or(|list| answer.list.starts_with(list))
    }

    /// What of `wanted` is not here, in words.
    pub(super) fn lacks(&self, wanted: &Self) -> Option<String> {
        self.lacks_count(wanted).or_else(|| self.lacks_companions(wanted))
    }

    fn lacks_count(&self, wanted: &Self) -> Option<String> {
        let least = wanted.count?;
        match self.count {
            Some(count) if count >= least => None,
            Some(count) => Some(format!("count {count}, expected {least}")),
            None => Some(format!("no count, expected {least}")),
        }
    }

    /// What of `once` and `list` in `wanted` is not here, in words.
    pub(super) fn lacks_companions(&self, wanted: &Self) -> Option<String> {
        if let Some(once) = &wanted.once {
            match &self.once {
                Some(here) if here == once => {}
                Some(here) => return Some(format!("once {here:?}, expected {once:?}")),
                None => return Some(format!("no once, expected {once:?}")),
            }
        }
        let list = wanted.list.as_ref()?;
        match &self.list {
            Some(here) if here.starts_with(list) => None,
            Some(here) => Some(format!("list {here:?}, expected {list:?}")),
            None => Some(format!("no list, expected {list:?}")),
        }
    }
}
