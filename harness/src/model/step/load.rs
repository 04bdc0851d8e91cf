//! How many clients ask, how often and how fast.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::builder::{keys, numbers};
use crate::model::refusal::Refusal;
use crate::model::{ClientName, Millis};

const MOST_CLIENTS: u32 = 1000;
const MOST_TIMES: u32 = 100_000;
/// Who asks where nobody is named.
const CLIENT: &str = "alice";

/// How many clients ask, how often and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Load {
    /// How often each client asks.
    pub times: u32,
    /// How many clients ask.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub clients: u32,
    /// How many of the clients ask at one time.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub parallel: u32,
    /// How many requests of one client, all with its one cookie, go on at one time.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub at_once: u32,
    /// From the begin of one request of a client to that of its next, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Millis>,
}

impl Default for Load {
    /// One request of one client.
    fn default() -> Self {
        Self { times: 1, clients: 1, parallel: 1, at_once: 1, every: None }
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

impl Load {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        clients(self.clients)?;
        within("times", self.times, MOST_TIMES)?;
        if let Some(every) = self.every {
            pace(every)?;
            if self.at_once > 1 {
                let message = "`at-once` and `every` exclude each other";
                return Err(Refusal::new(message).at("at-once").help("leave one of them out"));
            }
        }
        within("parallel", self.parallel, self.clients)?;
        within("at-once", self.at_once, self.times)
    }

    /// Who asks what, how often and how fast, and where, in a title.
    pub(super) fn title(&self, client: &ClientName, what: &str, on: &str) -> String {
        let who = match (self.clients, self.parallel) {
            (1, _) => client.to_string(),
            (clients, 1) => format!("{clients} clients like {client}"),
            (clients, parallel) => format!("{clients} clients like {client}, {parallel} at a time,"),
        };
        let often = if self.times == 1 { String::new() } else { format!(" {} times", self.times) };
        let together = if self.at_once > 1 { format!(", {} at once", self.at_once) } else { String::new() };
        let every = self.every.map(|every| format!(", each every {every}")).unwrap_or_default();
        format!("{who}: {what}{often}{together}{every} on {on}")
    }
}

/// How many clients can be.
pub(super) fn clients(number: u32) -> Result<(), Refusal> {
    within("clients", number, MOST_CLIENTS)
}

/// How often a client asks.
pub(super) fn pace(every: Millis) -> Result<(), Refusal> {
    if every.0 > 0 { Ok(()) } else { Err(Refusal::new("`every` must be greater than zero").at("every")) }
}

/// The client that is named, or the one that asks where nobody is.
pub(super) fn client(named: Option<ClientName>) -> Result<ClientName, Refusal> {
    named.map_or_else(|| ClientName::new(CLIENT).map_err(|error| Refusal::new(error.to_string())), Ok)
}

fn within(key: &'static str, number: u32, most: u32) -> Result<(), Refusal> {
    if (1..=most).contains(&number) {
        return Ok(());
    }
    Err(Refusal::new(format!("invalid `{key}`: {number}, expected 1 to {most}")).at(key))
}

numbers! {
    /// How many clients ask.
    clients: u32;
    /// How many of them ask at one time.
    parallel: u32;
    /// How many requests of one client, all with its one cookie, go on at one time.
    at_once: u32;
    /// How often each asks.
    times: u32;
}

keys! {
    /// From one request of a client to its next.
    every: Millis;
}
