//! Requests: who asks which node, and what the answer must look like.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::Sequence;
use crate::model::exchange::{Body, Exchange, Method};
use crate::model::plan::App;
use crate::model::scenario::ScenarioError;
use crate::model::scenario::error::nearest;
use crate::model::scenario::file::StepTable;
use crate::model::scenario::traffic::TrafficWord;
use crate::model::{ClientName, CompiledApp, ContextPath, Expect, FaultKind, Load, Millis, StepKind, Target};

const MOST_CLIENTS: u32 = 1000;
const MOST_TIMES: u32 = 100_000;
/// Who asks where nobody is named.
const CLIENT: &str = "alice";

impl Sequence<'_> {
    pub(super) fn request(&mut self, step: &StepTable, verb: &Range<usize>) -> Result<(), ScenarioError> {
        let Some(request) = step.request.as_ref().map(|request| *request.get_ref()) else { return Ok(()) };
        let context = self.of_the_counter(step, verb)?;
        let node = self.asked(step, verb)?;
        let expect = answer(step)?;
        self.listened(step, &context)?;
        let kind = StepKind::Request { client: client(step)?, node, context, request, load: load(step)? };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    /// A request to any app.
    pub(super) fn http(
        &mut self,
        method: Method,
        path: &Spanned<String>,
        step: &StepTable,
    ) -> Result<(), ScenarioError> {
        let span = path.span();
        let node = self.asked(step, &span)?;
        let expect = answer(step)?;
        if let Some(said) = step.expect.as_ref().filter(|said| said.get_ref().is_about_a_listener()) {
            return Err(ScenarioError::at(
                said.span(),
                "only a `request` to the app `listener` has `created`, `destroyed`",
            ));
        }
        if let (Some(said), Some(expect)) = (&step.expect, &expect)
            && expect.is_about_the_counter()
        {
            return Err(ScenarioError::at(said.span(), "only the counter app answers with count, once and list")
                .help("`body` is a text that any answer may contain"));
        }
        let (client, load) = (client(step)?, load(step)?);
        let exchange = exchange(method, path.get_ref(), &span, step)?;
        self.captures(&exchange, &client, load.clients, span)?;
        let kind = StepKind::Http { client, node, exchange, load };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    /// Notes what clients capture; what a request of theirs needs they must have captured, each of them.
    fn captures(
        &mut self,
        exchange: &Exchange,
        client: &ClientName,
        clients: u32,
        span: Range<usize>,
    ) -> Result<(), ScenarioError> {
        let own = self.captured.iter().filter(|((of, has), _)| client.are_among(clients, of, *has));
        let known: BTreeSet<&str> = own.flat_map(|(_, values)| values).map(String::as_str).collect();
        if let Some(unknown) = exchange.needs().into_iter().find(|name| !known.contains(name)) {
            let who =
                if clients == 1 { client.to_string() } else { format!("each of {clients} clients like {client}") };
            let error = ScenarioError::at(span, format!("{who} has captured no {unknown:?}"));
            return Err(match nearest(unknown, known) {
                Some(near) => error.help(format!("did you mean `${{{near}}}`?")),
                None => {
                    error.help(format!("`capture = {{ {unknown} = {{ json = \"/id\" }} }}` in a request before it"))
                }
            });
        }
        self.captured.entry((client.clone(), clients)).or_default().extend(exchange.capture.keys().cloned());
        Ok(())
    }

    /// Clients that ask on while the scenario goes on.
    pub(super) fn traffic(&mut self, word: &Spanned<TrafficWord>, step: &StepTable) -> Result<(), ScenarioError> {
        let span = word.span();
        let node = self.asked(step, &span)?;
        let client = client(step)?;
        if !self.traffic.insert(client.clone()) {
            return Err(ScenarioError::at(span, format!("the traffic of {client} goes on already"))
                .help(format!("`end-traffic = \"{client}\"` before it, or another `client`")));
        }
        let Some(every) = &step.every else {
            return Err(ScenarioError::at(span, "how often?").help("`every = \"100ms\"`"));
        };
        let every = pace(every)?;
        let clients = within(step.clients.as_ref(), "clients", MOST_CLIENTS)?;
        let kind = match word.get_ref() {
            TrafficWord::Counter(request) => {
                of_any_app(step)?;
                let context = self.of_the_counter(step, &span)?;
                StepKind::Traffic { client, node, context, request: *request, clients, every }
            }
            TrafficWord::Any(word) => {
                let (method, path) = word.parts();
                if let Some(at) = &step.at {
                    return Err(ScenarioError::at(at.span(), "the path of the traffic says where the app is served"));
                }
                let exchange = exchange(method, path, &span, step)?;
                self.captures(&exchange, &client, clients, span)?;
                StepKind::HttpTraffic { client, node, exchange, clients, every }
            }
        };
        self.add(kind, step.say.as_ref());
        Ok(())
    }

    pub(super) fn end_traffic(&mut self, client: &Spanned<ClientName>, step: &StepTable) -> Result<(), ScenarioError> {
        if !self.traffic.remove(client.get_ref()) {
            return Err(ScenarioError::at(client.span(), format!("{} makes no traffic here", client.get_ref())));
        }
        self.add(StepKind::EndTraffic { client: client.get_ref().clone() }, step.say.as_ref());
        Ok(())
    }

    /// A look at what a node holds of a client's session.
    pub(super) fn look(&mut self, node: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        self.must_live(node)?;
        let context = self.context(step, node.span())?;
        let Some(said) = &step.expect else {
            return Err(ScenarioError::at(node.span(), "a look without an expectation shows nothing")
                .help("`expect = { replica = \"none\" }`, or `count`, `once`, `list`, `attributes`"));
        };
        let expect = expectation(step)?;
        if expect.as_ref().is_some_and(Expect::is_about_an_answer) {
            return Err(ScenarioError::at(said.span(), "a replica has count, once, list, attributes and a role alone"));
        }
        let within = step.within.as_ref().map(|within| *within.get_ref());
        let kind = StepKind::Look { node: node.get_ref().clone(), client: client(step)?, context, within };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    /// Only one app tells what its listener is told, and only of nodes that there are.
    fn listened(&self, step: &StepTable, context: &ContextPath) -> Result<(), ScenarioError> {
        let Some(said) = step.expect.as_ref().filter(|said| said.get_ref().is_about_a_listener()) else {
            return Ok(());
        };
        let tells = App::Compiled(CompiledApp::Listener);
        if !self.contexts.iter().any(|(served, app)| served == context && *app == tells) {
            return Err(ScenarioError::at(said.span(), format!("the app at {context} tells nothing of its listener"))
                .help("`deploy = \"listener\"` is the app for `created` and `destroyed`"));
        }
        let named = [&said.get_ref().created, &said.get_ref().destroyed].into_iter().flatten().flatten();
        match named.into_iter().find(|node| self.topology.node(node).is_none()) {
            Some(unknown) => Err(ScenarioError::at(said.span(), format!("there is no node {unknown}"))),
            None => Ok(()),
        }
    }

    /// The context of a step that asks the counter app.
    fn of_the_counter(&self, step: &StepTable, verb: &Range<usize>) -> Result<ContextPath, ScenarioError> {
        let context = self.context(step, verb.clone())?;
        if self.contexts.iter().any(|(served, app)| *served == context && app.is_counter()) {
            return Ok(context);
        }
        Err(ScenarioError::at(verb.clone(), format!("{context} is not the counter app"))
            .help("`get` asks an app of yours"))
    }

    /// The node of a request: it must run, unless it is expected to be silent.
    pub(super) fn asked(&self, step: &StepTable, verb: &Range<usize>) -> Result<Target, ScenarioError> {
        let Some(on) = &step.on else {
            return Err(ScenarioError::at(verb.clone(), "nobody is asked")
                .help("`on = \"n1\"`, or a role: `owner`, `backup`, `neither`, `rotate`, `sticky`"));
        };
        let silent = step.expect.as_ref().is_some_and(|expect| expect.get_ref().answered == Some(false));
        if let (Some(node), Some(living)) = (on.get_ref().node(), &self.living)
            && !silent
            && (!living.contains(node) || self.lasts_on(node).contains(&FaultKind::Pause))
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

fn load(step: &StepTable) -> Result<Load, ScenarioError> {
    let clients = within(step.clients.as_ref(), "clients", MOST_CLIENTS)?;
    let times = within(step.times.as_ref(), "times", MOST_TIMES)?;
    let every = step.every.as_ref().map(pace).transpose()?;
    if let (Some(at_once), Some(_)) = (&step.at_once, every) {
        return Err(ScenarioError::at(at_once.span(), "a client asks `every` so often, or so many `at-once`"));
    }
    let parallel = within(step.parallel.as_ref(), "parallel", clients)?;
    Ok(Load { times, clients, parallel, at_once: within(step.at_once.as_ref(), "at-once", times)?, every })
}

/// Refuses what only a request to any app has.
fn of_any_app(step: &StepTable) -> Result<(), ScenarioError> {
    let spans = [
        ("headers", step.headers.as_ref().map(Spanned::span)),
        ("form", step.form.as_ref().map(Spanned::span)),
        ("json", step.json.as_ref().map(Spanned::span)),
        ("capture", step.capture.as_ref().map(Spanned::span)),
    ];
    match spans.into_iter().find_map(|(key, span)| Some((key, span?))) {
        Some((key, span)) => {
            Err(ScenarioError::at(span, format!("`{key}` is not valid with traffic of the counter app"))
                .help("`traffic = { post = \"/shop/cart\" }` asks any app"))
        }
        None => Ok(()),
    }
}

/// How often a client asks.
fn pace(every: &Spanned<Millis>) -> Result<Millis, ScenarioError> {
    match every.get_ref() {
        Millis(0) => Err(ScenarioError::at(every.span(), "a request takes some time")),
        every => Ok(*every),
    }
}

/// What is expected of an answer.
fn answer(step: &StepTable) -> Result<Option<Expect>, ScenarioError> {
    let expect = expectation(step)?;
    match (&step.expect, &expect) {
        (Some(said), Some(expect)) if expect.replica.is_some() || !expect.attributes.is_empty() => {
            Err(ScenarioError::at(said.span(), "an answer shows no replica").help("`look = \"n2\"` reads one"))
        }
        _ => Ok(expect),
    }
}

fn exchange(method: Method, path: &str, span: &Range<usize>, step: &StepTable) -> Result<Exchange, ScenarioError> {
    if !Exchange::is_path(path) {
        return Err(ScenarioError::at(span.clone(), "a path begins with / and has no blanks"));
    }
    let sent = step.form.as_ref().map(Spanned::span).or_else(|| step.json.as_ref().map(Spanned::span));
    if let (Method::Get | Method::Delete, Some(sent)) = (method, sent) {
        return Err(ScenarioError::at(sent, format!("a {method} sends no body")).help("`post` and `put` do"));
    }
    let body = match (&step.form, &step.json) {
        (Some(_), Some(json)) => return Err(ScenarioError::at(json.span(), "a request sends a form or a document")),
        (Some(form), None) => Some(Body::Form(form.get_ref().clone())),
        (None, Some(json)) => Some(Body::Json(json.get_ref().clone())),
        (None, None) => None,
    };
    if let Some(headers) = &step.headers {
        let token = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let fits = |value: &String| !value.chars().any(char::is_control);
        if !headers.get_ref().iter().all(|(name, value)| token(name) && fits(value)) {
            return Err(ScenarioError::at(
                headers.span(),
                "a header has a name of letters, digits and -, and one line",
            ));
        }
    }
    let headers = step.headers.as_ref().map(|headers| headers.get_ref().clone()).unwrap_or_default();
    let capture = step.capture.as_ref().map(|capture| capture.get_ref().clone()).unwrap_or_default();
    Ok(Exchange { method, path: path.to_owned(), headers, body, capture })
}

fn expectation(step: &StepTable) -> Result<Option<Expect>, ScenarioError> {
    let Some(said) = &step.expect else { return Ok(None) };
    let (span, expect) = (said.span(), said.get_ref());
    let refuse = |message: &str| Err(ScenarioError::at(span.clone(), message));
    if *expect == Expect::default() {
        return refuse("nothing is expected");
    }
    let unheard = Expect { answered: None, ..expect.clone() };
    if expect.answered == Some(false) && unheard.is_about_more_than_logs() {
        return refuse("an answer that does not come shows nothing else");
    }
    if expect.status.is_some_and(|status| !(100..600).contains(&status)) {
        return refuse("no HTTP status is like that");
    }
    if expect.count.is_some_and(|count| count < 0) {
        return refuse("the counter never goes below 0");
    }
    if [&expect.log, &expect.no_log].into_iter().flatten().any(|text| text.trim().is_empty()) {
        return refuse("every log has an empty text");
    }
    if expect.first_answer_within.or(expect.each_answer_within).is_some_and(|limit| limit.0 == 0) {
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
