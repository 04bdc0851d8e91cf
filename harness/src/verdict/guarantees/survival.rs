//! What the guarantees about sessions share: the tests that a run must have passed, and how a loss is reported.

use super::super::operations::{Fate, Operation};
use super::super::sessions::{Loss, Session};
use super::super::timeline::{FOREVER, Fault};
use super::super::view::View;
use super::judgement::{Breach, NAMED, and_more};
use crate::history::{Nanos, OperationId};
use crate::model::NodeName;

/// What put sessions to the test, each with the operation that was answered first after it.
pub(super) struct Tried<'v, 'a> {
    pub(super) tests: Vec<Test<'v, 'a>>,
}

/// One session that was asked after a fault, or on another node than before.
pub(super) struct Test<'v, 'a> {
    /// `None` where the session moved without one.
    pub(super) fault: Option<&'v Fault<'a>>,
    pub(super) session: &'v Session<'a>,
    pub(super) answer: usize,
    /// What had been acknowledged by then was at stake.
    pub(super) since: Nanos,
}

impl<'v, 'a> Tried<'v, 'a> {
    /// All that put a session to the test.
    ///
    /// Every session with something to lose must have been answered after each fault that could lose it: after the end of
    /// the node that had answered it last. A node that was not its owner takes nothing along that anybody could miss.
    ///
    /// # Errors
    /// Why nobody can know, in words.
    pub(super) fn of(view: &'v View<'a>) -> Result<Self, String> {
        let mut tests = Vec::new();
        let mut untested = Vec::new();
        for fault in &view.timeline.faults {
            if fault.hit().is_none() {
                return Err(format!("{} is not known to have hit", fault.name()));
            }
            if fault.kind.leaves_it_up() {
                // What runs on loses nothing by itself, so only a session that was asked across it tests anything.
                let answered = view.answered_after(fault).into_iter();
                untested.extend(view.unasked_across(fault));
                tests.extend(answered.map(|(session, answer)| Test {
                    fault: Some(fault),
                    session,
                    answer,
                    since: fault.asked,
                }));
                continue;
            }
            let known = |session: &&Session<'a>| !view.is_lost_by_plan(&session.stems);
            for session in view.sessions.iter().filter(known).filter(|session| view.at_stake(session, fault)) {
                match view.tested(session, fault) {
                    // A frozen node that answers when it has thawed has lost nothing, and tests nobody.
                    Ok(answer) if fault.kind.is_undone_in_place() && view.operations[answer].node == fault.node => {}
                    Ok(answer) => tests.push(Test { fault: Some(fault), session, answer, since: fault.asked }),
                    Err(why) => untested.push(format!(
                        "{} tested nothing of {}'s session {}: {why}",
                        fault.name(),
                        session.client,
                        session.stems[0]
                    )),
                }
            }
        }
        let out_of_reach = |session: &Session<'a>| {
            let why = view.given_up(session).or_else(|| view.never_served(session)).or_else(|| {
                let last = &view.operations[*session.answers.last()?];
                let vain = view.last_asked_in_vain(session, last.invoked)?;
                // Where nothing happened meanwhile it is as it was.
                let something = vain.node != last.node || view.timeline.broke_between(last.invoked, vain.invoked);
                let open =
                    something && session.acknowledged_before(vain.invoked) > 0 && !view.over(session, vain.invoked);
                open.then(|| format!("{} was not answered by the app, and nothing after it was", vain.name()))
            })?;
            Some(format!("nobody knows what became of {}'s session {}: {why}", session.client, session.stems[0]))
        };
        let known = view.sessions.iter().filter(|session| !view.is_lost_by_plan(&session.stems));
        untested.extend(known.filter_map(out_of_reach));
        if let Some(why) = and_more(untested) {
            return Err(why);
        }
        if tests.is_empty() {
            tests = moves(view);
        }
        match (tests.is_empty(), view.timeline.faults.first()) {
            (false, _) => Ok(Self { tests }),
            (true, None) => Err("no fault was tried, and no session moved to another node".to_owned()),
            (true, Some(fault)) => Err(format!(
                "{} tested nothing: no session with an acknowledged write had been answered last by a node that was broken",
                fault.name()
            )),
        }
    }

    /// How many there were.
    pub(super) fn trials(&self) -> usize {
        self.tests.len()
    }

    /// As in `the kill of n1 (#6 on n2) and the kill of n2 (#7 on n1)`.
    pub(super) fn names(&self, view: &View<'_>) -> String {
        let answer = |test: &Test<'_, '_>| {
            let answer = &view.operations[test.answer];
            format!("{} on {}", answer.id, answer.node)
        };
        let mut names: Vec<String> = Vec::new();
        let mut last = None;
        for test in &self.tests {
            let Some(fault) = test.fault else { continue };
            if last.replace(fault.number) != Some(fault.number) {
                names.push(format!("{} ({})", fault.name(), answer(test)));
            }
        }
        match self.tests.first() {
            Some(first) if names.is_empty() => {
                let moves = if self.tests.len() == 1 { "1 move" } else { &format!("{} moves", self.tests.len()) };
                format!("{moves} to another node ({})", answer(first))
            }
            _ => names.join(" and "),
        }
    }

    pub(super) fn answers(&self, view: &View<'_>) -> Vec<OperationId> {
        view.numbers(self.tests.iter().map(|test| test.answer))
    }

    pub(super) fn evidence(&self, view: &View<'_>) -> Vec<usize> {
        let records = self.tests.iter().map(|test| (test.fault, view.operations[test.answer].record));
        records.flat_map(|(fault, answer)| fault.map(|fault| fault.record).into_iter().chain([answer])).collect()
    }
}

