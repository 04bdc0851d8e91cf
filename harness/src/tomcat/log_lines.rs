//! The lines of the harness's own log handler: what a record says, classified by its text.
//!
//! A record begins with U+001E and `MILLISECONDS|LEVEL|LOGGER|SOURCE|MESSAGE`, see `tomcat::logging`. TomEE hides the
//! class in its own format; this format has the true logger, the second witness beside the text.

use crate::history::{LogClass, LogLine};
use crate::model::NodeName;

/// Begins each record of the harness's handler; no server writes it.
const RECORD_MARK: char = '\u{1e}';

/// The exception of the stack trace that follows a record, and the last cause that is given for it.
pub(crate) fn thrown(behind: &str) -> Vec<String> {
    let trace = behind.lines().take_while(|line| !line.starts_with(RECORD_MARK));
    let mut lines: Vec<String> = vec![];
    for line in trace {
        match line.strip_prefix("Caused by: ") {
            Some(cause) => {
                lines.truncate(1);
                lines.push(format!("caused by {}", cause.trim_end()));
            }
            None if lines.is_empty() && class_of(line).is_some() => lines.push(line.trim_end().to_owned()),
            None => {}
        }
    }
    lines
}

/// The class, with its package, that a line begins with, as the first line of a trace does with what was thrown.
pub(crate) fn class_of(line: &str) -> Option<&str> {
    let class = line.split([':', ';']).next().unwrap_or_default().trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$');
    (class.contains('.') && class.chars().all(is_name) && !class.ends_with('.')).then_some(class)
}

/// Whether a record is of a kind behind which a stack trace may follow.
pub(crate) fn reports_a_failure(line: &str) -> bool {
    let level = line.strip_prefix(RECORD_MARK).and_then(|record| record.split('|').nth(1));
    matches!(level, Some("WARNING" | "SEVERE"))
}

/// A record of the handler's file as it stands there, without the trace that may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawRecord<'l> {
    /// Milliseconds since 1970, of the node's own clock.
    pub(crate) time_ms: i64,
    pub(crate) level: &'l str,
    pub(crate) logger: &'l str,
    pub(crate) message: &'l str,
    /// What it says, where that is known.
    pub(crate) class: Option<LogClass>,
}

/// The record that a line begins; `None` where it goes on with one.
pub(crate) fn raw(line: &str) -> Option<RawRecord<'_>> {
    let mut parts = line.strip_prefix(RECORD_MARK)?.splitn(5, '|');
    let (time, level, logger, _source, message) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(RawRecord { time_ms: time.parse().ok()?, level, logger, message, class: classify(level, message) })
}

/// One line of the handler's file, where it begins a record that is worth keeping or is a cause in a stack trace.
pub(crate) fn parse(node: &NodeName, line: &str, texts: &[String]) -> Option<LogLine> {
    let Some(record) = line.strip_prefix(RECORD_MARK) else {
        return trace_cause(node, line);
    };
    let mut parts = record.splitn(5, '|');
    let (time, level, logger, _source, message) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let asked_for = || texts.iter().any(|text| message.contains(text)).then_some(LogClass::AskedFor);
    let class = classify(level, message).or_else(asked_for)?;
    Some(LogLine {
        node: node.clone(),
        node_time: node_time(time),
        level: level.to_owned(),
        logger: logger.to_owned(),
        message: message.to_owned(),
        class,
    })
}

/// The node's own time, from milliseconds since 1970.
fn node_time(milliseconds: &str) -> String {
    let time = milliseconds.parse().ok().and_then(|number| jiff::Timestamp::from_millisecond(number).ok());
    time.map_or_else(|| milliseconds.to_owned(), |time| time.to_string())
}

