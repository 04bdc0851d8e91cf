//! What in an answer or a look goes against the ledger.

use tomee_harness::model::plan::AppRequest;

use super::cluster::{Held, Id};
use super::ledger::{Anomaly, Answered, Excuse, Ledger, ObservedAnswer};

impl Ledger {
    /// Reads an answer.
    pub(super) fn read(&mut self, observed: &ObservedAnswer) {
        let answered = observed.id.and_then(|id| self.of_stem(id.stem));
        if let Some(asked) = observed.asked.filter(|asked| Some(*asked) != answered) {
            self.missed(asked, observed);
        }
        let Some(session) = answered else {
            if let Some(id) = observed.id {
                self.stranger(observed, id);
            }
            return;
        };
        if observed.asked.is_some() && observed.asked != Some(session) && self.known[session].acknowledged {
            let text = format!("#{} was answered from another client's session", observed.operation);
            self.against(session, observed, text);
            return;
        }
        for text in self.wrongs(session, observed) {
            self.against(session, observed, text);
        }
        let known = &mut self.known[session];
        let answer = Answered {
            invoked: observed.invoked,
            completed: observed.completed,
            count: observed.count,
            counting: observed.request == AppRequest::Count,
        };
        known.answers.push(answer);
        known.acknowledged = true;
        known.trailing = 0;
        known.answers_since_heal += 1;
        if known.unsure.is_some_and(|since| since < observed.invoked) && known.enders == 0 {
            (known.unsure, known.renamed_unheard) = (None, false);
        }
        if known.staked.is_some_and(|staked| staked < observed.invoked) {
            known.tested = Some(observed.invoked);
        }
    }

    /// An id that no node has given: a changed stem.
    fn stranger(&mut self, observed: &ObservedAnswer, id: Id) {
        let session = self.created(observed.client, observed.context, id.stem, observed.node, observed.once);
        self.known[session].acknowledged = true;
    }

    /// A session was asked for, and another one or none answered.
    fn missed(&mut self, session: usize, observed: &ObservedAnswer) {
        let known = &self.known[session];
        if observed.request == AppRequest::Invalidate || known.finished {
            return;
        }
        if known.ended.is_some_and(|ended| ended <= observed.completed) {
            self.known[session].finished = true;
            return;
        }
        if observed.raced || known.unsure.is_some() || known.enders > 0 {
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
        let text = match observed.id {
            Some(_) => format!("#{} was given another session", observed.operation),
            None => format!("#{} found no session", observed.operation),
        };
        self.against(session, observed, text);
        self.known[session].finished = true;
    }

    fn against(&mut self, session: usize, observed: &ObservedAnswer, text: String) {
        if observed.raced {
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
    fn wrongs(&self, session: usize, observed: &ObservedAnswer) -> Vec<String> {
        let (known, name) = (&self.known[session], format!("#{}", observed.operation));
        let mut wrongs = Vec::new();
        if known.ended.is_some_and(|ended| ended < observed.invoked) {
            wrongs.push(format!("{name} was answered from a session that had ended"));
            return wrongs;
        }
        let counting = observed.request == AppRequest::Count;
        let before: Vec<&Answered> =
            known.answers.iter().filter(|answer| answer.completed < observed.invoked).collect();
        let due = before.iter().map(|answer| answer.count).max().unwrap_or_default() + i64::from(counting);
        if observed.count < due {
            wrongs.push(format!("{name} showed count {}, expected {due}", observed.count));
        }
        if let Some(last) = before.iter().max_by_key(|answer| answer.completed) {
            let late = known.attempts.iter().filter(|attempt| {
                !attempt.failed
                    && attempt.invoked < observed.completed
                    && attempt.completed.is_none_or(|completed| completed > last.invoked)
                    && !(last.counting && attempt.completed == Some(last.completed))
            });
            let most = last.count + i64::try_from(late.count()).unwrap_or(i64::MAX);
            if observed.count > most {
                wrongs.push(format!("{name} showed count {} where {most} is the most", observed.count));
            }
        }
        let twice = |answer: &&Answered| answer.counting && answer.count == observed.count;
        if counting && known.answers.iter().any(|answer| twice(&answer)) && observed.count >= due {
            wrongs.push(format!("{name} counted to {}, as another request had", observed.count));
        }
        if observed.once != known.once && !known.answers.is_empty() {
            wrongs.push(format!("{name} showed another value of once, or none"));
        }
        if !known.partial && observed.list.first() != Some(&0) && !known.answers.is_empty() {
            wrongs.push(format!("{name} showed the list {:?}", observed.list));
        }
        if observed.new && !before.is_empty() {
            wrongs.push(format!("{name} was answered as if the session were new"));
        }
        if let Some(id) = observed.id {
            if id.route != observed.node && !observed.unrenamed {
                wrongs.push(format!("{name} was answered under another node's route"));
            }
            match observed.cookie {
                None if observed.sent != Some(id) => wrongs.push(format!("{name} did not give the new id")),
                Some((cookie, _)) if cookie != id => {
                    wrongs.push(format!("{name} gave another id than it answered under"));
                }
                Some((_, false)) => wrongs.push(format!("{name} set a cookie for another path")),
                _ => {}
            }
        }
        wrongs
    }

    /// Reads what a look shows of a session on a node, in its present life. `quiet`: nothing is on its way to it, and
    /// nodes wait for each other, so the copy must be whole.
    pub(super) fn looked(
        &mut self,
        session: usize,
        held: Option<&Held>,
        place: (usize, usize),
        whole_due: bool,
        asked: u64,
    ) {
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
            (Some(held), Some(ended)) if ended < asked && held.is_whole() => {
                "a look showed a session that had ended".to_owned()
            }
            (None, None) => "a look did not show a session".to_owned(),
            (Some(held), None) if held.is_whole() && held.count.unwrap_or_default() < floor => {
                format!("a look showed count {:?}, expected {floor}", held.count)
            }
            (Some(held), None) if held.is_whole() && held.once != known.once => {
                "a look showed no once, or another".to_owned()
            }
            (Some(held), None) if held.is_whole() && held.list.as_ref().and_then(|list| list.first()) != Some(&0) => {
                "a look showed another list than was created".to_owned()
            }
            _ => return,
        };
        let excuse = self.excuse(session);
        self.anomalies.push(Anomaly { session, excuse, by_look: true, text });
    }
}
