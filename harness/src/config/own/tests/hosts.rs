//! Which Engine and which Host of a file are asked.

use super::*;

const HOSTS: &str = r#"<Server><Service name="Catalina"><Connector port="1"/><Engine name="Catalina" defaultHost="localhost">
    <Host name="localhost"/><Host name="*.example.com" appBase="any"/>
    <Host name="shop.example.com" appBase="shop"><Alias>www.example.org</Alias>
    <Cluster className="x.Y" channelSendOptions="6"><Channel><Receiver port="4000"/></Channel></Cluster></Host>
    <Host name="zoo.example.net" appBase="zoo"><Cluster className="x.Y"><Channel>
    <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.5" port="1"/></Channel></Cluster></Host>
    </Engine></Service></Server>"#;

#[test]
fn a_request_comes_to_the_host_that_it_names() {
    let of = |header: Option<&str>| Claims::of(&parsed(HOSTS), None, header).map(|claims| claims.host);
    for (header, host) in [
        ("shop.example.com", "shop.example.com"),
        ("SHOP.example.com:8080", "shop.example.com"),
        ("www.example.org", "shop.example.com"),
        ("other.example.com", "*.example.com"),
        ("localhost", "localhost"),
    ] {
        assert_eq!(of(Some(header)).as_deref(), Ok(host), "{header}");
    }
    let refused = of(Some("a.b.example.com")).expect_err("a wildcard is one part");
    assert!(refused.to_string().contains("no Host and no Alias is a.b.example.com; there are localhost"), "{refused}");
}

#[test]
fn where_the_default_host_is_in_no_cluster_the_first_one_that_is_is_asked() {
    let claims = Claims::of(&parsed(HOSTS), None, None).expect("claims");
    assert_eq!(claims.host_header.as_deref(), Some("shop.example.com"));
    assert_eq!((claims.app_base.as_str(), claims.channel_options), ("shop", SendOptions::SYNC_ACK));
    assert_eq!(claims.others.len(), 1);
    assert_eq!(claims.others[0].group.as_deref(), Some("228.0.0.5:1"));
    // Near misses: a Cluster of the Engine is every Host's, and one of the default Host is asked by no name.
    for clustered in [
        HOSTS.replace("<Host name=\"localhost\"/>", "<Host name=\"localhost\"><Cluster className=\"x.Y\"/></Host>"),
        HOSTS.replace("<Host name=\"localhost\"/>", "<Cluster className=\"x.Y\"/><Host name=\"localhost\"/>"),
    ] {
        let claims = Claims::of(&parsed(&clustered), None, None).expect("claims");
        assert_eq!((claims.host_header, claims.host.as_str()), (None, "localhost"));
        assert!(claims.container.is_some());
    }
}

#[test]
fn a_service_that_is_in_no_cluster_is_not_asked_where_another_one_is() {
    let inner = r#"<Server><Service name="inner"><Connector port="2"/><Engine name="inner"><Host name="inner"/></Engine></Service>"#;
    let both = HOSTS.replacen("<Server>", inner, 1);
    let claims = Claims::of(&parsed(&both), None, None).expect("claims");
    assert_eq!((claims.engine.as_str(), claims.host.as_str()), ("Catalina", "shop.example.com"));
    assert_eq!(Claims::of(&parsed(&both), None, Some("localhost")).map(|it| it.engine).as_deref(), Ok("Catalina"));
    let asked = moved(&both, &OwnConfiguration::default()).text;
    let port =
        |service: &str| asked.split(service).nth(1).and_then(|rest| rest.split("port=\"").nth(1)).map(str::to_owned);
    assert!(port("name=\"inner\"").is_some_and(|rest| rest.starts_with("0\"")), "{asked}");
    assert!(port("name=\"Catalina\"").is_some_and(|rest| !rest.starts_with("0\"")), "{asked}");
    // Where no Service is in a cluster, the first one is.
    let none = both.replace("Cluster", "Realm");
    assert_eq!(Claims::of(&parsed(&none), None, None).expect("claims").engine, "inner");
}

#[test]
fn a_valve_that_lets_in_by_address_is_left_out_and_said() {
    let with = |valve: &str| {
        moved(
            &SHOP.replace("<Host name=\"other\"", &format!("{valve}<Host name=\"other\"")),
            &OwnConfiguration::default(),
        )
    };
    let valve = r#"<Valve className="org.apache.catalina.valves.RemoteCIDRValve" allow="10.0.0.0/8"/>"#;
    let made = with(valve);
    let said = "the RemoteCIDRValve of the Engine Catalina is left out: it lets in addresses that nobody has here";
    assert!(made.notes.iter().any(|note| note == said) && !made.text.contains("RemoteCIDRValve"), "{:?}", made.notes);
    for stays in [valve.replace("allow=", "deny="), valve.replace("RemoteCIDRValve", "RemoteIpValve")] {
        let made = with(&stays);
        assert!(made.text.contains(&stays) && !made.notes.iter().any(|note| note.contains("is left out: it")));
    }
}

#[test]
fn an_app_that_the_file_names_is_left_out_and_said() {
    let context = r#"<Context path="/docs" docBase="/opt/docs"><Manager className="x.Y"/></Context><Context path="" docBase="ROOT"/>"#;
    let made = moved(
        &SHOP.replace("<Host name=\"other\" appBase=\"other\"/>", &format!("<Host name=\"other\">{context}</Host>")),
        &OwnConfiguration::default(),
    );
    assert!(!made.text.contains("<Context"), "{}", made.text);
    for said in [
        "the Context /docs of server.xml is left out, with what is configured in it: its app is not of this gate",
        "the Context / of server.xml is left out: its app is not of this gate",
    ] {
        assert!(made.notes.iter().any(|note| note == said), "{:?}", made.notes);
    }
}
