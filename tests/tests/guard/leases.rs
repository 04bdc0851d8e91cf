//! Port leases of processes that die.

use std::collections::BTreeSet;

use tomee_harness::host::ports::PortPool;

use crate::owner::{Owner, Place};

fn leased(owner: &Owner) -> BTreeSet<u32> {
    owner.lines.iter().filter(|(what, _)| what == "lease").map(|(_, port)| *port).collect()
}

#[test]
fn processes_at_once_never_lease_the_same_port() {
    let place = Place::new();
    let beside = place.beside();
    let mut owners = [Owner::hold(&place, &["lease"]), Owner::hold(&beside, &["lease"])];
    let (one, other) = (leased(&owners[0]), leased(&owners[1]));
    assert_eq!((one.len(), other.len()), (20, 20));
    assert!(one.is_disjoint(&other), "{one:?} and {other:?}");
    owners.iter_mut().for_each(Owner::kill);
}

#[test]
fn a_lease_ends_when_its_process_is_killed() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["lease"]);
    let ports = leased(&owner);
    let locked = |port: &u32| {
        let lock = fs_err::File::open(place.path.join(format!("ports/{port}.lock"))).expect("a lock file");
        lock.try_lock().is_err()
    };
    assert!(ports.iter().all(locked), "while it lives");
    owner.kill();
    assert!(!ports.iter().any(locked), "when it is dead");
    assert_eq!(PortPool::at(&place.path.join("ports")).expect("a pool").lease(20).expect("ports").len(), 20);
}
