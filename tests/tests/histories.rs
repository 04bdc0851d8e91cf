//! Stored histories that a judge got wrong once, each with the verdict that is right: as an older release stored them.

use camino::Utf8PathBuf;
use rstest::rstest;
use tomee_harness::history::{self, Event, History, Outcome, RecordKind, Seen};
use tomee_harness::model::Plan;
use tomee_harness::verdict::{Status, Verdict, judge};

fn judged(name: &str) -> Verdict {
    let (plan, history) = stored(name);
    judge(&plan, &history)
}

fn stored(name: &str) -> (Plan, History) {
    let folder = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("histories").join(name);
    let read = |file: &str| fs_err::read_to_string(folder.join(file)).expect("a stored file");
    let plan: Plan = serde_json::from_str(&read("plan.json")).expect("a plan");
    (plan, history::read(read("history.jsonl").as_bytes()).expect("a history"))
}

fn described(verdict: &Verdict) -> String {
    let findings =
        verdict.guarantees.iter().map(|it| format!("{} {:?} {:?}: {}", it.guarantee, it.status, it.aside, it.because));
    let unmet = verdict.assumptions.iter().filter(|it| !it.met).map(|it| format!("NOT {}: {}", it.what, it.because));
    let expectations = verdict.expectations.iter().map(|it| format!("{} {:?}: {}", it.what, it.status, it.because));
    findings.chain(unmet).chain(expectations).collect::<Vec<_>>().join("\n")
}

const HOLDS: &[Status] = &[Status::Holds];
const VIOLATED: &[Status] = &[Status::Violated];
const UNKNOWN: &[Status] = &[Status::Unknown];
const NO_GREEN: &[Status] = &[Status::Violated, Status::Unknown];

#[rstest]
// A loss that nobody expects, in another session than the one that is expected, or allowed.
#[case("F01-loss-hidden-by-an-expected-one", VIOLATED)]
#[case("F01b-loss-hidden-by-an-allowed-one", VIOLATED)]
// Of some sessions nothing but errors came after a kill of another node, a partition, or a move.
#[case("F03-sessions-of-the-survivor-only-500", UNKNOWN)]
#[case("F03b-partition-4-of-5-only-500", UNKNOWN)]
#[case("F03d-move-4-of-5-only-500", UNKNOWN)]
// The sessions that took the place of lost ones are no sessions that were kept.
#[case("F04-allowed-percent-of-a-padded-total", VIOLATED)]
#[case("R07-trials-count-the-replacements", UNKNOWN)]
// A client is given another one's session, sends its id, or sends none any more.
#[case("F05-foreign-session-to-a-new-client", VIOLATED)]
#[case("F06d-client-sends-the-id-of-another", UNKNOWN)]
#[case("F06-cookie-lost-behind-a-tested-failover", UNKNOWN)]
#[case("F06c-cookie-for-another-path-identity-not-asked", NO_GREEN)]
// A frozen node that answers, and one that is not stopped.
#[case("F07b-frozen-node-answers-looks", UNKNOWN)]
#[case("F07c-frozen-node-answers-a-client", UNKNOWN)]
#[case("F07d-pause-proved-by-state-S", UNKNOWN)]
// Records of one operation are not there.
#[case("F08-gap-in-the-operation-numbers", UNKNOWN)]
// Warnings have another name.
#[case("F10-log-levels-in-another-language", UNKNOWN)]
#[case("F11-second-app-manager-not-reported", UNKNOWN)]
// Thresholds that only some of what they are about keeps.
#[case("F12-latency-without-the-timeouts", VIOLATED)]
#[case("F12b-first-answer-of-who-did-not-fail-over", VIOLATED)]
#[case("F12c-farm-second-app-60s", VIOLATED)]
#[case("F12d-second-state-transfer-not-measured", UNKNOWN)]
#[case("F15-node-died-without-a-record", UNKNOWN)]
// Not all clients asked.
#[case("F16-traffic-of-one-of-four", UNKNOWN)]
#[case("F16c-one-client-asked-for-three", UNKNOWN)]
// One trial of several showed something.
#[case("F17-expiry-of-one-of-five", UNKNOWN)]
#[case("F17b-one-of-two-pauses-not-decided", UNKNOWN)]
// Nodes that live on know each other no more.
#[case("F18-survivors-list-nobody", VIOLATED)]
#[case("F19-front-never-told-of-n1", UNKNOWN)]
// Nobody used it for more than twice its time.
#[case("R03-expired-by-right-counter", UNKNOWN)]
fn what_an_adversary_made_of_histories_is_judged_rightly(#[case] name: &str, #[case] right: &[Status]) {
    let verdict = judged(&format!("adversary/{name}"));
    assert!(right.contains(&verdict.status), "{:?}\n{}", verdict.status, described(&verdict));
}

