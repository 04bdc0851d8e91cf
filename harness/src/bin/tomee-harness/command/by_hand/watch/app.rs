//! The dashboard without its terminal: what is known, what is chosen, and what a key does.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tomee_harness::keeper::{LogEntry, NodeRow};
use tomee_harness::model::NodeName;

use crate::command::by_hand::live::{Look, Row, Traffic};

/// How much of what goes by is kept.
const MOST_LINES: usize = 1000;

/// What the dashboard does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    Plain,
    Help,
    /// The filter is written.
    Filter,
    /// Before a step.
    Question(&'static str, NodeName),
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Quit,
    Step(&'static str, NodeName),
}

/// A step of a key, with what is asked before it.
pub(super) struct Key {
    pub(super) key: char,
    pub(super) verb: &'static str,
    pub(super) question: &'static str,
    /// Whether only a balancer in front can do it.
    pub(super) front: bool,
}

pub(super) const KEYS: [Key; 8] = [
    Key { key: 'k', verb: "kill", question: "Its process ends at once (SIGKILL).", front: false },
    Key { key: 's', verb: "stop", question: "It ends in order (SIGTERM).", front: false },
    Key { key: 'p', verb: "pause", question: "It answers nobody until it is healed.", front: false },
    Key { key: 'h', verb: "heal", question: "What was done to it and can be undone is undone.", front: false },
    Key { key: 'r', verb: "restart", question: "It is started, where it is down.", front: false },
    Key { key: 'd', verb: "drain", question: "The front gives it no new sessions.", front: true },
    Key { key: 'm', verb: "maint", question: "The front gives it nothing more.", front: true },
    Key { key: 'y', verb: "ready", question: "The front takes it for one of its own again.", front: true },
];

/// See the module.
#[derive(Debug)]
pub(super) struct App {
    pub(super) look: Option<Look>,
    pub(super) rows: VecDeque<Row>,
    pub(super) logs: VecDeque<LogEntry>,
    pub(super) traffic: Traffic,
    pub(super) chosen: usize,
    pub(super) mode: Mode,
    pub(super) filter: String,
    /// The last word about a step, and whether it is a bad one.
    pub(super) said: (String, bool),
}

impl App {
    pub(super) fn new() -> Self {
        Self {
            look: None,
            rows: VecDeque::new(),
            logs: VecDeque::new(),
            traffic: Traffic::default(),
            chosen: 0,
            mode: Mode::Plain,
            filter: String::new(),
            said: (String::new(), false),
        }
    }

    pub(super) fn nodes(&self) -> &[NodeRow] {
        self.look.as_ref().and_then(|look| look.view.as_ref()).map_or(&[], |view| &view.nodes)
    }

    pub(super) fn see(&mut self, look: Look) {
        // The last view stays where the keeper is silent, with the reason beside it.
        match (&look.view, &mut self.look) {
            (None, Some(known)) => known.gone.clone_from(&look.gone),
            _ => self.look = Some(look),
        }
        self.chosen = self.chosen.min(self.nodes().len().saturating_sub(1));
    }

    pub(super) fn hear(&mut self, rows: Vec<Row>, logs: Vec<LogEntry>, traffic: Traffic) {
        self.rows.extend(rows);
        self.logs.extend(logs);
        self.rows.drain(..self.rows.len().saturating_sub(MOST_LINES));
        self.logs.drain(..self.logs.len().saturating_sub(MOST_LINES));
        self.traffic = traffic;
    }

    /// Whether a line is to be shown.
    pub(super) fn fits(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.filter.to_lowercase())
    }

    fn has_front(&self) -> bool {
        self.look.as_ref().and_then(|look| look.view.as_ref()).is_some_and(|view| view.front.is_some())
    }

    /// What a key does.
    pub(super) fn press(&mut self, key: KeyEvent) -> Action {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Action::Quit;
        }
        match std::mem::replace(&mut self.mode, Mode::Plain) {
            Mode::Help => Action::Nothing,
            Mode::Question(verb, node) if key.code == KeyCode::Char('y') => {
                self.said = (format!("{verb} {node} …"), false);
                Action::Step(verb, node)
            }
            Mode::Question(verb, node) => {
                self.said = (format!("{verb} {node}: not done"), false);
                Action::Nothing
            }
            Mode::Filter => {
                self.write_filter(key.code);
                Action::Nothing
            }
            Mode::Plain => self.plain(key.code),
        }
    }

    fn write_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => return,
            KeyCode::Esc => {
                self.filter.clear();
                return;
            }
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Char(character) => self.filter.push(character),
            _ => {}
        }
        self.mode = Mode::Filter;
    }

    fn plain(&mut self, code: KeyCode) -> Action {
        let last = self.nodes().len().saturating_sub(1);
        match code {
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char('/') => self.mode = Mode::Filter,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.chosen = if self.chosen < last { self.chosen + 1 } else { 0 },
            KeyCode::Char(character) => {
                let known = KEYS.iter().find(|known| known.key == character && (self.has_front() || !known.front));
                let node = self.nodes().get(self.chosen).map(|row| row.node.clone());
                if let (Some(key), Some(node)) = (known, node) {
                    self.mode = Mode::Question(key.verb, node);
                }
            }
            _ => {}
        }
        Action::Nothing
    }
}
