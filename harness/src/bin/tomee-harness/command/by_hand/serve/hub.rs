//! What every page of a lab is told: all that there is when it comes, and then what is new.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

use super::super::deeds::Deed;
use super::super::look::Look;

/// How much of what goes by a page is told that comes later.
const MOST_ROWS: usize = 500;
const MOST_LOGS: usize = 300;
/// A page that is further behind than this begins anew.
const BEHIND: usize = 256;
/// The name of the last message.
const END: &str = "end";

/// A server-sent event, as it goes over the wire.
pub(super) type Message = Arc<str>;

/// See the module.
#[derive(Debug)]
pub(super) struct Hub {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Message>,
    /// Whether a look at the nodes is wanted soon: something happened, or somebody came.
    wants_a_look: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    look: Option<Message>,
    deeds: Vec<Deed>,
    traffic: Option<Message>,
    /// Each as JSON.
    rows: VecDeque<String>,
    logs: VecDeque<String>,
}

/// Whether nothing comes after a message.
pub(super) fn is_the_end(message: &Message) -> bool {
    message.starts_with("event: end\n")
}

impl Hub {
    pub(super) fn new() -> Self {
        let wants_a_look = AtomicBool::new(false);
        Self { kept: Mutex::default(), sender: broadcast::Sender::new(BEHIND), wants_a_look }
    }

    /// What a page is told first, and from where it hears what is new.
    pub(super) fn subscribe(&self) -> (Vec<Message>, broadcast::Receiver<Message>) {
        self.wants_a_look.store(true, Ordering::Relaxed);
        // Locked, so that nothing is told twice or not at all.
        let kept = self.kept();
        let all = |rows: &VecDeque<String>| format!("[{}]", rows.iter().cloned().collect::<Vec<_>>().join(","));
        let mut first = vec![message("reset", "{}")];
        first.extend(kept.look.clone());
        first.extend(kept.traffic.clone());
        first.push(message("history", &all(&kept.rows)));
        first.push(message("logs", &all(&kept.logs)));
        (first, self.sender.subscribe())
    }

    /// How many pages listen.
    pub(super) fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Whether a look is wanted soon; it is not asked for twice.
    pub(super) fn takes_a_look(&self) -> bool {
        self.wants_a_look.swap(false, Ordering::Relaxed)
    }

    /// What could be done at the last look.
    pub(super) fn deeds(&self) -> Vec<Deed> {
        self.kept().deeds.clone()
    }

    /// Tells how the nodes are, where that is not what was told before.
    pub(super) fn look(&self, look: &Look) {
        let mut kept = self.kept();
        let message = message("look", &json(look));
        if kept.look.as_ref() != Some(&message) {
            kept.look = Some(message.clone());
            kept.deeds.clone_from(&look.deeds);
            self.tell(message);
        }
    }

    pub(super) fn traffic(&self, traffic: &impl Serialize) {
        let mut kept = self.kept();
        let message = message("traffic", &json(traffic));
        kept.traffic = Some(message.clone());
        self.tell(message);
    }

    pub(super) fn rows(&self, rows: &[impl Serialize]) {
        self.wants_a_look.store(true, Ordering::Relaxed);
        let mut kept = self.kept();
        self.tell(grown(&mut kept.rows, "history", rows, MOST_ROWS));
    }

    pub(super) fn logs(&self, entries: &[impl Serialize]) {
        let mut kept = self.kept();
        self.tell(grown(&mut kept.logs, "logs", entries, MOST_LOGS));
    }

    /// Says why nothing more comes.
    pub(super) fn end(&self, why: &str) {
        self.tell(message(END, &json(&why)));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, message: Message) {
        // That nobody listens is no error.
        let _ = self.sender.send(message);
    }
}

/// Keeps the last of them, and makes the message of those that are new.
fn grown(kept: &mut VecDeque<String>, name: &str, more: &[impl Serialize], most: usize) -> Message {
    let more: Vec<String> = more[more.len().saturating_sub(most)..].iter().map(json).collect();
    let text = format!("[{}]", more.join(","));
    kept.extend(more);
    kept.drain(..kept.len().saturating_sub(most));
    message(name, &text)
}

/// JSON has no line break of its own: those of texts are escaped.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

fn message(name: &str, data: &str) -> Message {
    format!("event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_hears_what_there_is_and_then_what_is_new() {
        let hub = Hub::new();
        hub.rows(&["first", "a\nline"]);
        assert!(hub.takes_a_look() && !hub.takes_a_look());
        hub.look(&Look { all_sessions: 7, ..Look::default() });
        let (first, mut news) = hub.subscribe();
        assert!(hub.takes_a_look(), "who comes wants to see how it is now");
        assert_eq!(first.len(), 4);
        assert_eq!(&*first[0], "event: reset\ndata: {}\n\n");
        assert!(first[1].starts_with("event: look\n") && first[1].contains("\"all-sessions\":7"), "{}", first[1]);
        assert_eq!(&*first[2], "event: history\ndata: [\"first\",\"a\\nline\"]\n\n");
        assert_eq!(&*first[3], "event: logs\ndata: []\n\n");
        // What was told is not told again.
        hub.look(&Look { all_sessions: 7, ..Look::default() });
        hub.rows(&["second"]);
        assert_eq!(&*news.recv().await.expect("it is told"), "event: history\ndata: [\"second\"]\n\n");
        hub.end("it was ended");
        assert!(is_the_end(&news.recv().await.expect("it is told")));
    }

    #[test]
    fn what_is_kept_and_told_at_once_has_a_limit() {
        let hub = Hub::new();
        let (_, mut news) = hub.subscribe();
        hub.rows(&(0..MOST_ROWS + 7).collect::<Vec<_>>());
        let told = news.try_recv().expect("it is told");
        assert!(told.starts_with("event: history\ndata: [7,8,"), "{}", &told[..40]);
        hub.rows(&[MOST_ROWS + 7]);
        let (first, _) = hub.subscribe();
        assert!(first[1].starts_with("event: history\ndata: [8,9,"), "{}", &first[1][..40]);
    }
}
