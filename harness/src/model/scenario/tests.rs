mod load;
mod unpacked;
mod wide;

use proptest::prelude::*;

use super::*;
use crate::model::{Guarantee, ManagerKind, StepKind, Target, Topology};

fn two() -> Topology {
    Topology::of(2).expect("two nodes")
}

/// The example of the manual: every run of it makes a plan that any runtime takes.
const SCENARIO: &str = r#"
name = "the session survives the kill of its owner"
catalogue = "S07"
guarantees = ["replicated-writes-survive", "acknowledged-writes-survive", "complete-session", "identity-kept"]

[cluster]
nodes = 2
send-options = "sync-ack"

[matrix]
manager = ["delta", "backup"]

[[step]]
deploy = "counter"
through = "farm"
on = "n1"

[[step]]
client = "alice"
request = "count"
on = "n1"
times = 4

[[step]]
kill = "n1"

[[step]]
client = "alice"
request = "count"
on = "n2"
expect = { count = 5, first-answer-within = "1s" }
"#;

#[test]
fn a_scenario_makes_one_plan_for_each_cell_of_its_matrix() {
    let scenario = Scenario::parse(SCENARIO.as_bytes()).expect("it is valid");
    let plans = scenario.plans(&two()).expect("plans");
    let cells: Vec<String> = plans.iter().map(|run| run.cell.to_string()).collect();
    assert_eq!(cells, ["manager=delta", "manager=backup"]);
    assert_eq!(plans[1].plan.topology.cluster.manager, ManagerKind::Backup);
    insta::assert_json_snapshot!(plans[0].plan.steps);
    insta::assert_snapshot!(scenario.explain(&two()).expect("prose"));
}

/// What is said of one Manager's element is no mistake in the cells of the other. Where no cell has it, it is one.
#[test]
fn a_matrix_of_managers_may_say_something_of_each() {
    let elements = "[cluster.elements]\ndelta-manager = { state-transfer-timeout = 3 }\n\
                    backup-manager = { rpc-timeout = 1000 }\n[node.n2.elements]\n\
                    delta-manager = { state-transfer-timeout = 4 }\nbackup-manager = { rpc-timeout = 2000 }\n";
    let limits = |matrix: &str| {
        let text = format!("name = \"x\"\n{elements}\n{matrix}\n[[step]]\ndeploy = \"counter\"\n");
        let scenario = Scenario::parse(text.as_bytes()).expect("it is valid");
        let plans = scenario.plans(&two()).expect("plans");
        let of = |plan: &crate::model::Plan| {
            let nodes = plan.topology.nodes.iter().filter_map(|node| node.changes.elements.as_deref());
            let all = std::iter::once(&plan.topology.cluster.elements).chain(nodes);
            all.map(|it| (it.delta_manager.state_transfer_timeout, it.backup_manager.rpc_timeout)).collect::<Vec<_>>()
        };
        plans.iter().map(|run| of(&run.plan)).collect::<Vec<_>>()
    };
    let both = limits("[matrix]\nmanager = [\"delta\", \"backup\"]");
    assert_eq!(both, [[(Some(3), None), (Some(4), None)], [(None, Some(1000)), (None, Some(2000))]]);
    assert_eq!(limits("")[0], [(Some(3), Some(1000)), (Some(4), Some(2000))], "it is refused when it is rendered");
}

#[test]
fn what_the_command_line_says_wins_over_the_scenario_and_its_matrix() {
    let scenario = Scenario::parse(SCENARIO.as_bytes()).expect("it is valid");
    let mut said = ClusterTable::default();
    said.set("manager", "backup").expect("a manager");
    said.set("nodes", "4").expect("a number");
    let plans = scenario.plans_with(&two(), &said).expect("plans");
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].plan.topology.nodes.len(), 4);
    assert_eq!(plans[0].plan.topology.cluster.manager, ManagerKind::Backup);
    for (key, value) in [("nodes", "many"), ("nodes", "9"), ("manager", "standard"), ("node", "3")] {
        let mut said = ClusterTable::default();
        let refused = said.set(key, value).and_then(|()| scenario.plans_with(&two(), &said).map(drop));
        assert!(refused.is_err(), "{key}={value} was taken");
    }
}

