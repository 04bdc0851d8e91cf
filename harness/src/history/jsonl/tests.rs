use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use super::super::observation::Seen;
use super::super::*;
use super::*;
use crate::model::plan::AppRequest;
use crate::model::{
    ClientName, ContextPath, Endpoints, FaultKind, Guarantee, NodeEndpoints, NodeName, RunId, SessionId,
};

fn text_of(history: &History) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in &history.records {
        write_record(&mut bytes, record).expect("a vector takes all");
    }
    bytes
}

fn three_steps() -> History {
    let records = (1..=3)
        .map(|step| Record {
            at: Nanos(u64::from(step)),
            kind: RecordKind::Event(Event::StepBegins { step, title: "zählen auf n1".to_owned() }),
        })
        .collect();
    History { records }
}

#[test]
fn a_last_line_cut_off_anywhere_is_left_out() {
    let history = three_steps();
    let bytes = text_of(&history);
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("three lines") + 1;
    for cut in last..bytes.len() - 1 {
        let read = read(&bytes[..cut]).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(read.records, history.records[..2], "cut at {cut}");
    }
    let whole_but_for_its_end = read(&bytes[..bytes.len() - 1]).expect("complete but for its line end");
    assert_eq!(whole_but_for_its_end, history);
}

#[test]
fn a_line_in_the_middle_that_breaks_off_is_an_error_with_its_number() {
    let bytes = text_of(&three_steps());
    let text = String::from_utf8(bytes).expect("JSON");
    let mut lines: Vec<_> = text.lines().collect();
    lines[1] = &lines[1][..20];
    let broken = lines.join("\n") + "\n";
    let error = read(broken.as_bytes()).expect_err("line 2 is cut");
    assert_eq!(error.to_string(), "line 2 of the history is not a valid record");
}

#[test]
fn a_last_line_with_its_line_end_was_not_cut_off() {
    let mut bytes = text_of(&three_steps());
    bytes.extend_from_slice(b"{\"at-ns\":4,\n");
    let error = read(&bytes[..]).expect_err("line 4 is broken, not cut");
    assert_eq!(error.to_string(), "line 4 of the history is not a valid record");
}

#[test]
fn a_last_line_that_is_whole_but_no_record_is_an_error() {
    let mut bytes = text_of(&three_steps());
    bytes.extend_from_slice(b"{\"at-ns\":4}");
    assert!(matches!(read(&bytes[..]), Err(HistoryError::Line { line: 4, .. })));
}

#[test]
fn bytes_that_are_no_text_are_an_error_with_their_line() {
    let mut bytes = text_of(&three_steps());
    let in_line_two = bytes.iter().position(|byte| *byte == b'\n').expect("lines") + 60;
    bytes[in_line_two] = 0xff;
    assert!(matches!(read(&bytes[..]), Err(HistoryError::Line { line: 2, .. })));
}

#[test]
fn empty_lines_and_foreign_line_ends_do_no_harm() {
    let text = String::from_utf8(text_of(&three_steps())).expect("JSON").replace('\n', "\r\n\r\n");
    assert_eq!(read(text.as_bytes()).expect("readable"), three_steps());
    assert_eq!(read(&b""[..]).expect("empty"), History::default());
}

/// Gives some bytes and then an error, as a disk does.
struct Failing<'a>(&'a [u8]);

