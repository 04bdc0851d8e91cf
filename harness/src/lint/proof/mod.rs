//! What shows on real servers that a rule is right: a cluster with the fault that it finds, and the same with the remedy.
//!
//! Each side is a server.xml a node, made of parts; the caller runs both through the same steps. In a server.xml
//! `@n1.receiver@` stands for a port that is not known before the run: see [`SAMPLE`].

mod apps;
mod cluster;
mod experiment;
mod farm;
mod load;
mod membership;
mod render;
mod steps;

pub use experiment::{Experiment, Half, NODES, Parts, Proof, ProofServer};
pub use render::{SAMPLE, with_seats};

/// The proofs, by rule.
fn all() -> impl Iterator<Item = &'static (&'static str, Proof)> {
    cluster::ALL.iter().chain(load::ALL).chain(membership::ALL).chain(farm::ALL).chain(apps::ALL)
}

/// How a rule is shown to be right; `None` where nobody has written that down.
pub fn of(code: &str) -> Option<&'static Proof> {
    all().find(|(rule, _)| *rule == code).map(|(_, proof)| proof)
}

/// Every rule with two runs.
pub fn experiments() -> impl Iterator<Item = (&'static str, &'static Experiment)> {
    all().filter_map(|(code, proof)| match proof {
        Proof::Runs(experiment) => Some((*code, experiment)),
        Proof::None(_) => None,
    })
}