/// The answers of another node than the one before.
fn moves<'v, 'a>(view: &'v View<'a>) -> Vec<Test<'v, 'a>> {
    let of = |session: &'v Session<'a>| {
        let answers = session.answers.iter().zip(session.answers.iter().skip(1));
        let moved = answers.filter(move |(before, after)| {
            let (before, after) = (&view.operations[**before], &view.operations[**after]);
            before.node != after.node
                && before.completed.is_some_and(|end| end < after.invoked)
                && session.acknowledged_before(after.invoked) > 0
        });
        moved.map(move |(_, after)| {
            let since = view.operations[*after].invoked;
            Test { fault: None, session, answer: *after, since }
        })
    };
    view.sessions.iter().flat_map(of).collect()
}

impl<'a> View<'a> {
    /// The sessions that a split could lose and that were neither asked nor looked for behind it, in words.
    fn unasked_across(&self, fault: &Fault<'a>) -> Vec<String> {
        let Some(hit) = fault.hit().filter(|_| fault.kind.is_partition()) else { return vec![] };
        let known = self.sessions.iter().filter(|session| !self.is_lost_by_plan(&session.stems));
        let unasked = known.filter(|session| {
            let mut asked = session.operations.iter().chain(&session.refused).map(|index| &self.operations[*index]);
            session.acknowledged_before(fault.asked) > 0
                && !self.over(session, fault.asked)
                && !self.is_by_product(session)
                && session.losses.is_empty()
                && !asked.any(|asked| hit < asked.invoked)
                && !session.replicas.iter().any(|replica| hit < replica.asked)
        });
        let words = unasked.map(|session| {
            let (client, stem) = (session.client, session.stems[0]);
            format!("{} tested nothing of {client}'s session {stem}: it was not asked for again", fault.name())
        });
        words.collect()
    }

    /// Whether a fault could lose a session: something was acknowledged of it, it had not ended, and the node that is
    /// broken was its owner, or may have been.
    pub(in super::super) fn at_stake(&self, session: &Session<'a>, fault: &Fault<'a>) -> bool {
        let Some(hit) = fault.hit() else { return false };
        let answered = session.answers.iter().map(|index| &self.operations[*index]);
        let answered = answered.filter(|answer| answer.completed.is_some_and(|end| end < hit));
        let Some(last) = answered.max_by_key(|answer| answer.completed) else { return false };
        // What was answered from since had not been lost.
        let lost = session.losses.iter().map(|loss| &self.operations[loss.operation]).any(|loss| {
            loss.completed < Some(fault.asked) && loss.completed.is_none_or(|missed| last.invoked <= missed)
        });
        let owned = last.node == fault.node || {
            // Beside the last answer, or unanswered since, another node may have become the owner.
            let begun = session.operations.partition_point(|index| self.operations[*index].invoked < hit);
            let mut others = session.operations[..begun].iter().map(|index| &self.operations[*index]);
            others.any(|operation| operation.node == fault.node && last.invoked < operation.acts_until)
        };
        owned && !lost && !self.over(session, fault.asked) && !self.is_by_product(session)
    }

