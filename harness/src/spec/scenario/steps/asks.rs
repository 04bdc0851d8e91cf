//! Requests: who asks which node, and what the answer must look like.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::Story;
use crate::spec::scenario::ScenarioError;
use crate::spec::scenario::file::StepTable;
use crate::spec::{ClientName, Expect, FaultKind, StepKind, Target};

const MOST_CLIENTS: u32 = 1000;
const MOST_TIMES: u32 = 100_000;
/// Who asks where nobody is named.
const CLIENT: &str = "alice";

impl Story<'_> {
    pub(super) fn request(&mut self, step: &StepTable, verb: &Range<usize>) -> Result<(), ScenarioError> {
        let Some(request) = step.request.as_ref().map(|request| *request.get_ref()) else { return Ok(()) };
        let context = self.context(step, verb.clone())?;
        if !self.contexts.iter().any(|(served, counter)| *served == context && *counter) {
            return Err(ScenarioError::at(verb.clone(), format!("{context} is not the counter app"))
                .help("`get` asks an app of yours"));
        }
        let node = self.asked(step, verb)?;
        let expect = expectation(step)?;
        let clients = within(step.clients.as_ref(), "clients", MOST_CLIENTS)?;
        let kind = StepKind::Request {
            client: client(step)?,
            node,
            context,
            request,
            times: within(step.times.as_ref(), "times", MOST_TIMES)?,
            clients,
            parallel: within(step.parallel.as_ref(), "parallel", clients)?,
        };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    pub(super) fn get(&mut self, step: &StepTable, path: &Spanned<String>) -> Result<(), ScenarioError> {
        let span = path.span();
        if !path.get_ref().starts_with('/') || path.get_ref().chars().any(|c| c.is_control() || c == ' ') {
            return Err(ScenarioError::at(span, "a path begins with / and has no blanks"));
        }
        let node = self.asked(step, &span)?;
        let expect = expectation(step)?;
        if let (Some(said), Some(expect)) = (&step.expect, &expect)
            && (expect.count.is_some() || expect.once.is_some() || expect.list.is_some())
        {
            return Err(ScenarioError::at(said.span(), "only the counter app answers with count, once and list")
                .help("`body` is a text that any answer may contain"));
        }
        let kind = StepKind::Get {
            client: client(step)?,
            node,
            path: path.get_ref().clone(),
            times: within(step.times.as_ref(), "times", MOST_TIMES)?,
        };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    /// The node of a request: it must run, unless it is expected to be silent.
    pub(super) fn asked(&self, step: &StepTable, verb: &Range<usize>) -> Result<Target, ScenarioError> {
        let Some(on) = &step.on else {
            return Err(ScenarioError::at(verb.clone(), "nobody is asked")
                .help("`on = \"n1\"`, or a role: `owner`, `backup`, `neither`, `rotate`"));
        };
        let silent = step.expect.as_ref().is_some_and(|expect| expect.get_ref().answered == Some(false));
        if let (Some(node), Some(living)) = (on.get_ref().node(), &self.living)
            && !silent
            && (!living.contains(node) || self.undoable.get(node) == Some(&FaultKind::Pause))
        {
            return Err(ScenarioError::at(on.span(), format!("{node} does not run here"))
                .help("restart it before, or say `expect = { answered = false }`"));
        }
        if self.living.as_ref().is_some_and(BTreeSet::is_empty) && !silent {
            return Err(ScenarioError::at(on.span(), "no node runs here any more"));
        }
        Ok(on.get_ref().clone())
    }
}

fn expectation(step: &StepTable) -> Result<Option<Expect>, ScenarioError> {
    let Some(said) = &step.expect else { return Ok(None) };
    let (span, expect) = (said.span(), said.get_ref());
    let refuse = |message: &str| Err(ScenarioError::at(span.clone(), message));
    if *expect == Expect::default() {
        return refuse("nothing is expected");
    }
    let silent = Expect { answered: Some(false), ..Expect::default() };
    if expect.answered == Some(false) && *expect != silent {
        return refuse("an answer that does not come shows nothing else");
    }
    if expect.status.is_some_and(|status| !(100..600).contains(&status)) {
        return refuse("no HTTP status is like that");
    }
    if expect.count.is_some_and(|count| count < 0) {
        return refuse("the counter never goes below 0");
    }
    if expect.first_answer_within.is_some_and(|limit| limit.0 == 0) {
        return refuse("no answer comes within no time");
    }
    Ok(Some(expect.clone()))
}

pub(super) fn client(step: &StepTable) -> Result<ClientName, ScenarioError> {
    match &step.client {
        Some(client) => Ok(client.clone()),
        None => ClientName::new(CLIENT).map_err(|error| ScenarioError::nowhere(error.to_string())),
    }
}

fn within(number: Option<&Spanned<u32>>, what: &str, most: u32) -> Result<u32, ScenarioError> {
    let Some(number) = number else { return Ok(1) };
    if (1..=most).contains(number.get_ref()) {
        return Ok(*number.get_ref());
    }
    Err(ScenarioError::at(number.span(), format!("{what} must be 1 to {most} here")))
}
