//! Expectations: what a step's answers must look like.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{Millis, NodeName, Texts};

/// What the last answer of each client of a step must look like. What is not said may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the counter app counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Whether the attribute of the session's first request is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub once: Option<bool>,
    /// The list that is changed in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<i64>>,
    /// What became of the session that the client's cookie named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionFate>,
    /// The node in the route of the session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<NodeName>,
    /// A text that the body contains, or several. `${name}` stands for a value that was captured before.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub body: Texts,
    /// A text that the body does not contain, or several.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub no_body: Texts,
    /// Whether there is an answer at all: `false` where a node is to be silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// Headers that the answer has, each with a text that its value contains. Not of the counter app.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, String>,
    /// A cookie that the answer sets, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets_cookie: Option<String>,
    /// From the step's begin to its first answer, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_answer_within: Option<Millis>,
    /// How long each answer of the step takes, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each_answer_within: Option<Millis>,
    /// How long each answer of the step takes, at least: where a request is to wait for a peer that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each_answer_after: Option<Millis>,
    /// What a node is for the session, of a `look`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<ReplicaFate>,
    /// Attributes of the session with their values, of a `look`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, serde_json::Value>,
    /// The nodes on which the app's listener is called when the session is created, and no other, in the whole run; of the
    /// app `listener`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Vec<NodeName>>,
    /// The same of the session's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Vec<NodeName>>,
    /// A text that a line of some node's log contains, from the step's begin to the run's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// A text that no line of any node's log contains, from the step's begin to the run's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_log: Option<String>,
}

/// One thing that can be expected: a field of [`Expect`], and a row of the manual.
#[derive(Debug, Clone, Copy)]
pub struct Expectation {
    /// Its key in a scenario.
    pub key: &'static str,
    /// Of what it can be expected.
    pub scope: Scope,
    /// How it is written.
    pub written: &'static str,
    /// When it holds.
    pub holds_where: &'static str,
    /// What is expected, in words, where it is.
    words: fn(&Expect) -> Option<String>,
}

/// Of what something can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// An answer.
    Answer,
    /// An answer of the counter app, or a replica of one of its sessions.
    Counter,
    /// An answer of the app `listener`.
    Listener,
    /// A replica.
    Replica,
    /// The nodes' logs.
    Logs,
}