/// The causes in stack traces that decide something: a failed start, or a request that failed by what it put into a session.
fn trace_cause(node: &NodeName, line: &str) -> Option<LogLine> {
    let has = |text: &str| line.contains(text);
    let class = if has("java.net.BindException") && has("Address already in use") {
        LogClass::AddressInUse
    } else if has("java.lang.IllegalArgumentException") && has("Non-serializable attribute") {
        LogClass::AttributeRefused
    } else {
        return None;
    };
    Some(LogLine {
        node: node.clone(),
        node_time: String::new(),
        level: String::new(),
        logger: String::new(),
        message: line.trim().to_owned(),
        class,
    })
}

/// What Catalina says when it has started.
pub(crate) const STARTED: &str = "Server startup in";

/// Texts by which a line is known, the first that fits wins.
const TEXTS: &[(&str, LogClass)] = &[
    (STARTED, LogClass::ServerStarted),
    ("Replication member added", LogClass::MemberAdded),
    ("Received member disappeared", LogClass::MemberDisappeared),
    ("Register manager [", LogClass::ManagerStarted),
    ("requesting session state from", LogClass::StateRequested),
    ("skipping state transfer", LogClass::StateSkipped),
    ("No session state sen", LogClass::StateTimeout),
    ("session state sen", LogClass::StateReceived),
    ("received session delta for unknown session", LogClass::DeltaForUnknownSession),
    ("Unable to serialize delta request", LogClass::SerialisationFailed),
    ("Installing webapp [", LogClass::FarmInstalling),
    ("Error deploying web application archive", LogClass::OtherSevere),
    ("Deploying web application archive", LogClass::Deploying),
    ("Deployment of web application archive", LogClass::Deployed),
    ("Unable to send message through cluster sender", LogClass::SendFailed),
    ("tomee-harness: session created ", LogClass::SessionCreated),
    ("tomee-harness: session destroyed ", LogClass::SessionDestroyed),
    ("TomEE Listener can't start OpenEJB", LogClass::StartFailed),
    ("OpenEJB has encountered a fatal error", LogClass::StartFailed),
    ("The required Server component failed to start", LogClass::StartFailed),
];

/// What a line says; `None` where it is not worth keeping.
fn classify(level: &str, message: &str) -> Option<LogClass> {
    let by_text = TEXTS.iter().find(|(text, _)| message.contains(text)).map(|&(_, class)| class);
    by_text.or(match level {
        "WARNING" => Some(LogClass::OtherWarning),
        "SEVERE" => Some(LogClass::OtherSevere),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> NodeName {
        NodeName::nth(0)
    }

    #[test]
    fn lines_are_known_by_their_text_and_unknown_chatter_is_left_out() {
        for (line, class) in [
            (
                "\u{1e}1795347439460|INFO|org.apache.catalina.ha.tcp.SimpleTcpCluster|x y|Replication member added:[x]",
                Some(LogClass::MemberAdded),
            ),
            (
                "\u{1e}1795347439460|INFO|a.B|a.B c|Manager [/t]; session state sent at [x] received in [105] ms.",
                Some(LogClass::StateReceived),
            ),
            (
                "\u{1e}1795347439460|SEVERE|a.B|a.B c|Manager [/t]: No session state sent at [x] received, timing out after [60,065] ms.",
                Some(LogClass::StateTimeout),
            ),
            ("\u{1e}1795347439460|SEVERE|a.B|a.B c|something bad", Some(LogClass::OtherSevere)),
            ("\u{1e}1795347439460|INFO|a.B|a.B c|At least one JAR was scanned", None),
            ("java.net.BindException: Address already in use", Some(LogClass::AddressInUse)),
            (
                "java.lang.IllegalArgumentException: setAttribute: Non-serializable attribute [cart]",
                Some(LogClass::AttributeRefused),
            ),
            ("java.lang.IllegalArgumentException: setAttribute: name may not be null", None),
            ("\tat java.base/java.lang.Thread.run(Thread.java:840)", None),
        ] {
            assert_eq!(parse(&node(), line, &[]).map(|line| line.class), class, "{line}");
        }
    }
}
