//! The ledger: what the clients know of their sessions, and what in the answers and looks goes against it.
//!
//! It is written from what a client or a look could see, not from what the servers hold, so that a bug counts as shown
//! only when that can be known.

use std::collections::{BTreeMap, BTreeSet};

use tomee_harness::model::plan::AppRequest;

use super::cluster::Id;

/// An increment that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    operation: usize,
    pub(super) invoked: u64,
    pub(super) completed: Option<u64>,
    pub(super) failed: bool,
}

/// An answer that came out of a session.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) invoked: u64,
    pub(super) completed: u64,
    pub(super) count: i64,
    pub(super) counting: bool,
}

/// A session as its client knows it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) client: usize,
    pub(super) context: usize,
    pub(super) stem: usize,
    /// The node that served it last.
    pub(super) owner: usize,
    /// In which of its lives.
    pub(super) owner_life: usize,
    pub(super) once: Option<usize>,
    /// Whether its client has an answer of it.
    pub(super) acknowledged: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) answers: Vec<Answered>,
    pub(super) ended: Option<u64>,
    /// Since when an unanswered request may have ended it or changed its id.
    pub(super) unsure: Option<u64>,
    /// Whether that one renamed it to another node's route, and may have done nothing else.
    pub(super) renamed_unheard: bool,
    /// Requests on their way that may end it or change its id.
    pub(super) enders: usize,
    pub(super) torn: bool,
    /// No node holds it any more, and no bug is to blame.
    pub(super) gone: bool,
    pub(super) finished: bool,
    pub(super) staked: Option<u64>,
    pub(super) tested: Option<u64>,
    /// How many requests got no answer since the last right one.
    pub(super) trailing: usize,
    /// Its first request failed midway.
    pub(super) partial: bool,
    pub(super) unlooked: bool,
    pub(super) answers_since_heal: usize,
    pub(super) seen_on: BTreeSet<(usize, usize)>,
    /// How often it was taken over from a node that had gone.
    pub(super) failovers: usize,
    pub(super) had_unanswered_write: bool,
    pub(super) had_unanswered_end: bool,
    pub(super) healed: bool,
}

/// An answer, as the ledger reads it.
#[derive(Debug, Clone)]
pub(super) struct ObservedAnswer {
    pub(super) operation: usize,
    pub(super) client: usize,
    pub(super) context: usize,
    pub(super) node: usize,
    pub(super) request: AppRequest,
    pub(super) invoked: u64,
    pub(super) completed: u64,
    pub(super) raced: bool,
    pub(super) asked: Option<usize>,
    pub(super) sent: Option<Id>,
    pub(super) id: Option<Id>,
    pub(super) new: bool,
    pub(super) unrenamed: bool,
    pub(super) count: i64,
    pub(super) once: Option<usize>,
    pub(super) list: Vec<i64>,
    /// What the cookie says, and whether its path is the context's.
    pub(super) cookie: Option<(Id, bool)>,
}

/// Why something that goes against the ledger is no violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excuse {
    Split,
    AllCopiesBroken,
}

/// Something that goes against the ledger.
#[derive(Debug, Clone)]
pub(super) struct Anomaly {
    pub(super) session: usize,
    pub(super) excuse: Option<Excuse>,
    /// Whether a look showed it, and no answer.
    pub(super) by_look: bool,
    pub(super) text: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) known: Vec<Known>,
    by_stem: BTreeMap<usize, usize>,
    pub(super) anomalies: Vec<Anomaly>,
    /// The first thing that makes the truth unclear.
    pub(super) open: Option<String>,
    /// The first thing of which even a violated verdict may be right.
    pub(super) either: Option<String>,
}

impl Ledger {
    pub(super) fn of_stem(&self, stem: usize) -> Option<usize> {
        self.by_stem.get(&stem).copied()
    }

    pub(super) fn is_torn(&self, stem: usize) -> bool {
        self.of_stem(stem).is_some_and(|session| self.known[session].torn)
    }

    pub(super) fn owner(&self, stem: usize) -> Option<usize> {
        self.of_stem(stem).map(|session| self.known[session].owner)
    }

    pub(super) fn unclear(&mut self, why: &str) {
        self.open.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn created(
        &mut self,
        client: usize,
        context: usize,
        stem: usize,
        owner: usize,
        once: Option<usize>,
    ) -> usize {
        self.by_stem.insert(stem, self.known.len());
        self.known.push(Known {
            client,
            context,
            stem,
            owner,
            owner_life: 0,
            once,
            acknowledged: false,
            attempts: Vec::new(),
            answers: Vec::new(),
            ended: None,
            unsure: None,
            renamed_unheard: false,
            enders: 0,
            torn: false,
            gone: false,
            finished: false,
            staked: None,
            tested: None,
            trailing: 0,
            partial: false,
            unlooked: false,
            answers_since_heal: 0,
            seen_on: BTreeSet::new(),
            failovers: 0,
            had_unanswered_write: false,
            had_unanswered_end: false,
            healed: false,
        });
        self.known.len() - 1
    }

    pub(super) fn changed(&mut self, old: usize, new: usize) {
        if let Some(session) = self.of_stem(old) {
            self.by_stem.insert(new, session);
            self.known[session].stem = new;
        }
    }

    pub(super) fn counts(&mut self, session: usize, operation: usize, invoked: u64) {
        self.known[session].attempts.push(Attempt { operation, invoked, completed: None, failed: false });
    }

    pub(super) fn ended_attempt(&mut self, operation: usize, completed: u64, failed: bool) {
        let attempts = self.known.iter_mut().flat_map(|known| &mut known.attempts);
        for attempt in attempts.filter(|attempt| attempt.operation == operation) {
            (attempt.completed, attempt.failed) = (Some(completed), failed);
        }
    }

    /// The most that answers have shown of a session.
    pub(super) fn floor(&self, session: usize) -> i64 {
        self.known[session].answers.iter().map(|answer| answer.count).max().unwrap_or_default()
    }

    /// The most that an answered increment has shown: what a replica must hold. What only a read has shown may come from a
    /// write that was never answered, and may have reached one node alone.
    pub(super) fn replicated_floor(&self, session: usize) -> i64 {
        let answers = self.known[session].answers.iter().filter(|answer| answer.counting);
        answers.map(|answer| answer.count).max().unwrap_or_default()
    }
}
