use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Map, Value};

use super::clusters::{Clusters, ClustersError, Entry, Held, NoCluster};
use super::message::{Ask, Asked, Mistake, VERSION};
use super::status::rows;
use crate::history::{AttributeValue, ContextState, NodeState, ReplicaRole, SessionReplica};
use crate::host::wait::{Look, TimedOut, until};
use crate::model::{ClusterName, ContextPath, NodeName, RunId, SessionId};

fn registry() -> (tempfile::TempDir, Clusters) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::from_path_buf(folder.path().join("state/clusters")).expect("UTF-8");
    (folder, Clusters::at(&path))
}

fn name(name: &str) -> ClusterName {
    ClusterName::new(name).expect("a good name")
}

fn entry(of: &str) -> Entry {
    Entry {
        format: 1,
        name: name(of),
        version: VERSION.to_owned(),
        run: RunId::new("run-1").expect("a good name"),
        folder: "/nowhere".into(),
        socket: "/nowhere/keeper.sock".into(),
        pid: 1,
        started: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// A process that another test is forking holds a copy of the lock until it becomes a program of its own.
async fn dies(clusters: &Clusters, held: Held, of: &str) {
    drop(held);
    let dead: Result<(), TimedOut> = until("the lock to end", std::time::Duration::from_secs(10), async || {
        let known = clusters.known(&name(of)).expect("readable").expect("it is remembered");
        Ok(if known.lives { Look::NotYet("locked".to_owned()) } else { Look::Ready(()) })
    })
    .await;
    dead.expect("nobody lives");
}

#[tokio::test]
async fn a_cluster_lives_as_long_as_its_keeper_and_is_remembered_until_it_is_forgotten() {
    let (_keep, clusters) = registry();
    assert_eq!(clusters.all().expect("no folder is no error"), []);
    let held = clusters.enter(&entry("lab")).expect("entered");
    assert!(clusters.known(&name("lab")).expect("readable").expect("remembered").lives);
    assert!(matches!(clusters.enter(&entry("lab")), Err(ClustersError::Taken(_))));
    assert!(!clusters.forget(&entry("lab")).expect("asked"), "its keeper lives");
    dies(&clusters, held, "lab").await;
    assert!(matches!(clusters.enter(&entry("lab")), Err(ClustersError::Taken(_))), "it was not ended");
    assert!(clusters.forget(&entry("lab")).expect("asked"));
    assert_eq!(clusters.all().expect("readable"), []);
    clusters.enter(&entry("lab")).expect("the name is free again").forget().expect("forgotten");
    assert_eq!(clusters.all().expect("readable"), []);
}

#[test]
fn the_cluster_that_is_meant_is_the_named_or_the_only_one() {
    let (_keep, clusters) = registry();
    assert!(matches!(clusters.meant(None), Err(NoCluster::None)));
    let _one = clusters.enter(&entry("one")).expect("entered");
    assert_eq!(clusters.meant(None).expect("the only one").entry.name, name("one"));
    let _two = clusters.enter(&entry("two")).expect("entered");
    assert!(matches!(clusters.meant(None), Err(NoCluster::Several(all)) if all.len() == 2));
    assert_eq!(clusters.meant(Some(&name("two"))).expect("named").entry.name, name("two"));
    assert!(matches!(clusters.meant(Some(&name("three"))), Err(NoCluster::NotThis { .. })));
}

#[test]
fn an_entry_that_cannot_be_read_is_no_matter_for_the_others_and_can_be_removed() {
    let (_keep, clusters) = registry();
    let _one = clusters.enter(&entry("one")).expect("entered");
    let whole = serde_json::to_value(entry("later")).expect("JSON");
    let later = serde_json::json!({"format": 2, "more": [1]});
    let both = whole.as_object().into_iter().chain(later.as_object()).flatten();
    let later: Value = both.map(|(key, value)| (key.clone(), value.clone())).collect();
    for (name, text) in [("empty", ""), ("cut", "{\"format\":1,\"na"), ("later", later.to_string().as_str())] {
        fs_err::write(clusters.folder().join(format!("{name}.json")), text).expect("written");
    }
    let names = |all: Vec<super::clusters::Known>| all.into_iter().map(|known| known.entry.name).collect::<Vec<_>>();
    assert_eq!(names(clusters.all().expect("readable")), [name("later"), name("one")], "a later format has these keys");
    assert_eq!(clusters.unreadable().expect("readable"), [name("cut"), name("empty")]);
    assert_eq!(clusters.meant(Some(&name("one"))).expect("named").entry.name, name("one"));
    let refused = clusters.meant(Some(&name("cut"))).expect_err("nobody knows it");
    assert!(refused.hint().is_some_and(|hint| hint.contains("down --name cut")), "{refused}");
    clusters.forget_unreadable(&name("cut")).expect("removed");
    clusters.forget_unreadable(&name("one")).expect("it is left alone");
    assert_eq!(clusters.unreadable().expect("readable"), [name("empty")]);
    assert!(clusters.known(&name("one")).expect("readable").is_some());
}

#[test]
fn another_version_is_refused_with_the_remedy_and_can_only_end_the_cluster() {
    let asked = |version: &str, ask: &Ask| {
        let asked = Asked { version: version.to_owned(), ..Asked::of(ask).expect("JSON") };
        let line = serde_json::to_string(&asked).expect("JSON");
        serde_json::from_str::<Asked>(&line).expect("it is read").read(&name("lab"))
    };
    let step = Ask::Step(Map::from_iter([("kill".to_owned(), Value::from("n1"))]));
    assert_eq!(asked(VERSION, &step), Ok(step.clone()));
    for ask in [step, Ask::Status, Ask::Sessions(None)] {
        let refused = asked("0.0.1", &ask).expect_err("another version");
        assert_eq!(refused.mistake, Mistake::Usage);
        assert!(refused.message.contains("0.0.1") && refused.message.contains(VERSION), "{refused}");
        assert!(refused.hint.expect("a remedy").contains("down --name lab"));
    }
    assert_eq!(asked("0.0.1", &Ask::Down), Ok(Ask::Down));
    let unknown = Asked { version: VERSION.to_owned(), ask: "dance".into() };
    assert!(unknown.read(&name("lab")).is_err());
}

fn state(sessions: Vec<SessionReplica>) -> NodeState {
    let context: ContextState = serde_json::from_value(serde_json::json!({
        "path": "/counter", "version": "", "available": true, "distributable": true,
        "manager": { "class": "DeltaManager", "attributes": {} }, "sessions": [],
    }))
    .expect("a context");
    assert_eq!(context.path, ContextPath::new("/counter").expect("a path"));
    NodeState { contexts: vec![ContextState { sessions, ..context }], ..NodeState::default() }
}

fn replica(id: &str, role: ReplicaRole, count: i64) -> SessionReplica {
    let attributes = BTreeMap::from([("count".to_owned(), AttributeValue::new("java.lang.Integer", count.into()))]);
    SessionReplica { id: SessionId::new(id), role, valid: true, max_inactive_s: None, attributes }
}

#[test]
fn sessions_are_side_by_side_and_what_differs_is_named() {
    let differ = |one: Vec<SessionReplica>, other: Vec<SessionReplica>| {
        let rows = rows(&[(NodeName::nth(0), state(one)), (NodeName::nth(1), state(other))]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0].nodes.len(), 2);
        rows[0].differ.clone()
    };
    let (primary, copy) = (ReplicaRole::Primary, ReplicaRole::Replica);
    let none: [String; 0] = [];
    assert_eq!(differ(vec![replica("A.n1", primary, 2)], vec![replica("A.n1", copy, 2)]), none);
    assert_eq!(differ(vec![replica("A.n1", primary, 2)], vec![replica("A.n1", copy, 1)]), ["count"]);
    assert_eq!(differ(vec![replica("A.n1", primary, 2)], vec![replica("A.n2", copy, 2)]), ["route"]);
    assert_eq!(differ(vec![replica("A.n1", primary, 2)], vec![]), ["not on n2"]);
    let proxy = SessionReplica { attributes: BTreeMap::new(), ..replica("A.n1", ReplicaRole::Proxy, 0) };
    assert_eq!(differ(vec![replica("A.n1", ReplicaRole::Backup, 2)], vec![proxy]), none, "a proxy holds nothing");
}
