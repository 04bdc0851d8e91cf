use rstest::rstest;

use crate::model::scenario::{Scenario, ScenarioError};
use crate::model::{NodeName, Topology};

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse(format!("name = \"x\"\n{text}\n").as_bytes())
}

#[rstest]
#[case::a_port_for_all(
    "[cluster.elements.receiver]\nport = 4100",
    "port = 4100",
    "`port` of the receiver is set by the harness"
)]
#[case::a_dotted_port("[cluster.elements]\nreceiver.port = 4100", "port = 4100", "[node.n1.elements.receiver]")]
#[case::a_port_in_a_line(
    "[cluster]\nelements = { receiver = { port = 4100 } }",
    "port = 4100",
    "is set by the harness"
)]
#[case::a_port_by_another_key(
    "[cluster.elements.receiver]\nother = { port = \"4100\" }",
    "other = { port = \"4100\" }",
    "has a key of its own"
)]
#[case::a_udp_port_for_all(
    "[cluster.elements.receiver]\nudp-port = 4100",
    "udp-port = 4100",
    "`udp-port` cannot be the same"
)]
#[case::an_address("[cluster.elements.receiver]\naddress = \"auto\"", "address = \"auto\"", "no node has \"auto\"")]
#[case::an_address_of_another_machine(
    "[node.n1.elements.receiver]\naddress = \"10.0.0.1\"",
    "address = \"10.0.0.1\"",
    "set by the harness"
)]
#[case::one_port_for_two(
    "[node.n1.elements.receiver]\nport = 4100\n[node.n2.elements]\nreceiver = { port = 4100}",
    "port = 4100}",
    "n1 and n2 share one address"
)]
#[case::a_group(
    "[cluster]\nmembership = \"multicast\"\n[cluster.elements.multicast-membership]\naddress = \"228.0.0.4\"",
    "address = \"228.0.0.4\"",
    "each run has a group of its own"
)]
#[case::a_route(
    "[cluster.elements.delta-manager]\nsession-id-generator = { jvm-route = \"n1\" }",
    "session-id-generator",
    "`jvm-routes` in [cluster]"
)]
#[case::a_folder_for_all(
    "[cluster.elements.deployer]\nwatch-dir = \"/tmp/war\"",
    "watch-dir = \"/tmp/war\"",
    "below CATALINA_BASE"
)]
#[case::a_folder_of_one_node(
    "[cluster.elements.deployer]\ndeploy-dir = \"a\"\n[node.n2.elements]\nvalves = []",
    "elements",
    "repeat `deploy-dir = \"a\"`"
)]
#[case::an_argument(
    "[cluster]\njvm-args = [\"-Xmx1g\", \"-Dcatalina.base=/x\"]",
    "\"-Dcatalina.base=/x\"",
    "`-Dcatalina.base` is set"
)]
#[case::a_port_at_a_restart(
    "[[step]]\nkill = \"n1\"\n[[step]]\nrestart = \"n1\"\nwith = { elements = { receiver = { port = 4100 } } }",
    "{ elements",
    "stay as they are at a restart"
)]
fn what_the_harness_sets_is_refused_at_its_place(#[case] text: &str, #[case] at: &str, #[case] says: &str) {
    let error = read(text).expect_err("it is refused");
    let whole = format!("{error} {}", error.help.clone().unwrap_or_default());
    assert!(whole.contains(says), "{whole}");
    let text = format!("name = \"x\"\n{text}\n");
    let place = error.span.expect("a place");
    let shown = &text[place];
    assert!(shown.starts_with(at.trim_end_matches('}')) || at.starts_with(shown), "{shown:?} is not {at:?}");
}

#[rstest]
#[case::a_port_for_one_node("[node.n1.elements.receiver]\nport = 4100")]
#[case::a_port_for_each_node("[node.n1.elements.receiver]\nport = 4100\n[node.n2.elements.receiver]\nport = 4101")]
#[case::any_address("[cluster.elements.receiver]\naddress = \"0.0.0.0\"")]
#[case::an_address_of_the_loopback("[cluster.elements.receiver]\naddress = \"127.0.0.2\"")]
#[case::what_the_harness_does_not_set("[cluster.elements.receiver]\nmax-threads = 8\nauto-bind = 100")]
#[case::a_list_of_members("[cluster.elements.static-membership]\nmembers = [{ host = \"127.0.0.1\", port = 4100 }]")]
#[case::a_drop_time("[cluster]\nmembership = \"multicast\"\n[cluster.elements.multicast-membership]\ndrop-time = 5000")]
#[case::a_folder_below_the_base("[cluster.elements.deployer]\nwatch-dir = \"cluster/in\"")]
#[case::the_same_folder_again(
    "[cluster.elements.deployer]\ndeploy-dir = \"a\"\n[node.n2.elements.deployer]\ndeploy-dir = \"a\"\n"
)]
#[case::an_argument_of_the_user("[cluster]\njvm-args = [\"-Dcatalina.x=1\", \"-DjvmRoute=n1\"]")]
#[case::a_length_of_ids("[cluster.elements.delta-manager]\nsession-id-generator = { session-id-length = 20 }")]
fn what_can_be_honoured_is_taken(#[case] text: &str) {
    read(text).expect("it is taken");
}

#[test]
fn the_watcher_is_the_node_that_watches() {
    let watcher = |text: &str| {
        let plans = read(text).expect("it is taken").plans(&Topology::of(2).expect("two nodes")).expect("a plan");
        plans[0].plan.topology.watcher().clone()
    };
    let of = |n1: &str, n2: &str| format!("[node.n1.elements.deployer]\n{n1}\n[node.n2.elements.deployer]\n{n2}");
    assert_eq!(watcher(""), NodeName::nth(0));
    assert_eq!(watcher(&of("watch-enabled = false", "watch-enabled = true")), NodeName::nth(1));
    assert_eq!(watcher(&of("watch-enabled = false", "")), NodeName::nth(1));
    assert_eq!(watcher(&of("watch-enabled = true", "watch-enabled = true")), NodeName::nth(0));
}