#[test]
fn a_scenario_without_a_fault_is_not_judged_by_what_only_a_fault_shows() {
    let scenario = "name = \"served\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\n";
    let plans = Scenario::parse(scenario.as_bytes()).expect("it is valid").plans(&two()).expect("plans");
    let plan = &plans[0].plan;
    assert!(plan.guarantees.contains(&Guarantee::DeployedEverywhere));
    assert!(!plan.guarantees.contains(&Guarantee::AcknowledgedWritesSurvive));
    assert!(matches!(plan.steps.last().map(|step| &step.kind), Some(StepKind::Observe { .. })), "replicas are read");
}

#[test]
fn repetitions_are_written_out_and_counted() {
    let scenario = |times: u32| {
        format!(
            "name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrepeat = {times}\nsteps = [{{ request = \"count\", \
             on = \"rotate\" }}, {{ pause = \"n1\", for = \"1s\" }}]\n"
        )
    };
    let plans = Scenario::parse(scenario(3).as_bytes()).expect("it is valid").plans(&two()).expect("plans");
    let requests = plans[0].plan.steps.iter().filter(|step| matches!(step.kind, StepKind::Request { .. })).count();
    assert_eq!(requests, 3);
    assert!(Scenario::parse(scenario(0).as_bytes()).is_err());
    assert!(Scenario::parse(scenario(4_000_000_000).as_bytes()).is_err());
    let nested = "repeat = 900\nsteps = [".repeat(3);
    let deep = format!("name = \"x\"\n[[step]]\n{nested}");
    assert!(Scenario::parse(deep.as_bytes()).is_err(), "no endless scenario");
}

#[test]
fn each_mistake_is_reported_at_its_place_with_the_nearest_right_word() {
    let step = |step: &str| {
        format!(
            "name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\n[[step]]\n{step}\n"
        )
    };
    let bad = [
        "name = ".to_owned(),
        step("request = \"count\"\non = \"n1\"\nexpect = { created = [\"n1\"] }"),
        step("deploy = \"listener\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\nexpect = { destroyed = [\"n3\"] }"),
        step("get = \"/counter/\"\non = \"n1\"\nexpect = { created = [] }"),
        step("look = \"n1\"\nexpect = { created = [] }"),
        "nam = \"x\"".to_owned(),
        "name = 3".to_owned(),
        "name = \"x\"\n[cluster]\nmanger = \"delta\"".to_owned(),
        "name = \"x\"\n[cluster]\nmanager = \"standard\"".to_owned(),
        "name = \"x\"\n[cluster]\nnodes = 12".to_owned(),
        "name = \"x\"\n[matrix]\nnode = [2, 3]".to_owned(),
        "name = \"x\"\nexpect-violation = \"lost-request\"".to_owned(),
        "name = \"x\"\nguarantees = [\"replicated-write-survives\"]".to_owned(),
        "name = \"x\"\n[[step]]\nrequest = \"count\"\non = \"n1\"".to_owned(),
        "name = \"x\"\n[[step]]\ndeploy = \"conter\"".to_owned(),
        "name = \"x\"\n[[step]]\ndeploy = \"../../etc/..war\"".to_owned(),
        "name = \"x\"\n[[step]]\ndeploy = \"shop.war\"\n[[step]]\nrequest = \"count\"\non = \"n1\"".to_owned(),
        step(""),
        step("kill = \"n3\""),
        step("kill = \"ownr\""),
        step("kil = \"n1\""),
        step("kill = \"n1\"\nstop = \"n2\""),
        step("kill = \"n1\"\ntimes = 2"),
        step("kill = \"n1\"\nfor = \"3s\""),
        step("kill = \"rotate\""),
        step("request = \"count\""),
        step("request = \"cuont\"\non = \"n1\""),
        step("request = \"count\"\non = \"n1\"\ntimes = 0"),
        step("request = \"count\"\non = \"n1\"\nclients = 2\nparallel = 3"),
        step("request = \"count\"\non = \"n1\"\ntimes = 2\nat-once = 3"),
        step("request = \"count\"\non = \"n1\"\ntimes = 9\nat-once = 3\nevery = \"1s\""),
        step("request = \"count\"\non = \"n1\"\nat = \"/shop\""),
        step("request = \"count\"\non = \"n1\"\nexpect = { count = -1 }"),
        step("request = \"count\"\non = \"n1\"\nexpect = { cont = 1 }"),
        step("request = \"count\"\non = \"n1\"\nexpect = {}"),
        step("request = \"count\"\non = \"n1\"\nexpect = { answered = false, count = 1 }"),
        step("request = \"count\"\non = \"n1\"\nexpect = { status = 42 }"),
        step("request = \"count\"\non = \"n1\"\nexpect = { first-answer-within = \"1h\" }"),
        step("request = \"count\"\non = \"n1\"\nexpect = { route = \"n7\" }"),
        step("get = \"no path\"\non = \"n1\""),
        step("get = \"/\"\non = \"n1\"\nexpect = { count = 1 }"),
        step("restart = \"n1\""),
        step("heal = \"n1\""),
        step("wait = \"state-transferred\""),
        step("wait = \"sessions\"\non = \"n1\""),
        step("repeat = 3"),
        step("kill = \"n1\"\n[[step]]\nrequest = \"count\"\non = \"n1\""),
        step("kill = \"n1\"\n[[step]]\nkill = \"n2\"\n[[step]]\nrequest = \"count\"\non = \"rotate\""),
    ];
    insta::assert_snapshot!(refusals(&bad));
}

