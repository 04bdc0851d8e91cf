//! Proofs of rules about files with which the server does not start, or that it does not read as they are meant.

use super::experiment::{Experiment, Proof, ProofServer};
use super::steps;

const DOES_NOT_START: &[&str] = &["cluster-does-not-form"];

pub(super) static ALL: &[(&str, Proof)] = &[
    (
        "C016",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[(
                "interceptors",
                r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatch15Interceptor"/>"#,
            )],
            good: &[(
                "interceptors",
                r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C017",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("manager", r#"<Manager className="org.apache.catalina.cluster.session.DeltaManager"/>"#)],
            good: &[("manager", r#"<Manager className="~DeltaManager"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C076",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("channel", r#"<Channel className="~GroupChannel">%membership%%interceptors%</Channel>%receiver%"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C081",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("manager", r#"<Manager className="~StandardManager"/>"#)],
            good: &[("manager", r#"<Manager className="~DeltaManager"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C086",
        Proof::Runs(Experiment {
            steps: steps::LOGS,
            shows: &["dirty-log"],
            bad: &[("service", r#"<Connector address="@self.address@" port="0" protocol="AJP/1.3"/>"#)],
            good: &[(
                "service",
                r#"<Connector address="@self.address@" port="0" protocol="AJP/1.3" secretRequired="false"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C098",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("membership", r#"<Membership className="~TcpFailureDetector"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C108",
        Proof::Runs(Experiment {
            server: ProofServer::TomcatLacking("10.1.59", "catalina-ha"),
            shows: DOES_NOT_START,
            ..Experiment::PLAIN
        }),
    ),
    (
        "C116",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("manager", r#"<Manager className="org.apache.catalina.ha.session.DeltaManager "/>"#)],
            good: &[("manager", r#"<Manager className="~DeltaManager"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C117",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("cluster", r#"<cluster className="~SimpleTcpCluster" %cluster-attributes%>%inside%</cluster>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C118",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("manager", r#"<Manager notifyListenersOnReplication="true"/>"#)],
            good: &[("manager", r#"<Manager className="~DeltaManager" notifyListenersOnReplication="true"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C119",
        Proof::Runs(Experiment {
            shows: DOES_NOT_START,
            bad: &[("manager", r#"<Manager className="org.apache.catalina.ha.session.DeltaManger"/>"#)],
            good: &[("manager", r#"<Manager className="~DeltaManager"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
];
