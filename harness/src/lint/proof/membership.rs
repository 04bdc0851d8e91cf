//! Proofs of rules about members.

use super::experiment::{Experiment, Proof};
use super::render::MULTICAST;

const DO_NOT_MEET: &[&str] = &["cluster-does-not-form", "members-disagree"];

const LISTS_N1: &str = r#"<Interceptor className="~TcpPingInterceptor"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/><Interceptor className="~StaticMembershipInterceptor"><LocalMember className="~StaticMember" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"/><Member className="~StaticMember" host="@n1.receiver-address@" port="@n1.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}"/></Interceptor>"#;
const LISTS_N2: &str = r#"<Interceptor className="~TcpPingInterceptor"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/><Interceptor className="~StaticMembershipInterceptor"><LocalMember className="~StaticMember" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}"/><Member className="~StaticMember" host="@n2.receiver-address@" port="@n2.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"/></Interceptor>"#;
/// The port of the node itself.
const LISTS_A_WRONG_PORT: &str = r#"<Interceptor className="~TcpPingInterceptor"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/><Interceptor className="~StaticMembershipInterceptor"><LocalMember className="~StaticMember" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}"/><Member className="~StaticMember" host="@n2.receiver-address@" port="@n1.receiver@" uniqueId="{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2}"/></Interceptor>"#;

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
        "C143",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@self.receiver-address@" port="@n2.http@" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C142",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[("n2 engine", r#"<Host name="LOCALHOST" appBase="other"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C137",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@self.receiver-address@:4000" port="@self.receiver@" autoBind="1"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C138",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            bad: &[(
                "n2 receiver",
                r#"<Receiver className="~NioReceiver" address="@self.receiver-address@" port="@self.receiver@" autoBind="1" maxThreads="0"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C140",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[("cluster-attributes", r#"channelSendOptions="6" channelStartOptions="3""#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C141",
        Proof::Runs(Experiment {
            shows: &["lost-session", "members-disagree", "cluster-does-not-form"],
            both: &[("cluster-attributes", r#"channelSendOptions="6" channelStartOptions="3""#), ("membership", "")],
            bad: &[("n1 interceptors", LISTS_A_WRONG_PORT), ("n2 interceptors", LISTS_N1)],
            good: &[("n1 interceptors", LISTS_N2), ("n2 interceptors", LISTS_N1)],
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
        "C146",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[(
                "membership",
                r#"<Membership className="~McastService" address="@group.address@" port="@group.port@" bind="0.0.0.0"/>"#,
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
    (
        "C113",
        Proof::Runs(Experiment {
            shows: DO_NOT_MEET,
            both: &[("membership", MULTICAST)],
            bad: &[(
                "membership",
                r#"<Membership className="~McastService" address="" port="@group.port@" bind="@group.bind@"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
];
