//! Log lines: read from the file of the harness's own handler, split into records, classified by their text.
//!
//! A record of that handler begins with U+001E and `MILLISECONDS|LEVEL|LOGGER|SOURCE|MESSAGE`, see [`super::logging`].
//! TomEE hides the class in its own format; this format has the true logger, the second witness beside the text.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::recorder::Recorder;
use crate::history::{LogClass, LogLine, RecordKind};
use crate::spec::NodeName;

/// Begins each record of the harness's handler; no server writes it.
const RECORD_MARK: char = '\u{1e}';

/// Follows one node's log file from its beginning, over restarts of the node.
#[derive(Debug)]
pub struct LogFollower {
    node: NodeName,
    path: Utf8PathBuf,
    offset: u64,
    pending: String,
    /// Whether the record at the begin of `pending` was left for the next look, for the trace that may follow it.
    held: bool,
    recorder: Arc<Recorder>,
}

impl LogFollower {
    /// A follower of a file that may not be there yet.
    pub fn new(node: NodeName, path: Utf8PathBuf, recorder: Arc<Recorder>) -> Self {
        Self { node, path, offset: 0, pending: String::new(), held: false, recorder }
    }

    /// A follower of what is appended from now on.
    pub fn from_now(node: NodeName, path: Utf8PathBuf, recorder: Arc<Recorder>) -> Self {
        let mut follower = Self::new(node, path, recorder);
        // The last line may not be whole yet; what follows of it begins no record, so nothing of it is taken for one.
        follower.offset = fs_err::metadata(&follower.path).map_or(0, |file| file.len());
        follower
    }

    /// Reads what was appended since the last call, records the lines worth keeping and returns them.
    pub fn read_on(&mut self) -> Vec<LogLine> {
        // A log that cannot be read is a node that does not log yet; its silence is noticed by whoever waits.
        let appended = self.appended().unwrap_or_default();
        if appended.is_empty() && !self.held {
            return vec![];
        }
        self.pending.push_str(&String::from_utf8_lossy(&appended));
        let texts = self.recorder.kept_texts();
        let mut lines = vec![];
        // A record is whole when its line has ended; stack traces that follow belong to it and are read on.
        while let Some(end) = self.pending.find('\n') {
            let waited = std::mem::take(&mut self.held);
            let (fails, behind) = (tells_of_a_failure(&self.pending[..end]), &self.pending[end + 1..]);
            if fails && behind.is_empty() && !waited {
                self.held = true;
                break;
            }
            let thrown = if fails { thrown(behind) } else { vec![] };
            let line: String = self.pending.drain(..=end).collect();
            if let Some(mut line) = parse(&self.node, line.trim_end(), &texts) {
                for exception in thrown {
                    // Some messages quote it themselves.
                    if !line.message.contains(&exception) {
                        line.message.push_str(": ");
                        line.message.push_str(&exception);
                    }
                }
                self.recorder.record(RecordKind::Log(line.clone()));
                lines.push(line);
            }
        }
        lines
    }

