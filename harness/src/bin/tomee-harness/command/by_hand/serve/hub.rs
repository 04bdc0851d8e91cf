//! What every page of a lab is told: all that there is when it comes, and then what is new.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

/// How much of what goes by a page is told that comes later.
const MOST_ROWS: usize = 500;
const MOST_PROBLEMS: usize = 100;
/// A page that is further behind than this begins anew.
const BEHIND: usize = 256;

/// A server-sent event, as it goes over the wire.
pub(super) type Message = Arc<str>;

/// See the module.
#[derive(Debug)]
pub(super) struct Hub {
    kept: Mutex<Kept>,
    sender: broadcast::Sender<Message>,
}

#[derive(Debug, Default)]
struct Kept {
    look: Option<Message>,
    traffic: Option<Message>,
    /// Each as JSON.
    rows: VecDeque<String>,
    problems: VecDeque<String>,
}

impl Hub {
    pub(super) fn new() -> Self {
        Self { kept: Mutex::default(), sender: broadcast::Sender::new(BEHIND) }
    }

    /// What a page is told first, and from where it hears what is new.
    pub(super) fn subscribe(&self) -> (Vec<Message>, broadcast::Receiver<Message>) {
        // Locked, so that nothing is told twice or not at all.
        let kept = self.kept();
        let all = |rows: &VecDeque<String>| format!("[{}]", rows.iter().cloned().collect::<Vec<_>>().join(","));
        let mut first = vec![message("reset", "{}")];
        first.extend(kept.look.clone());
        first.extend(kept.traffic.clone());
        first.push(message("history", &all(&kept.rows)));
        first.push(message("problems", &all(&kept.problems)));
        (first, self.sender.subscribe())
    }

    pub(super) fn look(&self, look: &impl Serialize) {
        let mut kept = self.kept();
        let message = message("look", &json(look));
        kept.look = Some(message.clone());
        self.tell(message);
    }

    pub(super) fn traffic(&self, traffic: &impl Serialize) {
        let mut kept = self.kept();
        let message = message("traffic", &json(traffic));
        kept.traffic = Some(message.clone());
        self.tell(message);
    }

    pub(super) fn rows(&self, rows: &[impl Serialize]) {
        let mut kept = self.kept();
        self.tell(grown(&mut kept.rows, "history", rows, MOST_ROWS));
    }

    pub(super) fn problems(&self, entries: &[impl Serialize]) {
        let mut kept = self.kept();
        self.tell(grown(&mut kept.problems, "problems", entries, MOST_PROBLEMS));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, message: Message) {
        // That nobody listens is no error.
        let _ = self.sender.send(message);
    }
}

fn grown(kept: &mut VecDeque<String>, name: &str, more: &[impl Serialize], most: usize) -> Message {
    let more: Vec<String> = more.iter().map(json).collect();
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
        hub.look(&1);
        let (first, mut news) = hub.subscribe();
        let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
        assert_eq!(
            first,
            [
                "event: reset\ndata: {}\n\n",
                "event: look\ndata: 1\n\n",
                "event: history\ndata: [\"first\",\"a\\nline\"]\n\n",
                "event: problems\ndata: []\n\n",
            ]
        );
        hub.rows(&["second"]);
        assert_eq!(&*news.recv().await.expect("it is told"), "event: history\ndata: [\"second\"]\n\n");
        for number in 0..MOST_ROWS + 7 {
            hub.rows(&[number]);
        }
        let (first, _) = hub.subscribe();
        assert!(first[2].starts_with("event: history\ndata: [7,8,"), "{}", &first[2][..40]);
    }
}
