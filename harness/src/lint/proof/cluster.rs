//! Proofs of rules about `<Cluster>` and its Manager.

use super::experiment::{Experiment, Proof, ProofServer};
use super::steps;

const LOST: &[&str] = &["lost-session", "lost-write"];
const WRONG: &[&str] = &["wrong-manager"];
/// `EncryptInterceptor` above the two that the default stack has.
const ENCRYPTED: &str = r#"<Interceptor className="~EncryptInterceptor" encryptionAlgorithm="AES/GCM/NoPadding" encryptionKey="cafebabedeadbeefcafebabedeadbeef"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#;

pub(super) static ALL: &[(&str, Proof)] = &[
    (
        "C003",
        Proof::Runs(Experiment {
            shows: WRONG,
            bad: &[("file conf/context.xml", r#"<Context><Manager className="~StandardManager"/></Context>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C004",
        Proof::Runs(Experiment {
            shows: LOST,
            bad: &[("n2 manager", r#"<Manager className="~BackupManager"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C006",
        Proof::Runs(Experiment {
            steps: steps::MANY,
            shows: &["lost-first-request", "partial-session"],
            bad: &[("cluster-attributes", r#"channelSendOptions="4""#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C007",
        Proof::Runs(Experiment {
            shows: LOST,
            bad: &[("cluster-attributes", r#"channelSendOptions="64""#)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C013",
        Proof::Runs(Experiment {
            shows: &["lost-write", "partial-session"],
            bad: &[("more", r#"<Valve className="~JvmRouteBinderValve"/>"#)],
            good: &[(
                "more",
                r#"<Valve className="~ReplicationValve" filter=""/><Valve className="~JvmRouteBinderValve"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C015",
        // The deployer is a listener, too, and the only other one that server.xml can make of Tomcat's own classes.
        Proof::Runs(Experiment {
            shows: LOST,
            bad: &[("more", r#"<ClusterListener className="~FarmWarDeployer"/>"#)],
            good: &[(
                "more",
                r#"<ClusterListener className="~FarmWarDeployer"/><ClusterListener className="~ClusterSessionListener"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C019",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form"],
            bad: &[(
                "interceptors",
                r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~EncryptInterceptor" encryptionAlgorithm="AES/GCM/NoPadding" encryptionKey="cafebabedeadbeefcafebabedeadbeef"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            good: &[("interceptors", ENCRYPTED)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C020",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form", "lost-session", "members-disagree"],
            both: &[("interceptors", ENCRYPTED)],
            bad: &[(
                "n2 interceptors",
                r#"<Interceptor className="~EncryptInterceptor" encryptionAlgorithm="AES/GCM/NoPadding" encryptionKey="0123456789abcdef0123456789abcdef"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C139",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form"],
            bad: &[(
                "interceptors",
                r#"<Interceptor className="~EncryptInterceptor" encryptionAlgorithm="AES/ECB/PKCS5Padding" encryptionKey="cafebabedeadbeefcafebabedeadbeef"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            good: &[("interceptors", ENCRYPTED)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C021",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form", "lost-session", "members-disagree"],
            both: &[("interceptors", ENCRYPTED)],
            bad: &[(
                "n2 interceptors",
                r#"<Interceptor className="~EncryptInterceptor" encryptionAlgorithm="AES/CBC/PKCS5Padding" encryptionKey="cafebabedeadbeefcafebabedeadbeef"/><Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C130",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form", "lost-session", "members-disagree"],
            both: &[("interceptors", ENCRYPTED)],
            bad: &[(
                "n2 interceptors",
                r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C026",
        Proof::Runs(Experiment {
            steps: steps::MANY,
            shows: &["lost-first-request", "partial-session"],
            bad: &[
                ("cluster-attributes", r#"channelSendOptions="8""#),
                (
                    "interceptors",
                    r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~ThroughputInterceptor"/>"#,
                ),
            ],
            good: &[(
                "interceptors",
                r#"<Interceptor className="~TcpFailureDetector"/><Interceptor className="~MessageDispatchInterceptor"/><Interceptor className="~ThroughputInterceptor"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C053",
        Proof::None(
            "it takes a load balancer that goes by the route; asked directly, a cluster with equal routes keeps its sessions (scenario config/equal-routes)",
        ),
    ),
    (
        "C059",
        Proof::Runs(Experiment {
            steps: steps::RESTART,
            shows: &["state-not-transferred"],
            bad: &[(
                "manager",
                r#"<Manager className="~DeltaManager" sendAllSessions="false" sendAllSessionsSize="0" stateTransferTimeout="5"/>"#,
            )],
            good: &[(
                "manager",
                r#"<Manager className="~DeltaManager" sendAllSessions="false" sendAllSessionsSize="1000" stateTransferTimeout="5"/>"#,
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C063",
        Proof::Runs(Experiment {
            shows: &["cluster-does-not-form"],
            bad: &[("host", r#"<Valve className="~ClusterSingleSignOn"/>"#)],
            good: &[("host", r#"%cluster%<Valve className="~ClusterSingleSignOn"/>"#)],
            ..Experiment::PLAIN
        }),
    ),
    ("C066", Proof::None("it takes a sender of messages that are not encrypted, and servers that nobody should run")),
    (
        "C071",
        Proof::Runs(Experiment {
            server: ProofServer::Tomee("9.0.0"),
            shows: WRONG,
            both: &[("listeners", steps::TOMEE_LISTENER)],
            bad: &[(
                "file conf/system.properties",
                "openejb.session.manager = org.apache.catalina.session.StandardManager\n",
            )],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C077",
        Proof::Runs(Experiment {
            steps: steps::FARM,
            shows: &["not-deployed"],
            both: super::farm::SCANS,
            bad: &[(
                "host",
                r#"<Cluster className="~SimpleTcpCluster" channelSendOptions="6">%inside%<Deployer className="~FarmWarDeployer" tempDir="farm/temp" deployDir="webapps" watchDir="farm/watch" watchEnabled="%watches%" processDeployFrequency="1"/></Cluster><Cluster className="~SimpleTcpCluster" channelSendOptions="6">%inside%</Cluster>"#,
            )],
            good: &[("more", super::farm::DEPLOYER)],
            ..Experiment::PLAIN
        }),
    ),
    (
        "C092",
        Proof::Runs(Experiment {
            shows: WRONG,
            bad: &[("file conf/context.xml", "<Context><Manager/></Context>")],
            ..Experiment::PLAIN
        }),
    ),
];
