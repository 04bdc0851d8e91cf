//! `deploy`: an app comes to the nodes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::{keys, verbs};
use super::delivery::{Delivery, Through};
use super::verb::Line;
use crate::model::app::App;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ContextPath, Millis, Target, Topology};

pub(super) const LINES: &[Line] = &[Line::of(
    "deploy = \"counter\"",
    "drops an app into the farm's watch folder and waits until every node serves it, `within = \"2m\"` at most on each; anew, where one of this \
     context is there: `counter`, `local-counter` (the same without `<distributable/>`), `heavy-counter` (the same with 64 MB more), an \
     app with classes (see below), or the path of a WAR; with `aged = \"60m\"` its file is as old as that, with `detach = \
     true` the scenario goes on at once",
)];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Deploys an app: `counter`, `local-counter`, `heavy-counter`, `cdi`, `ejb`, `login`, `basic-login`, `classes`,
    /// `classes-lacking-note`, `in-place`, `early-answer`, `listener`, or the path of a WAR, from the folder of the
    /// scenario's file.
    deploy: String,
    /// Where the app is served; the one that was deployed last where nothing is said.
    at: Option<ContextPath>,
    /// Into which folder an app is put.
    through: Option<Through>,
    /// The version of an app, as `002`: several versions of a context are served side by side.
    version: Option<String>,
    /// The node that is asked, waited for, or given an app.
    on: Option<Target>,
    /// How long the copying of an app takes, in pieces that a deployer can find half done.
    slowly: Option<Millis>,
    /// How long ago an app's archive was last changed, as its time says.
    aged: Option<Millis>,
    /// Whether a `deploy` does not wait until the app is served; a later `wait = "deployed"` does.
    detach: Option<bool>,
    /// How long an app may take to start on a node; the farm's watcher starts it before the others.
    within: Option<Millis>,
}

pub(super) fn read(keys: Keys, state: &State<'_>) -> Result<(App, ContextPath, Delivery), Refusal> {
    let (app, own) = App::named(&keys.deploy)?;
    let through = keys.through.unwrap_or_default();
    let on = Delivery::to(keys.on, through, state)?;
    let (version, slowly, aged, detach) = (keys.version, keys.slowly, keys.aged, keys.detach.unwrap_or_default());
    let delivery = Delivery { through, version, on, slowly, aged, detach, within: keys.within };
    Ok((app, keys.at.unwrap_or(own), delivery))
}

pub(super) fn title(app: &App, context: &ContextPath, delivery: &Delivery, topology: &Topology) -> String {
    let (version, way) = (delivery.of_version(), delivery.way(topology));
    format!("deploy {}{version} at {context} {way}{}", app.archive(), delivery.manner())
}

pub(super) fn apply(
    state: &mut State<'_>,
    app: &App,
    context: &ContextPath,
    delivery: &Delivery,
) -> Result<(), Refusal> {
    app.runs_on(&state.topology.server)?;
    delivery.check(state)?;
    if delivery.detach {
        state.detached.insert(context.clone());
    } else {
        state.detached.remove(context);
    }
    state.apps.retain(|(served, _)| served != context);
    state.apps.push((context.clone(), app.clone()));
    Ok(())
}

verbs! {
    /// Deploys an app by its name, or the path of a WAR.
    deploy: String;
}

keys! {
    /// The version of an app.
    version: String;
    /// How long ago the archive of an app was last changed, as its time says.
    aged: Millis;
    /// Whether the scenario goes on before the app is served.
    detach: bool;
}
