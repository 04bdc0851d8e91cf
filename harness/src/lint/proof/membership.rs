//! Proofs of rules about members.

use super::experiment::{Experiment, Proof};
use super::render::MULTICAST;

const DO_NOT_MEET: &[&str] = &["cluster-does-not-form", "members-disagree"];

pub(super) static ALL: &[(&str, Proof)] = &[
    (
        "C040",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n1 membership",
                r#"<Membership className="~StaticMembershipService"><Member className="~StaticMember" host="@n2.receiver-address@" port="@n2.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"/></Membership>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C131",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[("n2 membership", r#"<Membership className="~McastService"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C133",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@self.receiver-address@" port="70000" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C134",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@self.receiver-address@ " port="@self.receiver@" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C043",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[("cluster-attributes", r#"channelSendOptions="6" channelStartOptions="3""#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C046",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[("n2 host", ""), ("n2 engine", "%cluster%")],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C047",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@n1.receiver-address@" port="@n1.receiver@" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C049",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[(
                "membership",
                r#"<Membership className="~McastService" address="10.1.2.3" port="@group.port@" bind="@group.bind@"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C095",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "receiver",
                r#"<Receiver className="~NioReceiver" address="0.0.0.0" port="@self.receiver@" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C096",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[(
                "n2 membership",
                r#"<Membership className="~McastService" address="@group.address@" port="@group.other-port@" bind="@group.bind@"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C102",
        Proof::None("it takes a Kubernetes of version 1.21 or newer, whose endpoint slices ignore the annotation"),
    ),
    ("C113", Proof::None("an empty name is the loopback address, which on one machine reaches every node")),
];
