//! Each element can be said, is read as it is written, and knows what Tomcat documents.

use std::collections::BTreeSet;

use super::*;

/// Element by its class, and attribute, as Tomcat's reference lists them for a branch.
pub(crate) fn documented(branch: &str) -> BTreeSet<(&'static str, &'static str)> {
    let lines = include_str!("documented.txt").lines().filter(|line| !line.starts_with('#'));
    let parts = lines.map(|line| line.split(' ').collect::<Vec<_>>());
    parts.filter(|parts| parts.len() == 2 || parts[2..].contains(&branch)).map(|parts| (parts[0], parts[1])).collect()
}

/// The name that the table has for an element.
pub(crate) fn documented_name<'a>(tag: &'a str, class: &'a str) -> &'a str {
    match tag {
        "Member" | "LocalMember" | "SessionIdGenerator" => tag,
        _ => class.rsplit('.').next().unwrap_or(class),
    }
}

/// Every element with every attribute said.
pub(crate) fn everything() -> ClusterElements {
    let local_member = Some(LocalMember::everything());
    let members = Some(vec![Member::everything()]);
    let session_id_generator = Some(SessionIdGenerator::everything());
    let custom = |name: &str| {
        let attributes = [("anything".to_owned(), "goes".to_owned())].into();
        (format!("com.example.{name}"), attributes)
    };
    let (interceptor, valve) = (custom("Interceptor"), custom("Valve"));
    ClusterElements {
        cluster: SimpleTcpCluster::everything(),
        delta_manager: DeltaManager {
            session_id_generator: session_id_generator.clone(),
            ..DeltaManager::everything()
        },
        backup_manager: BackupManager { session_id_generator, ..BackupManager::everything() },
        channel: GroupChannel::everything(),
        static_membership: StaticMembershipService {
            local_member: local_member.clone(),
            members: members.clone(),
            ..StaticMembershipService::everything()
        },
        multicast_membership: McastService::everything(),
        cloud_membership: Some(CloudMembershipService::everything()),
        receiver: NioReceiver::everything(),
        sender: ReplicationTransmitter::everything(),
        transport: PooledParallelSender::everything(),
        interceptors: Some(vec![
            Interceptor::DomainFilter(DomainFilterInterceptor::everything()),
            Interceptor::Encrypt(EncryptInterceptor::everything()),
            Interceptor::Fragmentation(FragmentationInterceptor::everything()),
            Interceptor::Gzip(GzipInterceptor::everything()),
            Interceptor::MessageDispatch(MessageDispatchInterceptor::everything()),
            Interceptor::NonBlockingCoordinator(NonBlockingCoordinator::everything()),
            Interceptor::Order(OrderInterceptor::everything()),
            Interceptor::SimpleCoordinator(SimpleCoordinator::everything()),
            Interceptor::StaticMembership(StaticMembershipInterceptor {
                local_member,
                members,
                ..StaticMembershipInterceptor::everything()
            }),
            Interceptor::TcpFailureDetector(TcpFailureDetector::everything()),
            Interceptor::TcpPing(TcpPingInterceptor::everything()),
            Interceptor::Throughput(ThroughputInterceptor::everything()),
            Interceptor::TwoPhaseCommit(TwoPhaseCommitInterceptor::everything()),
            Interceptor::Custom(CustomInterceptor { class_name: interceptor.0, attributes: interceptor.1 }),
        ]),
        valves: Some(vec![
            Valve::Replication(ReplicationValve::everything()),
            Valve::JvmRouteBinder(JvmRouteBinderValve::everything()),
            Valve::ClusterSingleSignOn(ClusterSingleSignOn::everything()),
            Valve::Custom(CustomValve { class_name: valve.0, attributes: valve.1 }),
        ]),
        deployer: FarmWarDeployer::everything(),
        listeners: Some(vec![ClusterListener::everything()]),
    }
}

