//! What findings say and do beside being there: remedies that work, and one finding for one fault.

use tomee_harness::lint::{Finding, Options, fix, run};

use crate::fixture::Case;

/// Every finding of a text with the parts of one input.
fn findings(parts: &str) -> Vec<Finding> {
    run(&Case::of("words", &format!("## bad\n{parts}"))[0].input(), &Options::default()).findings
}

/// Those of a rule.
fn of_rule(code: &str, parts: &str) -> Vec<Finding> {
    findings(parts).into_iter().filter(|finding| finding.rule.code == code).collect()
}

/// What all fixes make of its server.xml.
fn fixed(parts: &str) -> Option<String> {
    let input = Case::of("words", &format!("## bad\n{parts}"))[0].input();
    let findings = run(&input, &Options::default()).findings;
    fix::apply(&input, &findings, true).pop().map(|fixed| fixed.after)
}

const TRANSPORT: &str = "org.apache.catalina.tribes.transport.";

#[test]
fn a_class_is_proposed_only_where_the_element_takes_it_and_the_version_has_it() {
    let sender = format!("-- channel\n<Sender className=\"{TRANSPORT}nio.PooledMultiSender\"/>\n");
    let found = of_rule("C119", &sender);
    assert!(found[0].fix.is_none(), "{:?}", found[0].fix);
    assert!(found[0].help.as_deref().is_some_and(|help| help.contains("ReplicationTransmitter")), "{found:?}");
    // Removed in 10.0, so of an unknown version only its successor is sure to be there.
    for (server, proposed) in [("", "nio.PooledParallelSender"), ("server: tomcat:9.0.117\n", "bio.PooledMultiSender")]
    {
        let parts = format!(
            "{server}-- channel\n<Sender className=\"{TRANSPORT}ReplicationTransmitter\"><Transport \
             className=\"{TRANSPORT}nio.PooledMultiSender\"/></Sender>\n"
        );
        let after = fixed(&parts).expect("it has a fix");
        assert!(after.contains(&format!("<Transport className=\"{TRANSPORT}{proposed}\"/>")), "{after}");
    }
    let of_sender =
        format!("server: tomcat:10.1.59\n-- channel\n<Sender className=\"{TRANSPORT}bio.PooledMultiSender\"/>\n");
    assert!(of_rule("C016", &of_sender)[0].fix.is_none());
}

/// A list in an interceptor, behind these.
fn static_list(before: &[&str], local: bool) -> String {
    let before: String = before.iter().map(|name| format!("<Interceptor className=\"~{name}\"/>")).collect();
    let id = |last: u8| format!("uniqueId=\"{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,{last}}}\"");
    let local = if local { format!("<LocalMember className=\"~StaticMember\" {}/>", id(1)) } else { String::new() };
    format!(
        "-- host\n<Cluster className=\"~SimpleTcpCluster\" channelSendOptions=\"8\"><Channel \
         className=\"~GroupChannel\">{before}<Interceptor className=\"~StaticMembershipInterceptor\">{local}<Member \
         className=\"~StaticMember\" host=\"10.0.0.2\" port=\"4000\" {}/></Interceptor></Channel></Cluster>\n",
        id(2)
    )
}

#[test]
fn a_static_list_is_told_what_each_missing_part_does_and_in_which_order_all_are_right() {
    let all = ["TcpPingInterceptor", "MessageDispatchInterceptor", "TcpFailureDetector"];
    for (before, local, said) in [
        (&all[..], false, "by the next ping"),
        (&all[1..], true, "when a message to it fails"),
        (&all[..2], true, "nodes that come and go are not noticed"),
    ] {
        let found = of_rule("C044", &static_list(before, local));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains(said), "{}", found[0].message);
        let help = found[0].help.as_deref().unwrap_or_default();
        let places: Vec<_> = all.iter().map(|name| help.find(name)).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{help}");
    }
    let right = findings(&static_list(&all, true));
    assert!(right.iter().all(|finding| !["C023", "C044"].contains(&finding.rule.code)), "{right:?}");
}

#[test]
fn a_fault_is_said_once() {
    let deployer = "<Deployer className=\"~FarmWarDeployer\" tempDir=\"/tmp/war-temp/\" deployDir=\"/tmp/war-deploy/\" \
                    watchDir=\"/tmp/war-listen/\" watchEnabled=\"false\"/>";
    let of_engine = format!("-- engine\n<Cluster className=\"~SimpleTcpCluster\">{deployer}</Cluster>\n-- host\n");
    for (parts, other) in [(of_engine, false), (format!("-- cluster\n{deployer}\n"), true)] {
        let help = of_rule("C083", &parts)[0].help.clone().unwrap_or_default();
        assert_eq!(help.contains("deployDir"), other, "{help}");
    }
    let old = "-- conf/server.xml\n<Server port=\"8005\" debug=\"0\"><Service name=\"Catalina\"><Engine name=\"Catalina\" \
               defaultHost=\"localhost\" debug=\"0\"><Host name=\"localhost\" debug=\"0\"/></Engine></Service></Server>\n";
    let found = of_rule("C018", old);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.ends_with("nor of 2 other elements of this file"), "{}", found[0].message);
}

#[test]
fn the_name_of_a_key_is_shown_and_what_may_be_a_key_is_not() {
    let key = |value: &str| {
        let interceptor = format!("<Interceptor className=\"~EncryptInterceptor\" encryptionKey=\"{value}\"/>");
        of_rule("C112", &format!("-- channel\n{interceptor}\n")).pop().map(|finding| finding.message)
    };
    assert!(key("${chomp:secret.tribes}").is_some_and(|message| message.contains("${chomp:secret.tribes}")));
    assert!(key("$aQ7f").is_some_and(|message| message.contains("a secret") && !message.contains("aQ7f")));
}
