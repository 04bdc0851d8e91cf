//! What excuses that a session of any app is gone: a split in which it was asked for, or that no copy was left; each beside
//! what excuses nothing.

use rstest::rstest;

use super::run::Run;
use super::shop::{HAD, Shop, on, owned};
use super::{unknown, violated};
use crate::model::{Guarantee, ManagerKind, Topology};

const KEPT: Guarantee = Guarantee::SessionKept;
const CART: &str = "GET /shop/cart";

fn of_three(manager: ManagerKind) -> Shop {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.manager = manager;
    on(topology, KEPT, &["/shop"])
}

/// A request of Alice's that her session answers.
fn kept(shop: Shop, on: &str) -> Shop {
    shop.ask("alice", on, CART, Some("A1.n1"), Some(&format!("A1.{on}")))
}

/// A request of Alice's that is given another session.
fn lost(shop: Shop, on: &str) -> Shop {
    shop.ask("alice", on, CART, Some("A1.n1"), Some(&format!("B1.{on}")))
}

/// `n2` is cut off while this is done, and then all see each other again.
fn apart(shop: Shop, done: impl FnOnce(Shop) -> Shop) -> Shop {
    done(shop.then(|run| run.partition("n2"))).then(|run| run.heal("n2").reformed())
}

fn delta() -> Shop {
    of_three(ManagerKind::Delta).alice()
}

fn backup() -> Shop {
    of_three(ManagerKind::Backup).alice()
}

const SPLIT: Option<&str> = Some("excused: the partition of n2 had split alice's session A1");

#[rstest]
// What the one side was asked for the other need not know.
#[case(lost(apart(delta(), |shop| kept(shop, "n1")).kill("n1"), "n2"), SPLIT)]
#[case(lost(apart(delta(), |shop| kept(shop, "n2")), "n1"), SPLIT)]
// Those on one side went on together.
#[case(lost(apart(delta(), |shop| kept(shop, "n1")).kill("n1"), "n3"), None)]
// Until the other side was asked for it, too.
#[case(lost(apart(delta(), |shop| kept(kept(shop, "n1"), "n2")).kill("n1"), "n3"), SPLIT)]
// In the split, and before it is over.
#[case(lost(kept(delta().then(|run| run.partition("n2")), "n1").kill("n1"), "n2"), SPLIT)]
// Nobody asked in the split: all have it still.
#[case(lost(apart(delta(), |shop| shop).kill("n1"), "n2"), None)]
#[case(lost(kept(apart(delta(), |shop| shop), "n1").kill("n1"), "n2"), None)]
// The split came later.
#[case(apart(lost(delta().kill("n1"), "n2"), |shop| shop.ask("alice", "n2", CART, Some("B1.n2"), None)), None)]
// A node that has started since may have taken over what the other side had.
#[case(lost(apart(delta(), |shop| kept(shop, "n1")).kill("n3").restart("n3").kill("n1"), "n3"), SPLIT)]
#[case(lost(apart(delta().kill("n3").restart("n3"), |shop| kept(shop, "n1")).kill("n1"), "n3"), None)]
// After a split each BackupManager takes itself for the owner of what it had.
#[case(lost(apart(backup(), |shop| shop).kill("n1"), "n3"), SPLIT)]
#[case(
    apart(of_three(ManagerKind::Backup), |shop| shop)
        .ask("alice", "n1", CART, None, Some("A1.n1")).look("n1", owned("A1.n1", HAD)).kill("n1")
        .ask("alice", "n3", CART, Some("A1.n1"), Some("B1.n3")),
    None
)]
// It has one copy, and makes another when all have met again.
#[case(lost(backup().kill("n1").kill("n2"), "n3"), Some("n1 and n2 ended before BackupManager could make another copy"))]
#[case(lost(backup().kill("n1").then(Run::reformed).kill("n2"), "n3"), None)]
#[case(lost(backup().kill("n1"), "n3"), None)]
#[case(lost(delta().kill("n1").kill("n2"), "n3"), None)]
// An answer in between makes no other copy, unless the others had noticed the first end.
#[case(
    lost(kept(backup().kill("n2"), "n1").kill("n1"), "n3"),
    Some("n2 and n1 ended before BackupManager could make another copy")
)]
#[case(lost(kept(backup().kill("n2").then(Run::reformed), "n1").kill("n1"), "n3"), None)]
// Of what ended after the loss no copy was to be had.
#[case(lost(backup().kill("n1"), "n3").kill("n2"), None)]
fn what_excuses_that_a_session_is_gone(#[case] shop: Shop, #[case] excused: Option<&str>) {
    match excused {
        Some(words) => drop(unknown(&shop.scenario, KEPT, &[words])),
        None => drop(violated(&shop.scenario, KEPT, &["was given a new session, B1."])),
    }
}