#[test]
fn the_model_knows_what_tomcat_documents_and_nothing_else() {
    let said = everything();
    let (generator, local, member) =
        (SessionIdGenerator::everything(), LocalMember::everything(), Member::everything());
    let mut elements: Vec<&dyn ClusterElement> = vec![
        &said.cluster,
        &said.delta_manager,
        &said.backup_manager,
        &generator,
        &said.channel,
        &said.static_membership,
        &said.multicast_membership,
        &local,
        &member,
        &said.receiver,
        &said.sender,
        &said.transport,
        &said.deployer,
    ];
    elements.extend(said.interceptors.iter().flatten().map(Interceptor::element));
    elements.extend(said.valves.iter().flatten().map(Valve::element));
    elements.extend(said.listeners.iter().flatten().map(|listener| listener as &dyn ClusterElement));
    let known: BTreeSet<(&str, &str)> = elements
        .iter()
        .flat_map(|element| {
            let element_name = documented_name(element.tag(), element.class_name());
            element.known().iter().map(move |name| (element_name, *name))
        })
        .collect();
    let all: BTreeSet<_> = ["9.0", "10.1", "11.0"].into_iter().flat_map(documented).collect();
    assert_eq!(all.len(), 169, "the table is not whole");
    let missing: Vec<_> = all.iter().filter(|pair| !known.contains(*pair)).collect();
    assert!(missing.is_empty(), "documented, and cannot be said: {missing:?}");
    let invented: Vec<_> = known.iter().filter(|pair| !all.contains(*pair)).collect();
    assert!(invented.is_empty(), "no reference lists {invented:?}");
}

#[test]
fn elements_are_read_as_they_are_written() {
    let said = everything();
    let text = toml::to_string(&said).expect("it can be written");
    assert_eq!(toml::from_str::<ClusterElements>(&text).expect("it can be read"), said, "from {text}");
    let unsaid = ClusterElements::default();
    let json = serde_json::to_string(&unsaid).expect("it can be written");
    assert_eq!(serde_json::from_str::<ClusterElements>(&json).expect("it can be read"), unsaid);
}

#[test]
fn a_name_that_no_attribute_has_is_refused() {
    for bad in [
        "[receiver]\nmax-thread = 6",
        "[receiver]\nmaxThreads = 6",
        "[[interceptors]]\nclass = \"tcp-ping\"\ntimeout = 1",
        "[[interceptors]]\nclass = \"tcp-pong\"",
        "[[valves]]\nclass = \"custom\"",
        "[receivers]",
    ] {
        assert!(toml::from_str::<ClusterElements>(bad).is_err(), "{bad:?} was taken");
    }
    let good = "[receiver]\nmax-threads = 6\n[[interceptors]]\nclass = \"tcp-ping\"\nuse-thread = true";
    let said: ClusterElements = toml::from_str(good).expect("it is right");
    assert_eq!(said.receiver.attributes(), [("maxThreads", "6".to_owned())]);
}

#[test]
fn what_is_said_wins_and_what_is_not_said_stays() {
    let said = NioReceiver { port: Some(1), other: [("a".into(), "said".into())].into(), ..NioReceiver::default() };
    let default = NioReceiver {
        port: Some(2),
        auto_bind: Some(1),
        other: [("a".into(), "default".into()), ("b".into(), "default".into())].into(),
        ..NioReceiver::default()
    };
    let both = said.or(&default);
    assert_eq!((both.port, both.auto_bind), (Some(1), Some(1)));
    assert_eq!(both.other.values().collect::<Vec<_>>(), ["said", "default"]);
}

#[test]
fn an_identity_has_16_signed_bytes() {
    let text = "{0,-1,2,3,4,5,6,7,8,9,10,11,12,13,127,-128}";
    assert_eq!(text.parse::<UniqueId>().expect("16 bytes").to_string(), text);
    for bad in ["", "{}", "{1}", "{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}", "{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,128}", "0"] {
        assert!(bad.parse::<UniqueId>().is_err(), "{bad:?} was taken");
    }
    let all: BTreeSet<UniqueId> = (0..8).map(UniqueId::nth).collect();
    assert_eq!(all.len(), 8, "nodes share an identity");
}