impl io::Read for Failing<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match io::Read::read(&mut self.0, into)? {
            0 => Err(io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_reader_that_fails_is_an_error_not_the_end() {
    let bytes = text_of(&three_steps());
    let error = read(io::BufReader::new(Failing(&bytes))).expect_err("the disk is gone");
    assert!(matches!(error, HistoryError::Read { line: 4, .. }), "{error:?}");
}

fn node() -> impl Strategy<Value = NodeName> {
    (0_usize..8).prop_map(NodeName::nth)
}

fn session() -> impl Strategy<Value = SessionId> {
    "[0-9A-F]{8}(\\.n[1-8])?".prop_map(SessionId::new)
}

fn value() -> impl Strategy<Value = AttributeValue> {
    let value = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<u64>().prop_map(|n| json!(n)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<String>().prop_map(|s| json!(s)),
        vec(any::<i64>(), 0..4).prop_map(|l| json!(l)),
    ];
    (any::<String>(), value).prop_map(|(class, value)| AttributeValue::new(class, value))
}

fn reply() -> impl Strategy<Value = Reply> {
    let counter = (
        any::<String>(),
        option::of(session()),
        option::of(any::<String>()),
        any::<bool>(),
        any::<i64>(),
        option::of(any::<String>()),
        vec(any::<i64>(), 0..4),
    )
        .prop_map(|(node, session, route, new, count, once, list)| CounterReply {
            node,
            session,
            route,
            new,
            count,
            once,
            list,
        });
    (any::<u16>(), vec(any::<String>(), 0..3), option::of(counter), option::of(any::<String>())).prop_map(
        |(status, set_cookie, counter, body)| Reply {
            status,
            set_cookie,
            headers: std::collections::BTreeMap::from([("content-type".to_owned(), "text/html".to_owned())]),
            counter,
            body,
            ..Reply::default()
        },
    )
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        reply().prop_map(|reply| Outcome::Ok { reply }),
        any::<String>().prop_map(|why| Outcome::Failed { why }),
        (any::<String>(), option::of(reply())).prop_map(|(why, reply)| Outcome::Unknown { why, reply }),
    ]
}

fn observation() -> impl Strategy<Value = NodeObservation> {
    let role = prop_oneof![
        Just(ReplicaRole::Primary),
        Just(ReplicaRole::Replica),
        Just(ReplicaRole::Backup),
        Just(ReplicaRole::Proxy),
        Just(ReplicaRole::Local),
    ];
    let replica = (session(), role, any::<bool>(), option::of(any::<i64>()), btree_map(any::<String>(), value(), 0..4))
        .prop_map(|(id, role, valid, max_inactive_s, attributes)| SessionReplica {
            id,
            role,
            valid,
            max_inactive_s,
            attributes,
        });
    let manager = (any::<String>(), btree_map(any::<String>(), any::<String>(), 0..3))
        .prop_map(|(class, attributes)| ManagerState { class, attributes });
    let digest = option::of(any::<String>());
    let context = (any::<String>(), any::<bool>(), any::<bool>(), digest, manager, vec(replica, 0..3)).prop_map(
        |(version, available, distributable, war_sha256, manager, sessions)| ContextState {
            started_ms: available.then_some(7),
            path: ContextPath::new("/counter").expect("a good path"),
            version,
            available,
            distributable,
            war_sha256,
            served_sha256: None,
            cookie: None,
            local_because: None,
            manager,
            sessions,
        },
    );
    let member = (any::<String>(), any::<u16>(), option::of(any::<String>()))
        .prop_map(|(host, port, unique_id)| MemberState { host, port, unique_id });
    let state = (
        any::<String>(),
        option::of(any::<bool>()),
        option::of(any::<i64>()),
        option::of(any::<String>()),
        vec(member, 0..3),
        vec(context, 0..3),
    )
        .prop_map(|(server_info, openejb, send_options, cluster_class, members, contexts)| NodeState {
            server_info,
            openejb,
            send_options,
            cluster_class,
            engine: None,
            running: vec![],
            members,
            contexts,
        });
    let seen = prop_oneof![3 => state.prop_map(Seen::State), 1 => any::<String>().prop_map(Seen::Dead)];
    let question = prop_oneof![
        Just(Question::Members),
        Just(Question::Everything),
        Just(Question::Context(ContextPath::new("/counter").expect("a good path"))),
    ];
    (node(), any::<u64>(), question, seen).prop_map(|(node, asked, question, seen)| NodeObservation {
        node,
        asked: Nanos(asked),
        question,
        seen,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let context = || ContextPath::new("/counter").expect("a good path");
    let endpoints = |nodes: Vec<NodeName>| Endpoints {
        nodes: nodes
            .into_iter()
            .map(|node| {
                let address = std::net::Ipv4Addr::LOCALHOST;
                let ports =
                    NodeEndpoints { http_address: address, http_port: 1, receiver_address: address, receiver_port: 2 };
                (node, ports)
            })
            .collect(),
        multicast: None,
        ..Endpoints::default()
    };
    prop_oneof![
        (any::<u32>(), any::<String>()).prop_map(|(step, title)| Event::StepBegins { step, title }),
        any::<u32>().prop_map(|step| Event::StepEnds { step }),
        vec(node(), 0..3).prop_map(move |nodes| Event::Addressed { endpoints: endpoints(nodes) }),
        vec(node(), 0..4).prop_map(|nodes| Event::ClusterAdopted {
            from: RunId::new("20261122-120000-0001").expect("a good id"),
            nodes
        }),
        node().prop_map(|node| Event::NodeStarts { node }),
        node().prop_map(|node| Event::NodeReady { node }),
        vec(node(), 0..4).prop_map(|nodes| Event::ClusterFormed { nodes }),
        vec(vec(node(), 0..3), 0..3).prop_map(|sides| Event::ClusterSplit { sides }),
        (node(), any::<String>()).prop_map(move |(node, sha256)| Event::WarDropped {
            alone: sha256.is_empty(),
            node,
            context: context(),
            served_sha256: Some(sha256.clone()).filter(|digest| digest.len() > 1),
            sha256
        }),
        node().prop_map(move |node| Event::Deployed { node, context: context() }),
        (node(), any::<u16>()).prop_map(|(node, sessions)| Event::Synchronised { node, sessions: sessions.into() }),
        (any::<String>(), any::<u64>(), option::of(Just(Guarantee::MembersAgree))).prop_map(
            |(wanted, waited_ms, breaks)| Event::WaitRanOut {
                wanted,
                last_seen: String::new(),
                waited_ms,
                breaks,
                went_on: waited_ms % 2 == 0
            }
        ),
        (node(), any::<String>(), any::<u64>()).prop_map(move |(node, why, waited_ms)| Event::DeploymentFailed {
            node,
            context: context(),
            why,
            waited_ms
        }),
        any::<String>().prop_map(move |why| Event::OtherNamespace { context: context(), why }),
        (node(), any::<String>()).prop_map(|(node, why)| Event::NodeDied { node, why }),
        any::<String>().prop_map(|by| Event::Interrupted { by }),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let request = option::of(prop_oneof![Just(AppRequest::Count), Just(AppRequest::ChangeId)]);
    let invoke = (any::<u32>(), node(), request, any::<String>(), option::of(session())).prop_map(
        |(operation, node, request, target, session)| RecordKind::Invoke {
            operation: OperationId(operation),
            client: ClientName::new("alice").expect("a good name"),
            node,
            request,
            target,
            session,
        },
    );
    let phase = prop_oneof![
        Just(FaultPhase::Asked),
        any::<String>().prop_map(|proof| FaultPhase::Hit { proof }),
        any::<String>().prop_map(|seen| FaultPhase::Missed { seen }),
        proptest::option::of(any::<String>()).prop_map(|effect| FaultPhase::Healed { effect }),
    ];
    let log = (node(), any::<String>()).prop_map(|(node, message)| {
        RecordKind::Log(LogLine {
            node,
            node_time: "12:00".to_owned(),
            level: "INFO".to_owned(),
            logger: String::new(),
            message,
            class: LogClass::DeltaForUnknownSession,
        })
    });
    let kind = prop_oneof![
        invoke,
        (any::<u32>(), outcome())
            .prop_map(|(operation, outcome)| RecordKind::Complete { operation: OperationId(operation), outcome }),
        (any::<u32>(), node(), phase).prop_map(|(fault, node, phase)| RecordKind::Fault {
            fault,
            kind: FaultKind::LoseHost,
            node,
            phase
        }),
        observation().prop_map(RecordKind::Observe),
        event().prop_map(RecordKind::Event),
        log,
    ];
    (any::<u64>(), kind).prop_map(|(at, kind)| Record { at: Nanos(at), kind })
}

proptest! {
    #[test]
    fn what_is_written_is_read(records in vec(record(), 0..20)) {
        let history = History { records };
        let bytes = text_of(&history);
        prop_assert_eq!(bytes.split(|byte| *byte == b'\n').count() - 1, history.records.len());
        prop_assert_eq!(read(&bytes[..]).expect("readable"), history);
    }
}

/// One edit of a text: at a place, so many bytes go, and these come.
fn edit() -> impl Strategy<Value = (u16, u8, Vec<u8>)> {
    (any::<u16>(), 0_u8..8, vec(proptest::sample::select(b"\"{}[]:,\n0-1e\\\xffnull".to_vec()), 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever became of a file, it is read or refused at one of its lines; and what is read can be written and read.
    #[test]
    #[ignore = "a million cases: the full tier"]
    fn full_a_damaged_history_is_read_or_refused(edits in vec(edit(), 1..4), cut in any::<u16>()) {
        const GOOD: &str = "{\"at-ns\":1,\"record\":\"event\",\"event\":\"node-starts\",\"node\":\"n1\"}\n\
            {\"at-ns\":2,\"record\":\"complete\",\"operation\":1,\"outcome\":\"failed\",\"why\":\"x\"}\n\
            {\"at-ns\":3,\"record\":\"fault\",\"fault\":1,\"kind\":\"kill\",\"node\":\"n1\",\"phase\":\"asked\"}\n";
        let mut text = GOOD.as_bytes().to_vec();
        text.truncate(text.len() - usize::from(cut) % 40);
        for (place, gone, comes) in edits {
            let place = usize::from(place) % (text.len() + 1);
            let end = (place + usize::from(gone)).min(text.len());
            text.splice(place..end, comes);
        }
        let lines = text.split(|byte| *byte == b'\n').count();
        match read(&text[..]) {
            Ok(history) => prop_assert_eq!(read(&text_of(&history)[..]).expect("readable"), history),
            Err(HistoryError::Line { line, .. } | HistoryError::Read { line, .. }) => {
                prop_assert!((1..=lines).contains(&line));
            }
        }
    }
}