/// Histories of real and of made-up runs with one thing changed each, as a broken server, app or harness may leave it, and
/// beside them near misses with another end. The table says what is right of each.
#[test]
fn what_one_change_makes_of_a_history_is_judged_rightly() {
    let table = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("histories/mutated/right.txt");
    let table = fs_err::read_to_string(table).expect("a table");
    let wrong: Vec<String> = table
        .lines()
        .filter_map(|line| {
            let (right, name) = line.split_once(' ').expect("a status and a name");
            let verdict = judged(&format!("mutated/{}", name.trim()));
            let found = format!("{:?}", verdict.status).to_lowercase();
            (found != right).then(|| format!("{name} is {found} and not {right}:\n{}", described(&verdict)))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(table.lines().count() > 100, "most are gone");
}

#[rstest]
// After a kill under traffic each session began anew; each had a request under way.
#[case("F01-kill-under-traffic-unjudged", VIOLATED)]
// Of 20 sessions one was answered after the kill, the others got HTTP 500.
#[case("F02-one-of-20-answered-rest-500", UNKNOWN)]
#[case("F02b-real-traffic-3-of-4-only-500", UNKNOWN)]
#[case("F02c-first-right-then-only-500", UNKNOWN)]
// A write without an answer had landed, and hides that an acknowledged one is lost.
#[case("F03-slack-of-a-landed-unknown", VIOLATED)]
#[case("F03b-in-flight-at-kill-then-loss-at-2nd-failover", VIOLATED)]
#[case("F03c-three-lost", VIOLATED)]
// A write without an answer had not landed, and hides that another counted twice.
#[case("F03d-doubled-write-hidden", VIOLATED)]
// An end or a change of id without an answer, and right answers after it: no excuse any more.
#[case("F04-invalidate-excuses-for-ever", VIOLATED)]
#[case("F04b-invalidate-500", VIOLATED)]
#[case("F04c-change-id-500", VIOLATED)]
#[case("F04d-read-on-n3-404", VIOLATED)]
// A partition that was over, and acknowledged writes after it.
#[case("F06-torn-for-ever-delta", VIOLATED)]
#[case("F06b-torn-for-ever-backup", VIOLATED)]
#[case("F06c-eviction-under-latency", VIOLATED)]
// A second kill voids nothing that was lost before.
#[case("F07-void-not-scoped-in-time", VIOLATED)]
// The killed node had never held anything.
#[case("F08-vacuous-kill-no-replication", UNKNOWN)]
// The victim had died by itself, seven seconds before.
#[case("F09-crash-taken-for-the-kill", UNKNOWN)]
// No line of any log was ever read.
#[case("F10-no-log-without-logs", UNKNOWN)]
#[case("F11-stale-replica-is-a-note", NO_GREEN)]
// A client without its cookie, and one whose cookie is for another path.
#[case("F13-cookie-lost", NO_GREEN)]
#[case("F13b-cookie-for-another-path", VIOLATED)]
// Refused for 29 s, and then answered at once.
#[case("F14-first-answer-1s", VIOLATED)]
#[case("F14c-eviction", UNKNOWN)]
// What takes 1.1 s may have waited for a peer, or not.
#[case("F15-replication-waits-1.1s", UNKNOWN)]
#[case("F17-steps-that-did-nothing", UNKNOWN)]
#[case("F18-war-bytes-untold", UNKNOWN)]
// No proof of a violation.
#[case("R01-change-id-lost-answer", UNKNOWN)]
#[case("R02-expired-by-right-dead-look", UNKNOWN)]
#[case("R04-first-request-500-midway", UNKNOWN)]
// Decided, though not at first sight.
#[case("U01-kill-under-traffic-all-unknown", HOLDS)]
#[case("U02-full-disk-threshold", HOLDS)]
#[case("U05-500-one-client", VIOLATED)]
// A third node was cut off while the owner died: the backup on the owner's side had been seen.
#[case("partition-and-kill-of-the-owner", HOLDS)]
// Apps of which nothing is known, on Tomcat 10.1.59: each bad one beside one that is good.
#[case("apps/cart-in-a-static-map", VIOLATED)]
#[case("apps/cart-in-the-session", HOLDS)]
#[case("apps/login-outside-the-session", VIOLATED)]
#[case("apps/empty-page", VIOLATED)]
#[case("apps/page-that-names-its-node", HOLDS)]
#[case("apps/page-on-the-disk-of-one", VIOLATED)]
#[case("apps/page-on-the-disk-of-each", HOLDS)]
#[case("apps/transient-field-that-is-needed", VIOLATED)]
#[case("apps/transient-field-that-is-made-anew", HOLDS)]
#[case("apps/list-changed-in-place", VIOLATED)]
#[case("apps/list-put-back", HOLDS)]
#[case("apps/list-of-what-cannot-be-serialised", VIOLATED)]
#[case("apps/list-of-what-can", HOLDS)]
#[case("apps/class-that-throws-on-the-peer", VIOLATED)]
#[case("apps/values-of-many-classes", HOLDS)]
// A Manager with expireSessionsOnShutdown: by the end of the owner, and by that of another node.
#[case("apps/expired-with-the-stop", VIOLATED)]
#[case("apps/expired-with-the-stop-of-another", VIOLATED)]
#[case("apps/kept-with-the-stop", HOLDS)]
#[case("apps/killed-instead-of-stopped", HOLDS)]
// What a request does after the kill is the app's doing.
#[case("apps/id-changed-each-time", HOLDS)]
#[case("apps/login-after-the-kill", HOLDS)]
#[case("apps/spring", HOLDS)]
#[case("apps/spring-flash-attribute", HOLDS)]
fn a_stored_history_is_judged_rightly(#[case] name: &str, #[case] right: &[Status]) {
    let verdict = judged(name);
    assert!(right.contains(&verdict.status), "{name}: {:?}\n{}", verdict.status, described(&verdict));
}

/// What is taken from a record of a good history.
enum Take {
    Nothing,
    /// All sessions that a look showed.
    Sessions,
    /// The cookies of an answer.
    Cookies,
    /// The list in an answer of the counter's.
    List,
}

fn judged_without(name: &str, record: usize, take: &Take) -> Verdict {
    let (plan, mut history) = stored(name);
    match (take, &mut history.records[record].kind) {
        (Take::Nothing, _) => {}
        (Take::Sessions, RecordKind::Observe(look)) => match &mut look.seen {
            Seen::State(state) => state.contexts[0].sessions.clear(),
            Seen::Dead(why) => panic!("the probe was dead: {why}"),
        },
        (Take::Cookies, RecordKind::Complete { outcome: Outcome::Ok { reply }, .. }) => reply.set_cookie.clear(),
        (Take::List, RecordKind::Complete { outcome: Outcome::Ok { reply }, .. }) => {
            reply.counter.as_mut().expect("an answer of the counter's").list.clear();
        }
        (_, other) => panic!("neither a look nor an answer: {other:?}"),
    }
    judge(&plan, &history)
}

const UNDER_TRAFFIC: &str = "U01-kill-under-traffic-all-unknown";
const CUT_OFF: &str = "partition-and-kill-of-the-owner";

#[rstest]
// Clients go on asking, on the node that has their sessions: nothing takes these away.
#[case(UNDER_TRAFFIC, 92, Take::Sessions)]
// The client of a node that is gone was asking there, and is not given its new id.
#[case(UNDER_TRAFFIC, 138, Take::Cookies)]
// The first answer lacks what the request that makes a session writes.
#[case(UNDER_TRAFFIC, 31, Take::List)]
// BackupManager: the node that answered last has nothing, though nobody asked for it since.
#[case(CUT_OFF, 40, Take::Sessions)]
fn what_is_taken_from_a_good_history_is_missed(#[case] name: &str, #[case] record: usize, #[case] take: Take) {
    assert_eq!(judged_without(name, record, &Take::Nothing).status, Status::Holds);
    let verdict = judged_without(name, record, &take);
    assert_eq!(verdict.status, Status::Violated, "{}", described(&verdict));
}

/// Requests, faults, steps and starts: what the run has done. Of looks and lines there are more than one needs.
fn is_of_what_was_done(kind: &RecordKind) -> bool {
    match kind {
        RecordKind::Invoke { .. } | RecordKind::Complete { .. } | RecordKind::Fault { .. } => true,
        RecordKind::Event(event) => {
            matches!(
                event,
                Event::StepBegins { .. } | Event::StepEnds { .. } | Event::NodeStarts { .. } | Event::NodeReady { .. }
            )
        }
        RecordKind::Observe(_) | RecordKind::Log(_) => false,
    }
}

#[rstest]
#[case(UNDER_TRAFFIC)]
#[case(CUT_OFF)]
#[case("U02-full-disk-threshold")]
#[case("apps/cart-in-the-session")]
#[case("apps/list-put-back")]
#[case("apps/kept-with-the-stop")]
#[case("apps/login-after-the-kill")]
fn a_good_history_without_a_record_of_what_was_done_does_not_hold(#[case] name: &str) {
    let (plan, whole) = stored(name);
    let places = whole.records.iter().enumerate().filter(|(_, record)| is_of_what_was_done(&record.kind));
    let green = places.filter_map(|(place, gone)| {
        let mut less = whole.clone();
        less.records.remove(place);
        (judge(&plan, &less).status == Status::Holds).then(|| format!("{place}: {:?}", gone.kind))
    });
    let green: Vec<String> = green.collect();
    assert!(green.is_empty(), "{name} holds without\n{}", green.join("\n"));
}
