//! The ledger: what the clients know of their sessions, and what in the answers and looks goes against it.
//!
//! It is written from what a client or a look could see, not from what the servers hold, so that a bug counts as shown
//! only when somebody could tell.

use std::collections::{BTreeMap, BTreeSet};

use tomee_harness::spec::plan::AppRequest;

use super::cluster::{Held, Id};

/// An increment that was asked for.
#[derive(Debug, Clone)]
struct Attempt {
    operation: usize,
    invoked: u64,
    completed: Option<u64>,
    failed: bool,
}

/// An answer that came out of a session.
#[derive(Debug, Clone)]
struct Answered {
    invoked: u64,
    completed: u64,
    count: i64,
    counting: bool,
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
    attempts: Vec<Attempt>,
    answers: Vec<Answered>,
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
pub(super) struct Told {
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

    pub(super) fn created(&mut self, client: usize, context: usize, stem: usize, owner: usize, once: Option<usize>) -> usize {
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
    fn replicated_floor(&self, session: usize) -> i64 {
        let answers = self.known[session].answers.iter().filter(|answer| answer.counting);
        answers.map(|answer| answer.count).max().unwrap_or_default()
    }

    /// Reads an answer.
    pub(super) fn read(&mut self, told: &Told) {
        let answered = told.id.and_then(|id| self.of_stem(id.stem));
        if let Some(asked) = told.asked.filter(|asked| Some(*asked) != answered) {
            self.missed(asked, told);
        }
        let Some(session) = answered else {
            if let Some(id) = told.id {
                self.stranger(told, id);
            }
            return;
        };
        if told.asked.is_some() && told.asked != Some(session) && self.known[session].acknowledged {
            let text = format!("#{} was answered out of another client's session", told.operation);
            self.against(session, told, text);
            return;
        }
        for text in self.wrongs(session, told) {
            self.against(session, told, text);
        }
        let known = &mut self.known[session];
        let answer = Answered {
            invoked: told.invoked,
            completed: told.completed,
            count: told.count,
            counting: told.request == AppRequest::Count,
        };
        known.answers.push(answer);
        known.acknowledged = true;
        known.trailing = 0;
        known.answers_since_heal += 1;
        if known.unsure.is_some_and(|since| since < told.invoked) && known.enders == 0 {
            (known.unsure, known.renamed_unheard) = (None, false);
        }
        if known.staked.is_some_and(|staked| staked < told.invoked) {
            known.tested = Some(told.invoked);
        }
    }

    /// An id that no node has given: a changed stem.
    fn stranger(&mut self, told: &Told, id: Id) {
        let session = self.created(told.client, told.context, id.stem, told.node, told.once);
        self.known[session].acknowledged = true;
    }

    /// A session was asked for, and another one or none answered.
    fn missed(&mut self, session: usize, told: &Told) {
        let known = &self.known[session];
        if told.request == AppRequest::Invalidate || known.finished {
            return;
        }
        if known.ended.is_some_and(|ended| ended <= told.completed) {
            self.known[session].finished = true;
            return;
        }
        if told.raced || known.unsure.is_some() || known.enders > 0 {
            if known.renamed_unheard {
                self.either.get_or_insert_with(|| "an unanswered request moved a session to another route".to_owned());
            }
            self.known[session].finished = true;
            self.unclear("a session was not found behind a request that may have ended it or changed its id");
            return;
        }
        if !known.acknowledged {
            self.known[session].finished = true;
            self.unclear("a session whose first request was not answered was not found");
            return;
        }
        let text = match told.id {
            Some(_) => format!("#{} was given another session", told.operation),
            None => format!("#{} found no session", told.operation),
        };
        self.against(session, told, text);
        self.known[session].finished = true;
    }

    fn against(&mut self, session: usize, told: &Told, text: String) {
        if told.raced {
            self.unclear("a request that overlaps one that ends its session or changes its id");
            return;
        }
        let excuse = self.excuse(session);
        self.anomalies.push(Anomaly { session, excuse, by_look: false, text });
    }

    fn excuse(&self, session: usize) -> Option<Excuse> {
        let known = &self.known[session];
        if known.gone {
            Some(Excuse::AllCopiesBroken)
        } else if known.torn {
            Some(Excuse::Split)
        } else {
            None
        }
    }

    /// What is wrong with an answer out of the session that was asked for.
    fn wrongs(&self, session: usize, told: &Told) -> Vec<String> {
        let (known, name) = (&self.known[session], format!("#{}", told.operation));
        let mut wrongs = Vec::new();
        if known.ended.is_some_and(|ended| ended < told.invoked) {
            wrongs.push(format!("{name} was answered out of a session that had ended"));
            return wrongs;
        }
        let counting = told.request == AppRequest::Count;
        let before: Vec<&Answered> = known.answers.iter().filter(|answer| answer.completed < told.invoked).collect();
        let due = before.iter().map(|answer| answer.count).max().unwrap_or_default() + i64::from(counting);
        if told.count < due {
            wrongs.push(format!("{name} showed count {} where {due} was due", told.count));
        }
        if let Some(last) = before.iter().max_by_key(|answer| answer.completed) {
            let late = known.attempts.iter().filter(|attempt| {
                !attempt.failed
                    && attempt.invoked < told.completed
                    && attempt.completed.is_none_or(|completed| completed > last.invoked)
                    && !(last.counting && attempt.completed == Some(last.completed))
            });
            let most = last.count + i64::try_from(late.count()).unwrap_or(i64::MAX);
            if told.count > most {
                wrongs.push(format!("{name} showed count {} where {most} is the most", told.count));
            }
        }
        let twice = |answer: &&Answered| answer.counting && answer.count == told.count;
        if counting && known.answers.iter().any(|answer| twice(&answer)) && told.count >= due {
            wrongs.push(format!("{name} counted to {}, as another request had", told.count));
        }
        if told.once != known.once && !known.answers.is_empty() {
            wrongs.push(format!("{name} showed another value of once, or none"));
        }
        if !known.partial && told.list.first() != Some(&0) && !known.answers.is_empty() {
            wrongs.push(format!("{name} showed the list {:?}", told.list));
        }
        if told.new && !before.is_empty() {
            wrongs.push(format!("{name} was answered as if the session were new"));
        }
        if let Some(id) = told.id {
            if id.route != told.node && !told.unrenamed {
                wrongs.push(format!("{name} was answered under another node's route"));
            }
            match told.cookie {
                None if told.sent != Some(id) => wrongs.push(format!("{name} did not tell the new id")),
                Some((cookie, _)) if cookie != id => wrongs.push(format!("{name} told another id than it answered under")),
                Some((_, false)) => wrongs.push(format!("{name} set a cookie for another path")),
                _ => {}
            }
        }
        wrongs
    }

    /// Reads what a look shows of a session on a node, in its present life. `quiet`: nothing is on its way to it, and
    /// nodes wait for each other, so the copy must be whole.
    pub(super) fn looked(&mut self, session: usize, held: Option<&Held>, place: (usize, usize), whole_due: bool, asked: u64) {
        let floor = self.replicated_floor(session);
        let known = &mut self.known[session];
        if !known.acknowledged {
            return;
        }
        if held.is_some_and(Held::is_whole) {
            known.seen_on.insert(place);
        }
        if !whole_due || known.partial || known.finished || known.unsure.is_some() || known.enders > 0 {
            return;
        }
        let text = match (held, known.ended) {
            (Some(held), Some(ended)) if ended < asked && held.is_whole() => "a look showed a session that had ended".to_owned(),
            (_, Some(_)) => return,
            (None, None) => "a look did not show a session".to_owned(),
            (Some(held), None) if held.is_whole() && held.count.unwrap_or_default() < floor => {
                format!("a look showed count {:?} where {floor} was due", held.count)
            }
            (Some(held), None) if held.is_whole() && held.once != known.once => "a look showed no once, or another".to_owned(),
            (Some(held), None) if held.is_whole() && held.list.as_ref().and_then(|list| list.first()) != Some(&0) => {
                "a look showed another list than was created".to_owned()
            }
            _ => return,
        };
        let excuse = self.excuse(session);
        self.anomalies.push(Anomaly { session, excuse, by_look: true, text });
    }
}