/// What is said of texts that are refused, a line or two each.
fn refusals(texts: &[String]) -> String {
    let lines = texts.iter().map(|text| {
        let error = Scenario::parse(text.as_bytes()).expect_err(text);
        let at = error.span.clone().map_or("nowhere", |span| text.get(span).expect("a span is in the text"));
        let help = error.help.as_ref().map(|help| format!("\n    help: {help}")).unwrap_or_default();
        format!("{} @ {}{help}", error.message, at.replace('\n', "⏎"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What people write who know Tomcat, or another language.
#[test]
fn a_word_without_quotes_and_a_name_of_tomcats_are_mended_and_a_number_is_taken() {
    let text = |rest: &str| format!("name = \"x\"\n[cluster]\n{rest}\n[[step]]\ndeploy = \"counter\"\n");
    for (step, word) in [
        ("kill = n1", "n1"),
        ("kill = owner # the first", "owner"),
        ("request = \"count\"\non = true-north", "true-north"),
        ("restart = \"n1\"\nwith = { war = shop.war, at = \"/shop\" }", "shop.war"),
    ] {
        let text = format!("{}[[step]]\n{step}\n", text(""));
        let bare = Scenario::parse(text.as_bytes()).expect_err("no quotes");
        assert_eq!(bare.message, format!("missing quotes around `{word}`"), "{step}");
        assert_eq!(bare.help, Some(format!("write `\"{word}\"`")), "{step}");
        assert!(bare.span.is_some_and(|span| text.get(span).is_some()), "{step}");
    }
    let unknown = Scenario::parse("name = \"x\"\nat-most = { zzzzzzzz = 1 }\n".as_bytes()).expect_err("no such key");
    assert!(unknown.message.starts_with("unknown field `zzzzzzzz`"), "{unknown}");
    let manager = Scenario::parse(text("manager = \"BackupManager\"").as_bytes()).expect_err("a class");
    assert_eq!(manager.help.as_deref(), Some("did you mean `backup`?"), "{manager}");
    let options = Scenario::parse(text("send-options = 8").as_bytes()).expect("a number");
    let plan = options.plans(&two()).expect("plans").remove(0).plan;
    assert_eq!(plan.topology.cluster.send_options, crate::model::SendOptions::ASYNC);
}

#[test]
fn a_fault_that_cannot_be_done_is_refused_at_its_place() {
    let step = |text: &str| format!("name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\n{text}");
    let bad = [
        step("latency = \"200ms\""),
        step("latency = \"n1\""),
        step("latency = \"n1\"\ndelay = \"0ms\""),
        step("latency = \"n1\"\ndelay = \"2m\""),
        step("partition = \"n1\"\ndelay = \"200ms\""),
        step("packet-loss = \"n1\""),
        step("packet-loss = \"n1\"\npercent = 100"),
        step("partition = \"n1\"\npercent = 30"),
        step("partition = \"n1\"\nfor = \"0s\""),
        step("request = \"count\"\non = \"n1\"\nfor = \"3s\""),
        step("membership-partition = \"n1\""),
        step("partition = \"n1\"\n[[step]]\ndrop-incoming = \"n1\""),
        step("partition = \"n1\"\n[[step]]\nkill = \"n2\"\n[[step]]\nrestart = \"n2\""),
        step("drop-outgoing = \"n1\"\n[[step]]\nwait = \"cluster-formed\""),
        step("slow-node = \"n1\""),
        step("skew-clock = \"n1\""),
        step("skew-clock = \"n1\"\nby = \"1h\""),
        step("fill-disk = \"n1\"\nby = \"+1h\""),
        step("fill-disk = \"n1\"\n[[step]]\nfill-disk = \"n1\""),
        step("pause = \"n1\"\n[[step]]\nslow-node = \"n1\"\npercent = 5"),
        step("slow-node = \"n1\"\npercent = 5\n[[step]]\nlose-host = \"n1\""),
        step("lose-host = \"n1\"\nfor = \"3s\""),
        step("lose-host = \"n1\"\n[[step]]\nheal = \"n1\""),
    ];
    insta::assert_snapshot!(refusals(&bad));
}

/// Unlike a frozen node, one that is cut off from its peers is asked, and healed by its name or after a time.
#[test]
fn a_node_that_is_cut_off_is_asked_all_the_same() {
    let ask = "[[step]]\nrequest = \"count\"\non = \"n1\"\n";
    for fault in ["partition", "tribes-partition", "drop-incoming", "drop-outgoing", "packet-loss", "pause"] {
        let percent = if fault == "packet-loss" { "percent = 30\n" } else { "" };
        let text = format!("name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\n{fault} = \"n1\"\n{percent}");
        let asked = Scenario::parse(format!("{text}{ask}").as_bytes());
        assert_eq!(asked.is_ok(), fault != "pause", "{fault}: {asked:?}");
        Scenario::parse(format!("{text}[[step]]\nheal = \"n1\"\n{ask}").as_bytes()).expect(fault);
        Scenario::parse(format!("{text}for = \"3s\"\n{ask}").as_bytes()).expect(fault);
    }
}

#[test]
fn faults_overlap_and_machines_are_prepared_for_those_that_need_it() {
    let faults = "slow-node = \"n1\"\npercent = 5\n[[step]]\nfill-disk = \"n1\"\n[[step]]\nskew-clock = \"n1\"\nby = \"+1h\"\n\
                  [[step]]\npartition = \"n2\"\n[[step]]\npause = \"n2\"\n[[step]]\nheal = \"n2\"\n[[step]]\nkill = \"n1\"";
    let text = format!("name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\n{faults}\n");
    let plans = Scenario::parse(text.as_bytes()).expect("they overlap").plans(&two()).expect("they are valid");
    let prepared: Vec<_> = plans[0].plan.topology.prepared_for.iter().copied().collect();
    assert_eq!(prepared, [crate::model::FaultKind::FillDisk, crate::model::FaultKind::SkewClock]);
}

#[test]
fn what_is_no_text_or_too_much_of_it_is_refused() {
    assert!(Scenario::parse(&[0xff, 0xfe]).expect_err("no UTF-8").message.contains("UTF-8"));
    let big = format!("name = \"x\"\n#{}", "x".repeat(10_000_000));
    assert!(Scenario::parse(big.as_bytes()).expect_err("10 MB").message.contains("at most"));
}

#[test]
fn every_shipped_scenario_is_valid_and_its_matrix_is_not_empty() {
    let all = shipped();
    assert!(!all.is_empty());
    for scenario in all {
        let read = Scenario::parse(scenario.content);
        let read = read.unwrap_or_else(|error| panic!("{}: {error} ({:?})", scenario.name, error.help));
        let plans = read.plans(&two()).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        assert!(!plans.is_empty(), "{}", scenario.name);
        assert!(read.explain(&two()).is_ok(), "{}", scenario.name);
    }
}

fn word() -> impl Strategy<Value = String> {
    let words = [
        "name",
        "step",
        "cluster",
        "matrix",
        "deploy",
        "request",
        "get",
        "kill",
        "pause",
        "partition",
        "packet-loss",
        "percent",
        "slow-node",
        "fill-disk",
        "skew-clock",
        "by",
        "+1h",
        "latency",
        "delay",
        "restart",
        "heal",
        "wait",
        "repeat",
        "steps",
        "on",
        "times",
        "for",
        "expect",
        "count",
        "counter",
        "n1",
        "n2",
        "n9",
        "owner",
        "victim",
        "rotate",
        "sticky",
        "delta",
        "backup",
        "cluster-formed",
        "sessions",
        "1s",
        "0ms",
        "/counter",
        "[[step]]",
        "[",
        "]",
        "{",
        "}",
        "=",
        ",",
        "\"",
        "\n",
        "#",
        "-1",
        "3",
        "99999999999",
        "true",
        "..",
        "é",
        "\u{0}",
    ];
    proptest::sample::select(words.to_vec()).prop_map(str::to_owned)
}

proptest! {
    /// Whatever is read, there is an answer, and a mistake's place is in the text.
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(words in proptest::collection::vec(word(), 0..40)) {
        let text = words.concat();
        if let Err(error) = Scenario::parse(text.as_bytes()) {
            prop_assert!(!error.message.is_empty());
            prop_assert!(error.span.is_none_or(|span| text.get(span).is_some()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // Not to panic is what is asserted.
        let _ = Scenario::parse(&bytes);
    }

    /// A target's text is read back as the same target.
    #[test]
    fn targets_go_round(text in "[a-z0-9-]{1,8}") {
        if let Ok(target) = text.parse::<Target>() {
            prop_assert_eq!(target.to_string(), text);
        }
    }
}

/// One edit of a text: at a place, so many bytes go, and this comes.
fn edit() -> impl Strategy<Value = (u16, u8, &'static str)> {
    const WORDS: [&str; 19] = [
        "",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        ",",
        "-1",
        "99999999999",
        "n9",
        "owner",
        "on",
        "kill",
        "[[step]]\n",
        "times = 0\n",
        "\u{fc}",
        "\u{0}",
    ];
    (any::<u16>(), 0_u8..6, proptest::sample::select(WORDS.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A good scenario with a few bytes changed is nearer to what people write than any bytes.
    #[test]
    #[ignore = "a million cases: the full tier"]
    fn full_an_edited_scenario_is_read_or_refused_at_a_place_in_it(edits in proptest::collection::vec(edit(), 1..4)) {
        const SHORT: &str = "name = \"x\"\n[matrix]\nnodes = [2, 3]\n[[step]]\ndeploy = \"counter\"\n[[step]]\n\
                             request = \"count\"\non = \"n1\"\nexpect = { count = 1 }\n[[step]]\nkill = \"owner\"\n";
        let mut text = SHORT.as_bytes().to_vec();
        for (place, gone, comes) in edits {
            let place = usize::from(place) % (text.len() + 1);
            let end = (place + usize::from(gone)).min(text.len());
            text.splice(place..end, comes.bytes());
        }
        if let Err(error) = Scenario::parse(&text) {
            prop_assert!(!error.message.is_empty());
            let text = std::str::from_utf8(&text).ok();
            prop_assert!(error.span.is_none_or(|span| text.is_some_and(|text| text.get(span).is_some())));
        }
    }
}
