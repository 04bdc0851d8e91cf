//! The routes in the session ids of an app of which nothing is known.

use super::any_app::broken;

use super::shop::{Shop, copied, on, owned, shop};
use super::{holds, says};
use crate::model::{Guarantee, ManagerKind, Topology, Violation};
use crate::verdict::Status;

const IDENTITY: Guarantee = Guarantee::IdentityKept;
const CART: &str = "GET /shop/cart";
const A1: Option<&str> = Some("A1.n1");
const HAS: &[(&str, &str)] = &[("cart", "book")];

fn behind_the_kill(shop: Shop, received: Option<&str>, then: &str) -> Shop {
    shop.alice().kill("n1").ask("alice", "n2", CART, A1, received).look("n2", owned(then, HAS))
}

#[test]
fn a_node_that_answers_gives_the_id_its_route() {
    let moved = behind_the_kill(shop(IDENTITY), Some("A1.n2"), "A1.n2");
    holds(&moved.scenario, IDENTITY);
    says(&moved.scenario.finding(IDENTITY), &["1 answer gave an id the route of the node that answered"]);
    let left = behind_the_kill(shop(IDENTITY), None, "A1.n1");
    broken(
        &left,
        IDENTITY,
        Violation::WrongIdentity,
        &["#3 (GET /shop/cart on n2) left the id", "the route n1, expected n2"],
    );
    let other = behind_the_kill(shop(IDENTITY), Some("A1.n3"), "A1.n3");
    broken(&other, IDENTITY, Violation::WrongIdentity, &["was given the id A1.n3, expected the route n2"]);
    // What no look shows may have been answered without the session.
    holds(&shop(IDENTITY).alice().kill("n1").ask("alice", "n2", CART, A1, None).scenario, IDENTITY);
    // Nothing moved.
    holds(
        &shop(IDENTITY).alice().kill("n2").ask("alice", "n1", CART, A1, None).look("n1", owned("A1.n1", HAS)).scenario,
        IDENTITY,
    );
}

#[test]
fn a_node_that_is_neither_owner_nor_backup_renames_with_its_second_answer() {
    let asked = |manager, again: bool| {
        let mut topology = Topology::of(3).expect("three nodes");
        topology.cluster.manager = manager;
        let shop = on(topology, IDENTITY, &["/shop"]).alice().kill("n1");
        let shop = shop.ask("alice", "n3", CART, A1, None).look("n3", copied("A1.n1", HAS));
        if again { shop.ask("alice", "n3", CART, A1, None).look("n3", owned("A1.n1", HAS)) } else { shop }
    };
    holds(&asked(ManagerKind::Backup, false).scenario, IDENTITY);
    assert_eq!(asked(ManagerKind::Backup, true).scenario.finding(IDENTITY).status, Status::Violated);
    assert_eq!(asked(ManagerKind::Delta, false).scenario.finding(IDENTITY).status, Status::Violated);
}