    /// Whether a session was made beside the one that its client goes on with: by a request that overtook a change of id,
    /// and found nothing.
    fn is_by_product(&self, session: &Session<'a>) -> bool {
        let Some(creator) = session.created_by.map(|index| &self.operations[index]) else { return false };
        let Some(sent) = creator.sent else { return false };
        self.sessions.iter().any(|other| {
            let meant = other.stems.contains(&sent.stem())
                && other.losses.iter().any(|loss| loss.excuse.is_some() && Some(loss.operation) == session.created_by);
            meant
                && other.answers.iter().map(|index| &self.operations[*index]).any(|answer| {
                    answer.client == creator.client && creator.completed.is_some_and(|end| end < answer.invoked)
                })
        })
    }

    /// Whether a session was over at an instant: it was ended with acknowledgement, its time was over, or a look showed
    /// that it had gone after a request that may have ended it.
    fn over(&self, session: &Session<'a>, at: Nanos) -> bool {
        let ended = session.ends.iter().map(|index| &self.operations[*index]).any(|end| {
            let answered = end.answer().is_some();
            end.invoked < at
                && !session.answered_between(&self.operations, end.acts_until, at)
                && (answered || self.gone_since(session, end.invoked, at))
        });
        ended || (session.short.is_some() && session.may_have_expired(&self.operations, at))
    }

    /// Whether a look at a node that had held a session no longer showed it.
    fn gone_since(&self, session: &Session<'a>, from: Nanos, to: Nanos) -> bool {
        let before = |node: &NodeName| session.replicas.iter().any(|replica| replica.node == node && replica.at < from);
        let looks = self.looks.iter().enumerate().filter(|(_, look)| from < look.asked && look.at < to);
        let mut looks = looks.filter(|(_, look)| session.would_show_in(look));
        looks.any(|(number, look)| {
            before(look.node) && session.replicas.binary_search_by_key(&number, |replica| replica.look).is_err()
        })
    }

    /// The first answer out of a session after a fault.
    ///
    /// # Errors
    /// Why it was not tested, in words.
    fn tested(&self, session: &Session<'a>, fault: &Fault<'a>) -> Result<usize, String> {
        let hit = fault.hit().unwrap_or(FOREVER);
        let after = session.answers.partition_point(|answer| self.operations[*answer].invoked <= hit);
        let vain = self.last_asked_in_vain(session, hit);
        if session.held.unsettled {
            return Err("two nodes may have counted at once, and no later write was answered alone".to_owned());
        }
        match (session.answers.get(after), vain) {
            (Some(answer), None) => Ok(*answer),
            (_, Some(vain)) => Err(format!("{} was not answered by the app, and nothing after it was", vain.name())),
            (None, None) => match session.losses.first() {
                Some(loss) => Err(format!(
                    "{} did not find it, and it may have ended or changed its id",
                    self.operations[loss.operation].name()
                )),
                None => Err("it was not asked for again".to_owned()),
            },
        }
    }

