//! A case: a plan and its history, as a run stores them, with the truth about them.

use std::fmt;

use camino::Utf8Path;
use tomee_harness::history::{History, write_record};
use tomee_harness::model::Plan;
use tomee_harness::verdict::Status;

use super::bug::{BugKind, Planted};
use super::script;
use super::shop::of_a_shop;
use super::world::World;

/// What is known of a history because the servers that made it are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// All that was acknowledged was kept, and each session at stake was asked again behind each fault that put it at
    /// stake, and rightly answered.
    Clean,
    /// Legal, but a session at stake was never rightly answered again: nobody can know of it.
    Untested {
        /// Which one, and since when.
        why: String,
    },
    /// A loss shows, by a partition or a pause, or because all copies were broken at once.
    Excused {
        /// What shows.
        why: String,
    },
    /// Legal, and something is so unclear that any verdict but a violated one may be right.
    Open {
        /// What it is.
        why: String,
    },
    /// Legal for the servers, and a client may call it a loss: any verdict may be right.
    Either {
        /// What it is.
        why: String,
    },
    /// A loss shows that the configuration does not rule out.
    LossSeen {
        /// What shows.
        why: String,
    },
    /// The servers have a bug, and it shows.
    Bug {
        /// Which one.
        kind: BugKind,
        /// What shows.
        why: String,
    },
}

impl Truth {
    /// One word for it, for tables.
    pub fn name(&self) -> String {
        match self {
            Self::Clean => "clean".to_owned(),
            Self::Untested { .. } => "untested".to_owned(),
            Self::Excused { .. } => "excused".to_owned(),
            Self::Open { .. } => "open".to_owned(),
            Self::Either { .. } => "either".to_owned(),
            Self::LossSeen { .. } => "loss-seen".to_owned(),
            Self::Bug { kind, .. } => format!("bug {kind:?}"),
        }
    }

    /// What is wrong with a verdict on it, in words.
    pub fn wrong(&self, status: Status) -> Option<&'static str> {
        match (self, status) {
            (Self::Clean | Self::Untested { .. } | Self::Excused { .. } | Self::Open { .. }, Status::Violated) => {
                Some("a false red")
            }
            (Self::Untested { .. } | Self::Excused { .. }, Status::Holds) => Some("a green that was not earned"),
            (Self::LossSeen { .. } | Self::Bug { .. }, Status::Holds) => Some("a false green"),
            _ => None,
        }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::Clean => "nothing was lost, and all of it was tested",
            Self::Untested { why }
            | Self::Excused { why }
            | Self::Open { why }
            | Self::Either { why }
            | Self::LossSeen { why }
            | Self::Bug { why, .. } => why,
        };
        write!(f, "{}: {why}", self.name())
    }
}

/// One simulated run.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it came from.
    pub seed: u64,
    /// What was done.
    pub plan: Plan,
    /// What happened.
    pub history: History,
    /// What is known of it.
    pub truth: Truth,
    /// The cluster and the bug in a line.
    pub description: String,
}

impl Case {
    /// Writes `plan.json` and `history.jsonl` into a folder, which `tomee-harness check` reads.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn store(&self, folder: &Utf8Path) {
        fs_err::create_dir_all(folder).expect("the folder can be made");
        let plan = serde_json::to_vec_pretty(&self.plan).expect("a plan is JSON");
        fs_err::write(folder.join("plan.json"), plan).expect("the folder can be written");
        let mut lines = Vec::new();
        for record in &self.history.records {
            write_record(&mut lines, record).expect("a record is JSON");
        }
        fs_err::write(folder.join("history.jsonl"), lines).expect("the folder can be written");
    }
}

/// A history of servers that do nothing wrong.
pub fn legal(seed: u64) -> Case {
    legal_of(seed, false)
}

/// The same with a shop in the counter's place, an app of which nothing is known.
pub fn legal_shop(seed: u64) -> Case {
    of_a_shop(legal_of(seed, true))
}

fn legal_of(seed: u64, shop: bool) -> Case {
    let mut world = World::new(seed, None, shop);
    script::run(&mut world);
    let truth = world.truth();
    world.into_case(seed, truth)
}

/// A history of servers with a bug; `None` where the bug did not show.
pub fn with_bug(seed: u64) -> Option<Case> {
    bug_of(seed, false)
}

/// The same with a shop in the counter's place, where it would show as well.
pub fn shop_with_bug(seed: u64) -> Option<Case> {
    bug_of(seed, true).map(of_a_shop)
}

fn bug_of(seed: u64, shop: bool) -> Option<Case> {
    // Another stream than that of the legal case of this seed, so that the two do not look alike.
    let stream = seed ^ 0x9e37_79b9_7f4a_7c15;
    let planted = Planted::random(&mut fastrand::Rng::with_seed(stream));
    let kind = planted.kind;
    let mut world = World::new(stream, Some(planted), shop);
    script::run(&mut world);
    let why = world.shown()?;
    Some(world.into_case(seed, Truth::Bug { kind, why }))
}