/// All, in the order of the manual.
pub static EXPECTATIONS: &[Expectation] = &[
    Expectation {
        key: "answered",
        scope: Scope::Answer,
        written: "answered = false",
        holds_where: "there is no answer",
        words: |expect| {
            let words = |answered| if answered { "an answer" } else { "no answer" };
            expect.answered.map(|answered| words(answered).to_owned())
        },
    },
    Expectation {
        key: "status",
        scope: Scope::Answer,
        written: "status = 200",
        holds_where: "the HTTP status is this",
        words: |expect| expect.status.map(|status| format!("HTTP {status}")),
    },
    Expectation {
        key: "count",
        scope: Scope::Counter,
        written: "count = 5",
        holds_where: "the counter app shows this count",
        words: |expect| expect.count.map(|count| format!("count {count}")),
    },
    Expectation {
        key: "once",
        scope: Scope::Counter,
        written: "once = true",
        holds_where: "the attribute of the session's first request is there (`false`: gone)",
        words: |expect| expect.once.map(|there| format!("once {}", if there { "there" } else { "gone" })),
    },
    Expectation {
        key: "list",
        scope: Scope::Counter,
        written: "list = [0]",
        holds_where: "the counter app shows this list, which is changed in place",
        words: |expect| expect.list.as_ref().map(|list| format!("list {list:?}")),
    },
    Expectation {
        key: "session",
        scope: Scope::Answer,
        written: "session = \"kept\"",
        holds_where: "the answer comes out of the session that the cookie named; `\"new\"`: out of another; `\"none\"`: there is none",
        words: |expect| {
            expect.session.map(|fate| match fate {
                SessionFate::Kept => "the session kept".to_owned(),
                SessionFate::New => "a new session".to_owned(),
                SessionFate::None => "no session".to_owned(),
            })
        },
    },
    Expectation {
        key: "route",
        scope: Scope::Answer,
        written: "route = \"n2\"",
        holds_where: "the session id has this node's route",
        words: |expect| expect.route.as_ref().map(|route| format!("the route of {route}")),
    },
    Expectation {
        key: "body",
        scope: Scope::Answer,
        written: "body = \"text\"",
        holds_where: "the body contains it; `[\"a\", \"b\"]`: all of them. `${name}` stands for a value that was captured before (not of the counter app)",
        words: |expect| listed(expect.body.iter().map(|text| format!("{text:?} in the body"))),
    },
    Expectation {
        key: "no-body",
        scope: Scope::Answer,
        written: "no-body = \"text\"",
        holds_where: "the body does not contain it; `[\"a\", \"b\"]`: none of them (not of the counter app)",
        words: |expect| listed(expect.no_body.iter().map(|text| format!("no {text:?} in the body"))),
    },
    Expectation {
        key: "header",
        scope: Scope::Answer,
        written: "header = { Location = \"/shop\" }",
        holds_where: "the answer has this header, and its value contains the text (not of the counter app)",
        words: |expect| {
            let named = expect.header.iter().map(|(name, text)| format!("{text:?} in header {name}"));
            listed(named)
        },
    },
    Expectation {
        key: "sets-cookie",
        scope: Scope::Answer,
        written: "sets-cookie = \"NAME\"",
        holds_where: "the answer sets this cookie (not of the counter app)",
        words: |expect| expect.sets_cookie.as_ref().map(|name| format!("a cookie {name}")),
    },
    Expectation {
        key: "first-answer-within",
        scope: Scope::Answer,
        written: "first-answer-within = \"1s\"",
        holds_where: "from the step's begin to its first answer",
        words: |expect| expect.first_answer_within.map(|limit| format!("the first answer within {limit}")),
    },
    Expectation {
        key: "each-answer-within",
        scope: Scope::Answer,
        written: "each-answer-within = \"500ms\"",
        holds_where: "each answer of the step took at most this",
        words: |expect| expect.each_answer_within.map(|limit| format!("each answer within {limit}")),
    },
    Expectation {
        key: "each-answer-after",
        scope: Scope::Answer,
        written: "each-answer-after = \"1s\"",
        holds_where: "each answer of the step took at least this: it had to wait for a peer",
        words: |expect| expect.each_answer_after.map(|limit| format!("each answer after {limit} at the earliest")),
    },
    Expectation {
        key: "replica",
        scope: Scope::Replica,
        written: "replica = \"held\"",
        holds_where: "of a `look`: the node is this for the session; also `\"none\"`, `\"primary\"`, `\"replica\"`, `\"backup\"`, `\"proxy\"`",
        words: |expect| expect.replica.map(|replica| format!("the session {replica} there")),
    },
    Expectation {
        key: "attributes",
        scope: Scope::Replica,
        written: "attributes = { name = value }",
        holds_where: "of a `look`: the replica has these attributes with these values",
        words: |expect| {
            let named = expect.attributes.iter().map(|(name, value)| format!("attribute {name} {value}"));
            listed(named)
        },
    },
    Expectation {
        key: "created",
        scope: Scope::Listener,
        written: "created = [\"n1\", \"n2\"]",
        holds_where: "of the app `listener`: its listener is called on these nodes, and no others, when the session of the step's answers begins, in the whole run",
        words: |expect| expect.created.as_ref().map(|nodes| format!("the session created {}", on_nodes(nodes))),
    },
    Expectation {
        key: "destroyed",
        scope: Scope::Listener,
        written: "destroyed = []",
        holds_where: "the same of its end",
        words: |expect| expect.destroyed.as_ref().map(|nodes| format!("the session destroyed {}", on_nodes(nodes))),
    },
    Expectation {
        key: "log",
        scope: Scope::Logs,
        written: "log = \"text\"",
        holds_where: "of any step but `repeat`: some node's log has a line with this text, from the step's begin to the end of the run",
        words: |expect| expect.log.as_ref().map(|text| format!("{text:?} in a log")),
    },
    Expectation {
        key: "no-log",
        scope: Scope::Logs,
        written: "no-log = \"text\"",
        holds_where: "the same: none has",
        words: |expect| expect.no_log.as_ref().map(|text| format!("no {text:?} in any log")),
    },
];