    fn appended(&mut self) -> std::io::Result<Vec<u8>> {
        let mut file = fs_err::File::open(&self.path)?;
        let length = file.metadata()?.len();
        if length < self.offset {
            // Laid anew for another start.
            self.offset = 0;
        }
        if length == self.offset {
            return Ok(vec![]);
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut appended = vec![];
        file.take(length - self.offset).read_to_end(&mut appended)?;
        // Cut at the last line end, so that no character is split.
        let whole = appended.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        appended.truncate(whole);
        self.offset += whole as u64;
        Ok(appended)
    }
}

/// The exception of the stack trace that follows a record, and the last cause that is told of it.
fn thrown(behind: &str) -> Vec<String> {
    let trace = behind.lines().take_while(|line| !line.starts_with(RECORD_MARK));
    let mut told: Vec<String> = vec![];
    for line in trace {
        match line.strip_prefix("Caused by: ") {
            Some(cause) => {
                told.truncate(1);
                told.push(format!("caused by {}", cause.trim_end()));
            }
            None if told.is_empty() && class_of(line).is_some() => told.push(line.trim_end().to_owned()),
            None => {}
        }
    }
    told
}

/// The class, with its package, that a line begins with, as the first line of a trace does with what was thrown.
pub(super) fn class_of(line: &str) -> Option<&str> {
    let class = line.split([':', ';']).next().unwrap_or_default().trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$');
    (class.contains('.') && class.chars().all(is_name) && !class.ends_with('.')).then_some(class)
}

/// Whether a record is of a kind behind which a stack trace may follow.
fn tells_of_a_failure(line: &str) -> bool {
    let level = line.strip_prefix(RECORD_MARK).and_then(|record| record.split('|').nth(1));
    matches!(level, Some("WARNING" | "SEVERE"))
}

/// One line of the handler's file, where it begins a record that is worth keeping or is a cause in a stack trace.
fn parse(node: &NodeName, line: &str, texts: &[String]) -> Option<LogLine> {
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

/// The causes in stack traces that decide what to do about a failed start.
fn trace_cause(node: &NodeName, line: &str) -> Option<LogLine> {
    let address_in_use = line.contains("java.net.BindException") && line.contains("Address already in use");
    address_in_use.then(|| LogLine {
        node: node.clone(),
        node_time: String::new(),
        level: String::new(),
        logger: String::new(),
        message: line.trim().to_owned(),
        class: LogClass::AddressInUse,
    })
}

/// What Catalina says when it has started.
pub(super) const STARTED: &str = "Server startup in";

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
    ("Deployment of web application archive", LogClass::Deployed),
    ("Unable to send message through cluster sender", LogClass::SendFailed),
    ("tomee-harness: session created ", LogClass::SessionCreated),
    ("tomee-harness: session destroyed ", LogClass::SessionDestroyed),
    ("TomEE Listener can't start OpenEJB", LogClass::StartFailed),
    ("OpenEJB has encountered a fatal error", LogClass::StartFailed),
    ("The required Server component failed to start", LogClass::StartFailed),
];

/// What a line tells; `None` where it is not worth keeping.
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
    use crate::lab::clock::Clock;

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
            ("\tat java.base/java.lang.Thread.run(Thread.java:840)", None),
        ] {
            assert_eq!(parse(&node(), line, &[]).map(|line| line.class), class, "{line}");
        }
    }

    #[test]
    fn a_line_is_read_once_and_only_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::try_from(folder.path().join("harness.log")).expect("UTF-8");
        let recorder = Arc::new(Recorder::new(Clock::start(), None, Arc::new(|_| {})).expect("no file"));
        let mut follower = LogFollower::new(node(), path.clone(), recorder.clone());
        assert_eq!(follower.read_on(), vec![], "no file is no error");
        let text = "\u{1e}1795347439460|INFO|a.B|a.B c|Server startup in [1] milliseconds\n\u{1e}1795347439460|SEVERE|a.B|a.B c|für immer";
        let cut = text.find('ü').expect("it is there") + 1;
        fs_err::write(&path, &text.as_bytes()[..cut]).expect("written");
        assert_eq!(follower.read_on().len(), 1);
        fs_err::write(&path, format!("{text}\n")).expect("written");
        assert_eq!(follower.read_on(), vec![], "a trace may follow");
        let lines = follower.read_on();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].message, "für immer");
        assert_eq!(recorder.history().records.len(), 2);
    }

    #[test]
    fn a_failure_tells_what_was_thrown_and_its_last_cause_and_nothing_of_the_next_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::try_from(folder.path().join("harness.log")).expect("UTF-8");
        let recorder = Arc::new(Recorder::new(Clock::start(), None, Arc::new(|_| {})).expect("no file"));
        let mut follower = LogFollower::new(node(), path.clone(), recorder);
        let text = "\u{1e}1|SEVERE|a.B|a.B c|IOException while loading persisted sessions: [x]\n\
            java.io.InvalidClassException: shop.Basket; local class incompatible\n\
            \tat java.base/java.io.ObjectStreamClass.initNonProxy(ObjectStreamClass.java:597)\n\
            Caused by: java.lang.IllegalStateException: first\n\
            \tat a.B.c(B.java:1)\n\
            Caused by: java.lang.Error\n\
            \t... 5 more\n\
            \u{1e}2|SEVERE|a.B|a.B c|alone with [java.io.IOException: x]\n\
            java.io.IOException: x\n\
            \u{1e}3|INFO|a.B|a.B c|Replication member added:[x]\n\
            java.lang.Exception: of no failure\n\
            \u{1e}4|WARNING|a.B|a.B c|cut off\n";
        fs_err::write(&path, text).expect("written");
        let messages: Vec<String> = follower.read_on().into_iter().map(|line| line.message).collect();
        let expected = [
            "IOException while loading persisted sessions: [x]: java.io.InvalidClassException: shop.Basket; \
             local class incompatible: caused by java.lang.Error",
            "alone with [java.io.IOException: x]",
            "Replication member added:[x]",
        ];
        assert_eq!(messages, expected);
        fs_err::write(&path, format!("{text}a.b.Late: at last\n\tat a.B.c(B.java:1)\n")).expect("written");
        let messages: Vec<String> = follower.read_on().into_iter().map(|line| line.message).collect();
        assert_eq!(messages, ["cut off: a.b.Late: at last"]);
    }
}
