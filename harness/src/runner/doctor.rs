//! The doctor: what this machine has for a run and lacks, each with what to do about it.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::host::memory::{NODE_MEBIBYTES, free_mebibytes};
use crate::runtime::RuntimeKind;
pub use crate::runtime::check::{Check, Health};
use crate::tomcat::distribution::Maven;
use crate::tomcat::java::{Java, JavaEnvironment, JavaError};

/// Looks at everything. Starts nothing but `java -version` and `mvn --version` where nothing quicker says it, and
/// `iptables -L -n`, which changes nothing.
pub async fn examine(java: Result<Java, JavaError>, maven: &Maven) -> Vec<Check> {
    // Maven's own start script takes the Java of the environment, and fails with it.
    let maven = match &java {
        Err(JavaError::Broken { .. } | JavaError::NotRunnable { .. } | JavaError::Strange { .. }) => without_java(),
        Ok(java) => examine_maven(&Maven { java_home: Some(java.home.clone()), ..maven.clone() }).await,
        Err(_) => examine_maven(maven).await,
    };
    let mut checks = vec![examine_java(java), maven];
    for kind in RuntimeKind::all() {
        checks.extend(kind.examine().await);
    }
    checks.push(examine_iptables(&JavaEnvironment::of_process().path.unwrap_or_default(), &["/usr/sbin", "/sbin"]));
    checks.push(examine_multicast());
    checks.push(examine_memory());
    checks
}

fn examine_java(java: Result<Java, JavaError>) -> Check {
    match java {
        Ok(java) => Check::good("java", format!("{} in {}", java.version.full, java.home)),
        Err(error) => {
            let advice = error.hint().unwrap_or_else(|| "install a JRE, or specify --java HOME".to_owned());
            Check::bad("java", Health::Missing, error.to_string(), advice)
        }
    }
}

/// What is said of Maven where Java is broken: nothing about Maven itself.
fn without_java() -> Check {
    let found = "not checked, because it runs on Java, which cannot be used";
    Check::bad("maven", Health::Optional, found, "see the advice for java")
}

async fn examine_maven(maven: &Maven) -> Check {
    match maven.version().await {
        Ok(version) => Check::good("maven", version),
        Err(error) => Check::bad(
            "maven",
            Health::Optional,
            error.to_string(),
            "install Maven to download releases; without it, use an installed server: --server /opt/tomee",
        ),
    }
}

/// Looks for `iptables` in `path` and then in `more`, where system tools are that only root has on its path.
///
/// A run does without: the packet filter of a pod is set in its pause container, which brings its own.
fn examine_iptables(path: &OsStr, more: &[&str]) -> Check {
    const NAME: &str = "iptables";
    const ADVICE: &str = "not needed by runs, as each pause container brings its own; an engine on this machine needs \
                          it to publish ports";
    let folders = std::env::split_paths(path).chain(more.iter().map(PathBuf::from));
    let Some(program) = folders.map(|folder| folder.join(NAME)).find(|program| program.is_file()) else {
        let advice = format!("{ADVICE}: install the package iptables");
        return Check::bad(NAME, Health::Optional, "not found on the PATH", advice);
    };
    let listed = Command::new(&program).args(["-L", "-n"]).stdin(Stdio::null()).output();
    let problem = match listed {
        Ok(listed) if listed.status.success() => {
            return Check::good(NAME, format!("{} lists its rules", program.display()));
        }
        Ok(listed) => String::from_utf8_lossy(&listed.stderr).lines().next().unwrap_or("it fails").trim().to_owned(),
        Err(error) => error.to_string(),
    };
    let found = format!("{} cannot be used: {problem}", program.display());
    Check::bad(NAME, Health::Optional, found, format!("{ADVICE}: only root may use it"))
}

/// Sends a datagram to a group on loopback and looks whether it comes back.
fn examine_multicast() -> Check {
    match multicast_round_trip() {
        Ok(()) => Check::good("multicast", "a datagram was received on 127.0.0.1"),
        Err(error) => Check::bad(
            "multicast",
            Health::Optional,
            format!("no datagram was received on 127.0.0.1: {error}"),
            "only needed for --membership multicast: ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo",
        ),
    }
}

fn multicast_round_trip() -> std::io::Result<()> {
    let group = Ipv4Addr::new(239, 255, 77, 77);
    let receiver = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    receiver.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
    receiver.set_read_timeout(Some(Duration::from_millis(500)))?;
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    sender.set_multicast_loop_v4(true)?;
    let word = format!("tomee-harness {}", std::process::id());
    sender.send_to(word.as_bytes(), (group, receiver.local_addr()?.port()))?;
    let mut buffer = [0; 64];
    let (length, _) = receiver.recv_from(&mut buffer)?;
    if buffer[..length] == *word.as_bytes() {
        Ok(())
    } else {
        Err(std::io::Error::other("a datagram of another sender arrived instead"))
    }
}

fn examine_memory() -> Check {
    let Some(free) = free_mebibytes() else { return Check::good("memory", "not reported by this system") };
    let nodes = free / NODE_MEBIBYTES;
    let found = format!("{free} MiB free, enough for {nodes} nodes");
    if nodes >= 2 {
        Check::good("memory", found)
    } else {
        Check::bad("memory", Health::Missing, found, "free memory: two nodes need 600 MiB")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::tomcat::java::NamedBy;

    fn with_iptables(script: &str) -> Check {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("iptables");
        fs_err::write(&program, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("made a program");
        examine_iptables(folder.path().as_os_str(), &[])
    }

    #[tokio::test]
    async fn a_broken_java_home_is_not_mavens_fault() {
        let broken = || JavaError::Broken { by: NamedBy::Environment, home: "/nowhere".into() };
        let maven = Maven { program: "/nowhere/mvn".into(), ..Maven::default() };
        let checks = examine(Err(broken()), &maven).await;
        let found = |name: &str| checks.iter().find(|check| check.name == name).expect("it was looked at");
        assert_eq!(found("java").health, Health::Missing);
        assert!(found("java").found.contains("JAVA_HOME is /nowhere"), "{}", found("java").found);
        assert!(found("maven").found.starts_with("not checked"), "{}", found("maven").found);
        assert_eq!(found("maven").advice.as_deref(), Some("see the advice for java"));
    }

    #[test]
    fn iptables_that_lists_its_rules_is_good() {
        let check = with_iptables("test \"$*\" = '-L -n'");
        assert_eq!((check.health, check.advice), (Health::Good, None), "{}", check.found);
    }

    #[test]
    fn iptables_that_only_root_may_use_is_reported_in_its_own_words() {
        let check = with_iptables("echo 'Could not fetch rule set: Permission denied (you must be root)' >&2; exit 4");
        assert_eq!(check.health, Health::Optional);
        assert!(
            check.found.ends_with("cannot be used: Could not fetch rule set: Permission denied (you must be root)")
        );
        assert!(check.advice.is_some_and(|advice| advice.ends_with("only root may use it")));
    }

    #[test]
    fn a_machine_without_iptables_learns_what_needs_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = examine_iptables(folder.path().as_os_str(), &[]);
        assert_eq!((check.health, check.found.as_str()), (Health::Optional, "not found on the PATH"));
        assert!(check.advice.is_some_and(|advice| advice.contains("pause container brings its own")));
        let in_more = with_iptables("true").found;
        assert!(in_more.ends_with("lists its rules"), "{in_more}");
    }
}
