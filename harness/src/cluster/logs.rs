//! The follower of a node's log: reads the file of the harness's own handler as it grows, and records what is worth keeping.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::cluster::recorder::Recorder;
use crate::history::{LogLine, RecordKind};
use crate::model::NodeName;
use crate::tomcat::log_lines::{parse, reports_a_failure, thrown};

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

    /// The node.
    pub fn node(&self) -> &NodeName {
        &self.node
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
            let (fails, behind) = (reports_a_failure(&self.pending[..end]), &self.pending[end + 1..]);
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
            // Replaced for another start.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::clock::Clock;

    fn node() -> NodeName {
        NodeName::nth(0)
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
    fn a_failure_shows_what_was_thrown_and_its_last_cause_and_nothing_of_the_next_record() {
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