/// Several in words; none where there are none.
fn listed(named: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = named.collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// On which nodes a listener is called.
fn on_nodes(nodes: &[NodeName]) -> String {
    if nodes.is_empty() {
        return "nowhere".to_owned();
    }
    format!("on {}", nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

impl Expect {
    /// What is expected, as in `count 5, the session kept`.
    pub fn in_words(&self) -> String {
        EXPECTATIONS.iter().filter_map(|it| (it.words)(self)).collect::<Vec<_>>().join(", ")
    }

    /// Whether it asks for something of these scopes.
    fn is_about(&self, scopes: &[Scope]) -> bool {
        EXPECTATIONS.iter().any(|it| scopes.contains(&it.scope) && (it.words)(self).is_some())
    }

    /// Whether it asks for what only the counter app answers.
    pub fn is_about_the_counter(&self) -> bool {
        self.is_about(&[Scope::Counter])
    }

    /// Whether it asks for what only an answer has.
    pub fn is_about_an_answer(&self) -> bool {
        self.is_about(&[Scope::Answer, Scope::Listener])
    }

    /// Whether it asks for anything but lines of logs.
    pub fn is_about_more_than_logs(&self) -> bool {
        self.is_about(&[Scope::Answer, Scope::Counter, Scope::Listener, Scope::Replica])
    }

    /// Whether it asks for what the listener of an app is called for.
    pub fn is_about_a_listener(&self) -> bool {
        self.is_about(&[Scope::Listener])
    }

    /// Whether no answer is expected.
    pub(super) fn is_silence(&self) -> bool {
        self.answered == Some(false)
    }

    /// The texts that it looks for in the body, as they are written.
    pub fn body_texts(&self) -> impl Iterator<Item = &str> {
        self.body.iter().chain(self.no_body.iter())
    }

    /// The names of the captured values that it needs.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &str> {
        self.body_texts().chain(self.header.values().map(String::as_str)).flat_map(super::exchange::names)
    }

    /// The texts that it looks for in logs.
    pub fn log_texts(&self) -> impl Iterator<Item = &String> {
        self.log.iter().chain(&self.no_log)
    }

    /// Refuses what cannot come true of a step with this verb, which shows this.
    pub(super) fn check(&self, verb: &str, shows_logs_only: bool) -> Result<(), Refusal> {
        let refuse = |message: String| Err(Refusal::new(message).at("expect"));
        if shows_logs_only && self.is_about_more_than_logs() {
            return Err(Refusal::new(format!("`expect` of `{verb}` takes `log` and `no-log` only")).at("expect"));
        }
        if *self == Self::default() {
            return refuse("`expect` must not be empty".to_owned());
        }
        if self.is_silence() && (Self { answered: None, ..self.clone() }).is_about_more_than_logs() {
            return refuse("`answered = false` excludes other expectations".to_owned());
        }
        if self.status.is_some_and(|status| !(100..600).contains(&status)) {
            return refuse("invalid HTTP status, expected 100 to 599".to_owned());
        }
        if self.count.is_some_and(|count| count < 0) {
            return refuse("`count` must not be negative".to_owned());
        }
        let texts = [("log", &self.log), ("no-log", &self.no_log)];
        if let Some((key, _)) =
            texts.into_iter().find(|(_, text)| text.as_ref().is_some_and(|text| text.trim().is_empty()))
        {
            return refuse(format!("`{key}` must not be empty"));
        }
        let bodies = [("body", &self.body), ("no-body", &self.no_body)];
        if let Some((key, _)) = bodies.into_iter().find(|(_, texts)| texts.iter().any(str::is_empty)) {
            return refuse(format!("`{key}` must not be empty"));
        }
        let limits =
            [("first-answer-within", self.first_answer_within), ("each-answer-within", self.each_answer_within)];
        match limits.into_iter().find(|(_, limit)| limit.is_some_and(|limit| limit.0 == 0)) {
            Some((key, _)) => refuse(format!("`{key}` must be greater than zero")),
            None => Ok(()),
        }
    }

    /// Refuses what an answer cannot show.
    pub(super) fn must_be_of_an_answer(&self) -> Result<(), Refusal> {
        if self.is_about(&[Scope::Replica]) {
            return Err(Refusal::new("`replica` and `attributes` are not valid with a request")
                .at("expect")
                .help("`look = \"n2\"` reads a replica"));
        }
        Ok(())
    }
}

/// What a node is for a session, as a look at it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaFate {
    /// It does not know it.
    None,
    /// It holds it, as whatever.
    Held,
    /// It is its owner.
    Primary,
    /// It has a copy (`DeltaManager`).
    Replica,
    /// It has the copy (`BackupManager`).
    Backup,
    /// It knows where it is and holds nothing (`BackupManager`).
    Proxy,
}

kebab!(ReplicaFate);

/// What became of a session, as an answer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionFate {
    /// The answer comes out of the session that was asked for.
    Kept,
    /// The answer comes out of another, new one.
    New,
    /// There is none.
    None,
}

kebab!(SessionFate);
