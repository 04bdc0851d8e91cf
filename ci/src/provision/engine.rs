//! The container engine: packages, and a daemon that outlives us.

use std::process::{Command, Stdio};
use std::time::Duration;

use miette::{IntoDiagnostic, Result, WrapErr, miette};

use crate::command::{command, last_lines, read, wait};

const PACKAGES: [&str; 3] = ["docker.io", "iptables", "mmdebstrap"];
/// Mounts the control groups where no systemd does.
const PACKAGES_WITHOUT_SYSTEMD: [&str; 1] = ["cgroupfs-mount"];
const DAEMON_LOG: &str = "/var/log/tomee-harness-dockerd.log";
const DAEMON_LIMIT: Duration = Duration::from_mins(1);

/// The version of the engine that answers, if one does.
pub(super) fn version() -> Option<String> {
    let version = read(&mut command(&["docker", "version", "--format", "{{.Server.Version}}"])).ok()?;
    Some(version.trim().to_owned()).filter(|version| !version.is_empty())
}

/// Installs the packages that are missing, where no engine answers or no base image can be made.
pub(super) fn install(say: &mut dyn FnMut(&str)) -> Result<bool> {
    if version().is_some() && super::images::are_there() {
        return Ok(false);
    }
    let wanted = if version().is_some() { vec!["mmdebstrap"] } else { packages() };
    let missing: Vec<_> = wanted.into_iter().filter(|package| !is_installed(package)).collect();
    install_packages(&missing, say)
}

/// Installs packages, where there are any to install.
pub(super) fn install_packages(missing: &[&str], say: &mut dyn FnMut(&str)) -> Result<bool> {
    if missing.is_empty() {
        return Ok(false);
    }
    must_be_root_on_debian(&format!("packages {} are missing", missing.join(", ")))?;
    say(&format!("apt-get update, then apt-get install {}", missing.join(" ")));
    read(&mut command(&["apt-get", "update"]))?;
    let mut install = command(&["apt-get", "install", "--yes", "--no-install-recommends"]);
    read(install.args(missing).env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(true)
}

/// Starts the daemon where no engine answers, and returns when it does.
pub(super) fn start(say: &mut dyn FnMut(&str)) -> Result<bool> {
    if version().is_some() {
        return Ok(false);
    }
    must_be_root_on_debian("no container engine answers")?;
    if has_systemd() {
        say("starting the engine: systemctl start docker");
        read(&mut command(&["systemctl", "start", "docker"]))?;
    } else {
        mount_control_groups(say)?;
        say(&format!("starting dockerd in the background, logging to {DAEMON_LOG}"));
        start_daemon()?;
    }
    wait(DAEMON_LIMIT, version).ok_or_else(|| {
        let log = fs_err::read_to_string(DAEMON_LOG).unwrap_or_default();
        miette!("the engine does not answer within {DAEMON_LIMIT:?}; the end of {DAEMON_LOG}:\n{}", last_lines(&log))
    })?;
    Ok(true)
}

fn packages() -> Vec<&'static str> {
    let more = if has_systemd() { &[][..] } else { &PACKAGES_WITHOUT_SYSTEMD[..] };
    PACKAGES.iter().chain(more).copied().collect()
}

pub(super) fn is_installed(package: &str) -> bool {
    read(&mut command(&["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

fn has_systemd() -> bool {
    std::path::Path::new("/run/systemd/system").exists()
}

fn must_be_root_on_debian(why: &str) -> Result<()> {
    let system = fs_err::read_to_string("/etc/os-release").unwrap_or_default();
    let debian = system.lines().any(|line| matches!(line, "ID=debian" | "ID_LIKE=debian" | "ID=ubuntu"));
    let root = read(&mut command(&["id", "--user"])).is_ok_and(|id| id.trim() == "0");
    if debian && root {
        return Ok(());
    }
    Err(miette!(
        help = "install and start Docker yourself, or run this as root on Debian; `--runtime process` needs no engine",
        "{why}, and only root on Debian can be helped with that"
    ))
}

fn mount_control_groups(say: &mut dyn FnMut(&str)) -> Result<()> {
    let empty = fs_err::read_dir("/sys/fs/cgroup").is_ok_and(|mut entries| entries.next().is_none());
    if empty {
        say("mounting the control groups: cgroupfs-mount");
        read(&mut command(&["cgroupfs-mount"]))?;
    }
    Ok(())
}

/// In a session of its own and without our output: a daemon that held a pipe of ours would keep our caller waiting.
fn start_daemon() -> Result<()> {
    let log = fs_err::File::options().create(true).append(true).open(DAEMON_LOG).into_diagnostic()?;
    let (log, _) = log.into_parts();
    let errors = log.try_clone().into_diagnostic()?;
    let mut daemon = Command::new("setsid");
    daemon.args(["--fork", "dockerd"]).current_dir("/").stdin(Stdio::null()).stdout(log).stderr(errors);
    let status = daemon.status().into_diagnostic().wrap_err("setsid cannot be started")?;
    if status.success() { Ok(()) } else { Err(miette!("`setsid --fork dockerd` failed ({status})")) }
}
