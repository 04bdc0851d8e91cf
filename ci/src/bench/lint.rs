//! `lint` on many nodes and on a large archive, as ratios to reading the same files without asking a rule.

use std::io::{Cursor, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, bail};
use tomee_harness::lint::rules;
use zip::write::SimpleFileOptions;

use super::spread;

const NODES: u32 = 5_000;
const JARS: u32 = 200;
/// Bytes of a jar's classes: 100 MB in all.
const JAR_BYTES: usize = 512 * 1024;

/// Measures and prints a line each.
pub(super) fn lint(folder: &Utf8Path, rounds: u32) -> Result<()> {
    let nodes = folder.join("nodes");
    let mut files = vec![];
    for number in 0..NODES {
        let path = nodes.join(format!("n{number}")).join("server.xml");
        fs_err::create_dir_all(path.parent().unwrap_or(folder)).into_diagnostic()?;
        fs_err::write(&path, server_xml(number)).into_diagnostic()?;
        files.push(path.to_string());
    }
    let war = folder.join("large.war");
    fs_err::write(&war, large_war()?).into_diagnostic()?;
    let war_target = format!("a WAR of 100 MB with {JARS} jars");
    let all = [
        ("5,000 server.xml, each for itself", files, "0.5 s"),
        ("5,000 server.xml as one cluster", vec![nodes.to_string()], "0.5 s"),
        (war_target.as_str(), vec![war.to_string()], "1 s"),
    ];
    for (what, paths, target) in all {
        let (mut seconds, mut ratios) = (vec![], vec![]);
        for _ in 0..rounds.max(1) {
            let (whole, reading) = (took(&paths, false)?, took(&paths, true)?);
            seconds.push(whole);
            ratios.push(whole / reading);
        }
        println!(
            "lint of {what}: {} s (target {target}), {} times reading alone",
            spread(&seconds, 2),
            spread(&ratios, 2)
        );
    }
    Ok(())
}

fn took(paths: &[String], is_reading_alone: bool) -> Result<f64> {
    let mut command = Command::new("target/release/tomee-harness");
    command.arg("lint").args(paths).args(["--format", "json"]).stdin(Stdio::null()).stdout(Stdio::null());
    if is_reading_alone {
        command.args(rules::ALL.iter().flat_map(|rule| ["--ignore", rule.code]));
    }
    let began = Instant::now();
    let status = command.status().into_diagnostic()?;
    let took = began.elapsed().as_secs_f64();
    // What it finds is not the question here, but that it came to an end.
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("lint ended with {status}");
    }
    Ok(took)
}

fn server_xml(number: u32) -> String {
    let (host, last) = (number / 250, number % 250 + 1);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- Licensed to nobody. A comment of some length stands here, as in every file that was copied from a release. -->
<Server port="8005" shutdown="SHUTDOWN">
  <Listener className="org.apache.catalina.startup.VersionLoggerListener"/>
  <Listener className="org.apache.catalina.core.JreMemoryLeakPreventionListener"/>
  <Listener className="org.apache.catalina.mbeans.GlobalResourcesLifecycleListener"/>
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000" redirectPort="8443"/>
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="n{number}">
      <Realm className="org.apache.catalina.realm.LockOutRealm">
        <Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="UserDatabase"/>
      </Realm>
      <Host name="localhost" appBase="webapps" unpackWARs="true" autoDeploy="true">
        <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
          <Manager className="org.apache.catalina.ha.session.DeltaManager" notifyListenersOnReplication="true"/>
          <Channel className="org.apache.catalina.tribes.group.GroupChannel">
            <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.44" port="45590" frequency="500" dropTime="3000"/>
            <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="10.0.{host}.{last}" port="4000" maxThreads="6"/>
            <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
              <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender"/>
            </Sender>
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector" performReadTest="true"/>
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
          </Channel>
          <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
          <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
          <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>
        </Cluster>
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access" suffix=".txt"/>
      </Host>
    </Engine>
  </Service>
</Server>
"#
    )
}

/// Jars of bytes that hardly compress, as classes do not after the first time.
fn large_war() -> Result<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = move |length: usize| {
        let next = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        next.flatten().take(length).collect::<Vec<u8>>()
    };
    let mut war = zip::ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default();
    war.start_file("WEB-INF/web.xml", options).into_diagnostic()?;
    war.write_all(b"<web-app version=\"4.0\"><distributable/></web-app>").into_diagnostic()?;
    for number in 0..JARS {
        let mut jar = zip::ZipWriter::new(Cursor::new(vec![]));
        for class in 0..64 {
            jar.start_file(format!("org/example/C{class}.class"), options).into_diagnostic()?;
            jar.write_all(&noise(JAR_BYTES / 64)).into_diagnostic()?;
        }
        if number % 20 == 0 {
            jar.start_file("META-INF/web-fragment.xml", options).into_diagnostic()?;
            jar.write_all(b"<web-fragment version=\"4.0\"><distributable/></web-fragment>").into_diagnostic()?;
        }
        let jar = jar.finish().into_diagnostic()?.into_inner();
        war.start_file(format!("WEB-INF/lib/part{number}.jar"), options).into_diagnostic()?;
        war.write_all(&jar).into_diagnostic()?;
    }
    Ok(war.finish().into_diagnostic()?.into_inner())
}
