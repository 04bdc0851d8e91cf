//! The one sink of a run: everything that happens goes through it to the history, its file and one listener.

use std::io::{self, Seek as _};
use std::sync::{Arc, Mutex};

use camino::Utf8Path;

use crate::history::{Event, History, Nanos, OperationId, Record, RecordKind, write_record};
use crate::host::clock::Clock;
use crate::host::sync::lock;

/// Called with each record as it is made; the way a progress line or a live view learns what happens.
pub type Listener = Arc<dyn Fn(&Record) + Send + Sync>;

/// Takes records from all clients, faults, probes and logs of a run, on one clock.
pub struct Recorder {
    clock: Clock,
    listener: Listener,
    inner: Mutex<Inner>,
}

struct Inner {
    history: History,
    file: Option<fs_err::File>,
    write_error: Option<io::Error>,
    /// Whether the run is over: nothing is written or reported any more.
    closed: bool,
    operations: u32,
    faults: u32,
    /// Texts for which a log's line is kept, whatever it says.
    texts: Vec<String>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder that keeps its history in memory, and in a file where one is named.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn new(clock: Clock, file: Option<&Utf8Path>, listener: Listener) -> io::Result<Self> {
        let file = file.map(fs_err::File::create).transpose()?;
        let history = History::default();
        let inner = Inner { history, file, write_error: None, closed: false, operations: 0, faults: 0, texts: vec![] };
        Ok(Self { clock, listener, inner: Mutex::new(inner) })
    }

    /// The run's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Records that something happens now.
    pub fn record(&self, kind: RecordKind) -> Nanos {
        let mut inner = lock(&self.inner);
        // The time is taken under the lock, so that the file is in the order of its times; and no two records stand at one
        // instant, so that each is before the other or behind it.
        let last = inner.history.records.last().map_or(Nanos::default(), |last| Nanos(last.at.0 + 1));
        let record = Record { at: self.clock.now().max(last), kind };
        if let Some(file) = &mut inner.file
            && let Err(error) = write_record(file, &record)
        {
            inner.write_error.get_or_insert(error);
        }
        let at = record.at;
        if !inner.closed {
            (self.listener)(&record);
        }
        inner.history.records.push(record);
        at
    }

    /// Records an event.
    pub fn event(&self, event: Event) -> Nanos {
        self.record(RecordKind::Event(event))
    }

    /// Keeps lines of the nodes' logs that contain one of these texts, whatever they say.
    pub fn keep_lines_with(&self, texts: Vec<String>) {
        lock(&self.inner).texts = texts;
    }

    pub(super) fn kept_texts(&self) -> Vec<String> {
        lock(&self.inner).texts.clone()
    }

    /// The next operation's number.
    pub fn next_operation(&self) -> OperationId {
        let mut inner = lock(&self.inner);
        inner.operations += 1;
        OperationId(inner.operations)
    }

    /// The next fault's number.
    pub fn next_fault(&self) -> u32 {
        let mut inner = lock(&self.inner);
        inner.faults += 1;
        inner.faults
    }

    /// What `read` makes of all that was recorded so far. It must be quick: nothing is recorded meanwhile.
    pub fn read<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&lock(&self.inner).history)
    }

    /// What was recorded so far.
    pub fn history(&self) -> History {
        lock(&self.inner).history.clone()
    }

    /// Ends the run's history: what is recorded from here on is kept in memory alone, and not reported. Gives what
    /// was recorded so far.
    pub fn close(&self) -> History {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.file = None;
        inner.history.clone()
    }

    /// Writes what `make` makes of the history into the file, in the place of what is there. What is recorded from now on
    /// comes behind it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn rewrite<T>(&self, make: impl FnOnce(History) -> (T, History)) -> io::Result<(T, History)> {
        let mut inner = lock(&self.inner);
        let (made, history) = make(inner.history.clone());
        if let Some(file) = &mut inner.file {
            file.set_len(0)?;
            file.rewind()?;
            history.records.iter().try_for_each(|record| write_record(&mut *file, record))?;
        }
        Ok((made, history))
    }

    /// The first failure to write the file (a full disk), which makes the stored run incomplete.
    pub fn take_write_error(&self) -> Option<io::Error> {
        lock(&self.inner).write_error.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_before_or_behind_each_other() {
        let recorder = Recorder::new(Clock::start(), None, Arc::new(|_| {})).expect("it needs no file");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for step in 0..1_000 {
                        recorder.event(Event::StepEnds { step });
                    }
                });
            }
        });
        assert!(recorder.history().records.windows(2).all(|pair| pair[0].at < pair[1].at));
    }
}