    /// Why a session with something to lose is out of its client's reach, in words: the client goes on without its id, or with
    /// another one's, though nothing ended the session and no answer told the client to forget it.
    fn given_up(&self, session: &Session<'a>) -> Option<String> {
        let last = &self.operations[*session.answers.last()?];
        let over =
            session.acknowledged_before(FOREVER) == 0 || !session.losses.is_empty() || self.is_by_product(session);
        if over {
            return None;
        }
        let folder = |path: &'a str| path.rsplit_once('/').map_or(path, |(folder, _)| folder);
        let other = self.operations.iter().find(|operation| {
            operation.client == session.client
                && folder(operation.path) == folder(last.path)
                && last.completed.is_some_and(|end| end < operation.invoked)
                && operation.sent.is_none_or(|sent| !session.stems.contains(&sent.stem()))
        })?;
        if session.may_have_expired(&self.operations, other.invoked) || self.over(session, other.invoked) {
            return None;
        }
        Some(match other.sent {
            Some(sent) => format!("{} sent {sent} in the place of its id", other.name()),
            None => format!("{} did not send its id any more", other.name()),
        })
    }

    /// A node that was up and answered each of several requests for a session with an error, while another one answered from it,
    /// in words.
    fn never_served(&self, session: &Session<'a>) -> Option<String> {
        self.plan.topology.names().find_map(|node| {
            let asked = session.operations.iter().map(|index| &self.operations[*index]);
            let here: Vec<&Operation<'a>> = asked
                .filter(|asked| {
                    let ended = asked.completed.unwrap_or(FOREVER);
                    asked.node == node && asked.sent.is_some() && self.timeline.up(node, asked.invoked, ended).is_some()
                })
                .collect();
            let vain = here.iter().all(|asked| matches!(asked.fate, Fate::Perhaps(Some(reply)) if 400 <= reply.status));
            let last = here.last().filter(|_| vain && here.len() > 1 && !session.answers.is_empty())?;
            Some(format!(
                "{node} answered each of {} requests for it with an error, {} at last",
                here.len(),
                last.name()
            ))
        })
    }

    /// The last request for a session that reached a living node and got no answer of the app, where none got one after it.
    fn last_asked_in_vain(&self, session: &Session<'a>, since: Nanos) -> Option<&Operation<'a>> {
        let last = session.answers.last().map(|index| self.operations[*index].invoked).unwrap_or_default();
        let asked = session.operations.iter().chain(&session.refused).map(|index| &self.operations[*index]);
        let vain = asked.filter(|operation| {
            let ended = operation.completed.unwrap_or(operation.invoked);
            last.max(since) < operation.invoked
                && operation.answer().is_none()
                && self.timeline.up(operation.node, operation.invoked, ended).is_some()
        });
        vain.max_by_key(|operation| operation.invoked)
    }
}

/// The acknowledged increments before an instant, the last ones first, and no more than a finding names.
pub(super) fn acknowledged(session: &Session<'_>, before: Nanos) -> Vec<usize> {
    session.acknowledged_by(before).take(NAMED).collect()
}

/// The loss of a whole session, in words.
pub(super) fn loss_in_words(view: &View<'_>, session: &Session<'_>, loss: &Loss<'_>) -> String {
    let operation = &view.operations[loss.operation];
    let sent = operation.sent.map_or(session.stems[0], |id| id.as_str());
    match loss.instead {
        Some(other) => format!(
            "{} asked for {}'s session {sent} and was given a new one, {other}",
            operation.name(),
            session.client
        ),
        None => format!("{} asked for {}'s session {sent} and found none", operation.name(), session.client),
    }
}

/// A breach that an operation showed on a session, with the fault before it and what else belongs to it.
pub(super) fn breach(
    view: &View<'_>,
    session: &Session<'_>,
    operation: usize,
    because: String,
    others: &[usize],
    records: impl IntoIterator<Item = usize>,
) -> Breach {
    let broke = &view.operations[operation];
    let at = broke.completed.unwrap_or(FOREVER);
    let fault = view.timeline.faults.iter().rev().find(|fault| fault.asked < at);
    let mut evidence = vec![broke.record];
    evidence.extend(fault.map(|fault| fault.record));
    evidence.extend(records);
    evidence.extend(others.iter().map(|index| view.operations[*index].record));
    let rests_on = std::iter::once(operation).chain(others.iter().copied());
    let unpromised = None;
    let session = Some(session.stems[0].to_owned());
    Breach { at, violation: None, because, rests_on: view.numbers(rests_on), evidence, unpromised, session }
}
