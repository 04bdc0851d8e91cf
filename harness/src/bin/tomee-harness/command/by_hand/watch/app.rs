//! The dashboard without its terminal: what is known, what is chosen, and what a key does.

use std::collections::{BTreeMap, VecDeque};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Map, Value};
use tomee_harness::keeper::{LogEntry, NodeRow};
use tomee_harness::model::NodeName;

use crate::command::by_hand::deeds::Deed;
use crate::command::by_hand::live::{Row, Traffic};
use crate::command::by_hand::look::Look;

/// How much of what goes by is kept.
const MOST_LINES: usize = 1000;

/// What is asked about, before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) deed: Deed,
    pub(super) node: NodeName,
    /// What was said so far of what its fault needs.
    pub(super) given: BTreeMap<String, String>,
}

/// What the dashboard does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    Plain,
    Help,
    /// The search is written.
    Search,
    /// One of all that can be done to the chosen node is chosen.
    Menu(usize),
    /// What a fault needs is written.
    Value(Pending, String),
    /// Before a step.
    Question(Pending),
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Quit,
    Step(Map<String, Value>),
}

/// The keys of the steps that are taken most.
pub(super) const KEYS: [(char, &str); 8] = [
    ('k', "kill"),
    ('s', "stop"),
    ('p', "pause"),
    ('h', "heal"),
    ('r', "restart"),
    ('d', "drain"),
    ('m', "maint"),
    ('y', "ready"),
];

/// See the module.
#[derive(Debug)]
pub(super) struct App {
    pub(super) look: Look,
    pub(super) rows: VecDeque<Row>,
    pub(super) logs: VecDeque<LogEntry>,
    pub(super) traffic: Traffic,
    pub(super) chosen: usize,
    pub(super) mode: Mode,
    pub(super) search: String,
    /// The last word about a step, and whether it is a bad one.
    pub(super) said: (String, bool),
}

impl App {
    pub(super) fn new() -> Self {
        Self {
            look: Look::default(),
            rows: VecDeque::new(),
            logs: VecDeque::new(),
            traffic: Traffic::default(),
            chosen: 0,
            mode: Mode::Plain,
            search: String::new(),
            said: (String::new(), false),
        }
    }

    pub(super) fn nodes(&self) -> &[NodeRow] {
        self.look.view.as_ref().map_or(&[], |view| &view.nodes)
    }

    pub(super) fn see(&mut self, look: Look) {
        if look.view.is_some() {
            self.look = look;
        } else {
            // What was seen last stays, with the reason beside it; nothing can be done to it any more.
            (self.look.gone, self.look.over) = (look.gone, look.over);
            self.look.open.clear();
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
        text.to_lowercase().contains(&self.search.to_lowercase())
    }

    /// What can be done to the chosen node now.
    pub(super) fn open(&self) -> Vec<&Deed> {
        let Some(row) = self.nodes().get(self.chosen) else { return vec![] };
        let open = self.look.open.get(&row.node);
        self.look.deeds.iter().filter(|deed| open.is_some_and(|verbs| verbs.contains(&deed.verb))).collect()
    }

    /// What a key does.
    pub(super) fn press(&mut self, key: KeyEvent) -> Action {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if key.code == KeyCode::Char('c') { Action::Quit } else { Action::Nothing };
        }
        match std::mem::replace(&mut self.mode, Mode::Plain) {
            Mode::Plain => return self.plain(key.code),
            Mode::Help => {}
            Mode::Search => self.write_search(key.code),
            Mode::Menu(place) => self.menu(place, key.code),
            Mode::Value(pending, text) => self.value(pending, text, key.code),
            Mode::Question(pending) => return self.answer(&pending, key.code),
        }
        Action::Nothing
    }

    fn answer(&mut self, pending: &Pending, code: KeyCode) -> Action {
        let what = format!("{} {}", pending.deed.verb, pending.node);
        if code != KeyCode::Char('y') {
            self.said = (format!("{what}: not done"), false);
            return Action::Nothing;
        }
        match pending.deed.step(&pending.node, &pending.given, None) {
            Ok(step) => {
                self.said = (format!("{what} …"), false);
                Action::Step(step)
            }
            Err(why) => {
                self.said = (why, true);
                Action::Nothing
            }
        }
    }

    fn write_search(&mut self, code: KeyCode) {
        match code {
            KeyCode::Enter => return,
            KeyCode::Esc => {
                self.search.clear();
                return;
            }
            KeyCode::Backspace => drop(self.search.pop()),
            KeyCode::Char(character) => self.search.push(character),
            _ => {}
        }
        self.mode = Mode::Search;
    }

    fn menu(&mut self, place: usize, code: KeyCode) {
        let open = self.open();
        let last = open.len().saturating_sub(1);
        let place = place.min(last);
        self.mode = match code {
            KeyCode::Up => Mode::Menu(place.saturating_sub(1)),
            KeyCode::Down | KeyCode::Tab => Mode::Menu(if place < last { place + 1 } else { 0 }),
            KeyCode::Enter => match open.get(place) {
                Some(deed) => return self.begin((*deed).clone()),
                None => Mode::Plain,
            },
            _ => Mode::Plain,
        };
    }

    /// Asks for what a step needs, and then whether it is meant.
    fn begin(&mut self, deed: Deed) {
        if let Some(row) = self.nodes().get(self.chosen) {
            self.ask_on(Pending { deed, node: row.node.clone(), given: BTreeMap::new() });
        }
    }

    fn ask_on(&mut self, pending: Pending) {
        let lacks = pending.deed.parameters.iter().any(|wanted| !pending.given.contains_key(wanted.key));
        self.mode = if lacks { Mode::Value(pending, String::new()) } else { Mode::Question(pending) };
    }

    fn value(&mut self, mut pending: Pending, mut text: String, code: KeyCode) {
        match code {
            KeyCode::Esc => {
                self.said = (format!("{} {}: not done", pending.deed.verb, pending.node), false);
                return;
            }
            KeyCode::Enter if !text.trim().is_empty() => {
                let lacks = pending.deed.parameters.iter().find(|wanted| !pending.given.contains_key(wanted.key));
                if let Some(key) = lacks.map(|wanted| wanted.key.to_owned()) {
                    pending.given.insert(key, text);
                }
                return self.ask_on(pending);
            }
            KeyCode::Backspace => drop(text.pop()),
            KeyCode::Char(character) => text.push(character),
            _ => {}
        }
        self.mode = Mode::Value(pending, text);
    }

    fn plain(&mut self, code: KeyCode) -> Action {
        let last = self.nodes().len().saturating_sub(1);
        match code {
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char('/') => self.mode = Mode::Search,
            KeyCode::Esc => self.search.clear(),
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.chosen = if self.chosen < last { self.chosen + 1 } else { 0 },
            KeyCode::Char('f') if !self.open().is_empty() => self.mode = Mode::Menu(0),
            KeyCode::Char(character) => self.short(character),
            _ => {}
        }
        Action::Nothing
    }

    fn short(&mut self, character: char) {
        let Some((_, verb)) = KEYS.iter().find(|(key, _)| *key == character) else { return };
        let open = self.open().into_iter().find(|deed| deed.verb == *verb).cloned();
        match (open, self.nodes().get(self.chosen)) {
            (Some(deed), _) => self.begin(deed),
            (None, Some(row)) => {
                self.said = (format!("{verb} is nothing for {} now: it is {}", row.node, row.state), true);
            }
            (None, None) => {}
        }
    }
}
