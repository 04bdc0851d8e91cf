//! Attributes of two copies of a session compared: by what they serialise to where that is known, else by their values.
//!
//! Values may be secret, so a report names class and size; the value itself only where it is a number, a boolean or a short
//! string under a harmless name, or the counter app's own.

use crate::history::{AttributeValue, SessionReplica};

/// How one copy's attribute stands against the owner's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    /// It is missing or another, in words.
    Differs(String),
    /// Nobody can say, in words.
    Undecidable(String),
}

/// A node's attribute held against what was due; `open` where values may be shown.
pub(super) fn compared(name: &str, due: &AttributeValue, copy: &SessionReplica, open: bool) -> Compared {
    let Some(found) = copy.attributes.get(name) else {
        return Compared::Differs(format!("{name} is missing, expected {}", text(name, due, open)));
    };
    let differs = || {
        let (here, due_text) = (text(name, found, open), text(name, due, open));
        if here == due_text {
            return Compared::Differs(format!("{name} is {here} as expected, but with different content"));
        }
        Compared::Differs(format!("{name} is {here}, expected {due_text}"))
    };
    // A JVM gives the classes that it makes names of its own.
    let hashes = found.sha256.as_ref().zip(due.sha256.as_ref());
    if hashes.is_some_and(|(here, wanted)| here == wanted) {
        return Compared::Same;
    }
    if !same_class(&found.class, &due.class) {
        return differs();
    }
    if is_client_proxy(&due.class) {
        return Compared::Same;
    }
    if let Some(why) = due.undecidable.as_ref().or(found.undecidable.as_ref()) {
        return Compared::Undecidable(format!("{name} ({}): {why}", due.class));
    }
    if hashes.is_some() {
        return differs();
    }
    // The text of an object may say nothing but where it lies in memory, or only what it is called.
    // And what is null without its class saying so could not be read.
    let whole = due.is_whole() && (!due.value.is_null() || matches!(due.class.as_str(), "" | "null"));
    if whole && found.value == due.value {
        Compared::Same
    } else if whole {
        differs()
    } else {
        let texts = if found.value == due.value { "its text need not be all of it" } else { "its texts differ" };
        Compared::Undecidable(format!("{name} ({}) was not serialised, and {texts}", due.class))
    }
}

/// Whether a value stands for another bean, as `OpenWebBeans` and Weld inject it: that one is compared by itself.
fn is_client_proxy(class: &str) -> bool {
    ["$$OwbNormalScopeProxy", "$_$$_WeldClientProxy"].iter().any(|proxy| class.contains(proxy))
}

/// A value as a report may show it.
pub(super) fn text(name: &str, value: &AttributeValue, open: bool) -> String {
    if open || value.is_harmless(name) {
        return format!("{} ({})", value.value, value.class);
    }
    format!("a {}", value.described())
}

/// How a copy stands against what was due.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// What it lacks or has otherwise: names, and in words.
    pub(super) differs: Vec<(String, String)>,
    /// What cannot be compared, in words.
    pub(super) undecidable: Vec<String>,
    /// What the Manager's filters leave out.
    pub(super) excluded: Vec<String>,
}

/// All attributes that are due held against a copy.
pub(super) fn differences(due: &SessionReplica, copy: &SessionReplica, open: bool) -> Differences {
    let mut found = Differences::default();
    for (name, value) in &due.attributes {
        if value.excluded {
            found.excluded.push(name.clone());
            continue;
        }
        match compared(name, value, copy, open) {
            Compared::Same => {}
            Compared::Differs(why) => found.differs.push((name.clone(), why)),
            Compared::Undecidable(why) => found.undecidable.push(why),
        }
    }
    found
}

/// Whether two values of an attribute are known to be the same.
pub(super) fn is_same(one: &AttributeValue, other: &AttributeValue) -> bool {
    match (&one.sha256, &other.sha256) {
        (Some(one), Some(other)) => one == other,
        _ => same_class(&one.class, &other.class) && one.value == other.value,
    }
}

/// Whether two names are of one class: lambdas and proxies are numbered by the JVM that makes them.
fn same_class(one: &str, other: &str) -> bool {
    let unnumbered = |class: &str| {
        let end = ["$$Lambda", "$Proxy"].iter().find_map(|mark| Some(class.find(mark)? + mark.len()))?;
        Some(class[..end].replace(|letter: char| letter.is_ascii_digit(), ""))
    };
    one == other || unnumbered(one).is_some_and(|one| unnumbered(other) == Some(one))
}
