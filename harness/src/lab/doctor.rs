//! The doctor: what this machine has for a run and lacks, each with what to do about it.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::distribution::Maven;
use super::java::{Java, JavaError};
use super::runtime::docker::sweep as engine;

/// What a node of a small cluster needs, in mebibytes: 145 resident with the default flags, and room to breathe.
const NODE_MEBIBYTES: u64 = 300;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It is there and fit.
    Good,
    /// It is missing, and something else does without it.
    Optional,
    /// It is missing, and no run can be done without it.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// What it is.
    pub name: String,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it, where something is to be done.
    pub advice: Option<String>,
}

impl Check {
    fn good(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), health: Health::Good, found: found.into(), advice: None }
    }

    fn bad(name: &str, health: Health, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name: name.to_owned(), health, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything. Starts nothing but `java -version` and `mvn --version` where nothing quicker tells.
pub async fn examine(java: Result<Java, JavaError>, maven: &Maven) -> Vec<Check> {
    let mut checks = vec![examine_java(java), examine_maven(maven).await];
    checks.extend(examine_engine().await);
    checks.push(examine_multicast());
    checks.push(examine_memory());
    checks
}

fn examine_java(java: Result<Java, JavaError>) -> Check {
    match java {
        Ok(java) => Check::good("java", format!("{} in {}", java.version.full, java.home)),
        Err(error) => {
            let advice = error.hint().unwrap_or_else(|| "install a JRE, or say --java HOME".to_owned());
            Check::bad("java", Health::Missing, error.to_string(), advice)
        }
    }
}

async fn examine_maven(maven: &Maven) -> Check {
    match maven.version().await {
        Ok(version) => Check::good("maven", version),
        Err(error) => Check::bad(
            "maven",
            Health::Optional,
            error.to_string(),
            "install Maven to fetch releases; without it, use a server that is there: --server /opt/tomee",
        ),
    }
}

async fn examine_engine() -> Vec<Check> {
    let facts = match engine::engine().await {
        Ok(facts) => facts,
        Err(error) => {
            let advice = "start a container engine for --runtime docker; the process runtime does without";
            return vec![Check::bad("engine", Health::Optional, error.to_string(), advice)];
        }
    };
    let engine =
        format!("{} (API {}) on {}, cgroup v{}, {}", facts.version, facts.api, facts.os, facts.cgroup, facts.storage);
    let images = if facts.base_images.is_empty() {
        let advice = "the engine will pull the base images; where it cannot, build them: docker/README.md";
        Check::bad("images", Health::Optional, "no base image is there yet", advice)
    } else {
        Check::good("images", facts.base_images.join(", "))
    };
    vec![Check::good("engine", engine), images]
}

/// Sends a datagram to a group on loopback and looks whether it comes back.
fn examine_multicast() -> Check {
    match multicast_round_trip() {
        Ok(()) => Check::good("multicast", "a datagram came back on 127.0.0.1"),
        Err(error) => Check::bad(
            "multicast",
            Health::Optional,
            format!("no datagram came back on 127.0.0.1: {error}"),
            "needed for --membership multicast only: ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo",
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
        Err(std::io::Error::other("a stranger's datagram came instead"))
    }
}

fn examine_memory() -> Check {
    let Some(free) = free_mebibytes() else { return Check::good("memory", "this system does not tell") };
    let nodes = free / NODE_MEBIBYTES;
    let found = format!("{free} MiB free, enough for {nodes} nodes");
    if nodes >= 2 {
        Check::good("memory", found)
    } else {
        Check::bad("memory", Health::Missing, found, "free some memory: two nodes need 600 MiB")
    }
}

/// `MemAvailable` of `/proc/meminfo`.
fn free_mebibytes() -> Option<u64> {
    let text = fs_err::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}
