//! One JVM: its files, its process, the ways in which it ends.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt as _;
use tokio::process::{Child, Command};

use super::error::node_error;
use crate::host::guard::RUN_VARIABLE;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::RunId;
use crate::runtime::{NodeLaunch, NodeStatus, RuntimeError};
use crate::tomcat::catalina_base::REPLACED;

/// A graceful stop of a Tomcat takes half a second; one that hangs longer is an error.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// The kernel ends a killed process at once, unless it hangs in a system call.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// A JVM prints its threads within milliseconds, unless it is frozen.
const THREADS_LIMIT: Duration = Duration::from_secs(3);

/// Variables of the caller's shell that would change a server under test; the user's own come by `--env`.
const NOT_INHERITED: &[&str] = &[
    "CATALINA_HOME",
    "CATALINA_BASE",
    "CATALINA_OPTS",
    "CATALINA_PID",
    "CATALINA_OUT",
    "CATALINA_TMPDIR",
    "CATALINA_OUT_CMD",
    "JAVA_OPTS",
    "JAVA_ENDORSED_DIRS",
    "JRE_HOME",
    "CLASSPATH",
    "LOGGING_CONFIG",
    "CATALINA_LOGGING_CONFIG",
    "LOGGING_MANAGER",
    "JPDA_OPTS",
];

/// One node of the process runtime.
#[derive(Debug)]
pub(super) struct ProcessNode {
    launch: NodeLaunch,
    base: Utf8PathBuf,
    console: Utf8PathBuf,
    child: Option<Child>,
    ended: Option<String>,
    paused: bool,
}

impl ProcessNode {
    /// Lays the files of a node. Blocks.
    pub(super) fn install(launch: NodeLaunch, base: Utf8PathBuf, console: Utf8PathBuf) -> Result<Self, RuntimeError> {
        let name = launch.node.clone();
        lay(&launch, &base).map_err(|error| node_error(&name, "writing its files", error))?;
        Ok(Self { launch, base, console, child: None, ended: None, paused: false })
    }

    /// Rewrites the files of a node that has ended, beside what it had deployed and its logs.
    pub(super) fn replace(&mut self, launch: NodeLaunch, stale: &[Utf8PathBuf]) -> std::io::Result<()> {
        for path in REPLACED.into_iter().map(Utf8Path::new).chain(stale.iter().map(Utf8PathBuf::as_path)) {
            let path = self.base.join(path);
            if path.is_dir() {
                fs_err::remove_dir_all(&path)?;
            } else if path.exists() {
                fs_err::remove_file(&path)?;
            }
        }
        fill(&launch, &self.base)?;
        self.launch = launch;
        Ok(())
    }

    /// Starts the JVM, in the network of another process where one is given, and returns its process id.
    pub(super) fn start(&mut self, run: &RunId, network_of: Option<u32>) -> Result<u32, RuntimeError> {
        let failed = |error: std::io::Error| node_error(&self.launch.node, "starting its JVM", error);
        let console = fs_err::OpenOptions::new().create(true).append(true).open(&self.console).map_err(failed)?;
        let console = console.into_file();
        let errors = console.try_clone().map_err(failed)?;
        let child = self
            .command(run, network_of)
            .stdin(Stdio::null())
            .stdout(console)
            .stderr(errors)
            .spawn()
            .map_err(failed)?;
        let pid = child.id().ok_or_else(|| failed(std::io::Error::other("it exited immediately")))?;
        (self.child, self.ended, self.paused) = (Some(child), None, false);
        Ok(pid)
    }

    /// A command in the node's folder, with its environment and in its network. It ends with who waits for it.
    pub(super) fn beside(&self, run: &RunId, network_of: Option<u32>, words: &[String]) -> Command {
        let mut command = match network_of {
            None => Command::new(words.first().map_or("", String::as_str)),
            Some(pid) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{pid}/ns/net")).args(words.first());
                command
            }
        };
        command.args(words.iter().skip(1)).current_dir(&self.base);
        self.give_environment(&mut command, run);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// The server's own start script, which ends in an `exec` of the JVM: its flags are those of the version, and the
    /// process is the JVM.
    fn command(&self, run: &RunId, network_of: Option<u32>) -> Command {
        let launch = &self.launch;
        let mut command = match network_of {
            None => Command::new("sh"),
            Some(pid) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{pid}/ns/net")).arg("sh");
                command
            }
        };
        command.arg(launch.distribution.home.join("bin/catalina.sh")).arg("run").current_dir(&self.base);
        self.give_environment(&mut command, run);
        let quoted: Vec<String> = launch.jvm_args.iter().map(|argument| shell_quoted(argument)).collect();
        command.env("CATALINA_OPTS", quoted.join(" ")).process_group(0);
        command
    }

    fn give_environment(&self, command: &mut Command, run: &RunId) {
        let launch = &self.launch;
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        if let Some(java_home) = &launch.java_home {
            command.env("JAVA_HOME", java_home).env("JRE_HOME", java_home);
        }
        command
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .env("CATALINA_HOME", &launch.distribution.home)
            .env("CATALINA_BASE", &self.base)
            .env("CATALINA_TMPDIR", self.base.join("temp"))
            .env(RUN_VARIABLE, run.as_str());
    }

    /// Whether the JVM runs.
    pub(super) fn status(&mut self) -> Result<NodeStatus, RuntimeError> {
        if let Some(child) = &mut self.child {
            match child.try_wait() {
                Ok(None) => return Ok(NodeStatus::Running),
                Ok(Some(status)) => self.end(status),
                Err(error) => return Err(node_error(&self.launch.node, "asking for its process", error)),
            }
        }
        Ok(self.ended.clone().map_or(NodeStatus::Created, NodeStatus::Ended))
    }

    /// Ends the JVM with SIGKILL; says how it ended. A node that does not run is left as it is.
    pub(super) async fn kill(&mut self) -> Result<String, RuntimeError> {
        self.end_by(Signal::SIGKILL, KILL_LIMIT).await
    }

    /// Asks the JVM to end.
    pub(super) async fn stop(&mut self) -> Result<String, RuntimeError> {
        self.end_by(Signal::SIGTERM, STOP_LIMIT).await
    }

    async fn end_by(&mut self, signal: Signal, limit: Duration) -> Result<String, RuntimeError> {
        let name = self.launch.node.clone();
        let Some(child) = &mut self.child else {
            return Ok(self.ended.clone().unwrap_or_else(|| "was never started".to_owned()));
        };
        let pid = child.id();
        if let Some(pid) = pid {
            send(pid, signal).map_err(|error| node_error(&name, &format!("sending {signal}"), error))?;
        }
        let status = tokio::time::timeout(limit, child.wait()).await;
        let status = status.map_err(|_| {
            let timed_out = TimedOut {
                wanted: format!("the end of {name} after {signal}"),
                last_seen: "it still runs".to_owned(),
                waited: limit,
            };
            node_error(&name, &format!("ending it by {signal}"), timed_out)
        })?;
        let status = status.map_err(|error| node_error(&name, "waiting for its end", error))?;
        self.end(status);
        let how = self.ended.clone().unwrap_or_default();
        Ok(pid.map_or_else(|| how.clone(), |pid| format!("process {pid} {how}")))
    }

    fn end(&mut self, status: ExitStatus) {
        let how = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("ended by signal {signal}"),
            (None, Some(code)) => format!("ended with exit code {code}"),
            (None, None) => "ended".to_owned(),
        };
        (self.child, self.ended, self.paused) = (None, Some(how), false);
    }

    /// Freezes the JVM; returns when the kernel says that it is stopped.
    pub(super) async fn pause(&mut self) -> Result<String, RuntimeError> {
        let name = self.launch.node.clone();
        let pid = self.running_pid()?;
        send(pid, Signal::SIGSTOP).map_err(|error| node_error(&name, "sending SIGSTOP", error))?;
        self.paused = true;
        let stopped: Result<String, TimedOut> = wait::until(&format!("{name} to be stopped"), KILL_LIMIT, async || {
            let state = process_state(pid);
            Ok(if state.starts_with('T') {
                Look::Ready(format!("process {pid} is in state {state}"))
            } else {
                Look::NotYet(format!("state {state}"))
            })
        })
        .await;
        stopped.map_err(|error| node_error(&name, "freezing it", error))
    }

    /// Thaws the JVM.
    pub(super) fn resume(&mut self) -> Result<(), RuntimeError> {
        let pid = self.running_pid()?;
        self.paused = false;
        send(pid, Signal::SIGCONT).map_err(|error| node_error(&self.launch.node, "sending SIGCONT", error))
    }

    /// What SIGQUIT makes the JVM print on its console.
    pub(super) async fn threads(&mut self, console: &Utf8Path) -> Result<Option<String>, RuntimeError> {
        if self.paused || self.status()? != NodeStatus::Running {
            return Ok(None);
        }
        let failed = |error: std::io::Error| node_error(&self.launch.node, "asking for its threads", error);
        let pid = self.running_pid()?;
        let before = fs_err::metadata(console).map_err(failed)?.len();
        send(pid, Signal::SIGQUIT).map_err(|error| node_error(&self.launch.node, "sending SIGQUIT", error))?;
        let dump: Result<String, TimedOut> = wait::until("a thread dump", THREADS_LIMIT, async || {
            let text = fs_err::read(console).unwrap_or_default();
            let text =
                String::from_utf8_lossy(text.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default())
                    .into_owned();
            // The dump ends with the table of JNI references and, with most collectors, the heap.
            Ok(if text.contains("JNI global ref") {
                Look::Ready(text)
            } else {
                Look::NotYet(format!("{} bytes", text.len()))
            })
        })
        .await;
        Ok(dump.ok())
    }

    /// The process, in words.
    pub(super) fn whereabouts(&self) -> Result<String, RuntimeError> {
        self.running_pid().map(|pid| format!("process {pid}"))
    }

    fn running_pid(&self) -> Result<u32, RuntimeError> {
        let pid = self.child.as_ref().and_then(Child::id);
        pid.ok_or_else(|| {
            node_error(&self.launch.node, "reaching its process", std::io::Error::other("it does not run"))
        })
    }
}

/// Lays folders and files. What an earlier life left is removed first.
fn lay(launch: &NodeLaunch, base: &Utf8Path) -> std::io::Result<()> {
    if base.exists() {
        fs_err::remove_dir_all(base)?;
    }
    fill(launch, base)
}

/// Lays folders and files beside those that are there.
pub(super) fn fill(launch: &NodeLaunch, base: &Utf8Path) -> std::io::Result<()> {
    for folder in &launch.folders {
        fs_err::create_dir_all(base.join(folder))?;
    }
    for file in &launch.files {
        let path = base.join(&file.path);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(&path, &file.content)?;
        file.date(&path)?;
    }
    Ok(())
}

pub(super) fn send(pid: u32, signal: Signal) -> std::io::Result<()> {
    let pid = i32::try_from(pid).map_err(std::io::Error::other)?;
    kill(Pid::from_raw(pid), signal).map_err(std::io::Error::from)
}

/// The state letter of a process: from `/proc` where there is one, from `ps` elsewhere.
fn process_state(pid: u32) -> String {
    if let Ok(stat) = fs_err::read_to_string(format!("/proc/{pid}/stat")) {
        // The command in parentheses may hold anything, blanks and parentheses too.
        return stat.rsplit(')').next().unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned();
    }
    let output = std::process::Command::new("ps").args(["-o", "state=", "-p", &pid.to_string()]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// One argument as `catalina.sh` needs it, which puts `CATALINA_OPTS` through `eval`.
fn shell_quoted(argument: &str) -> String {
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_the_shell() {
        for argument in ["-Dx=a b", "-Dx='q'", "-Dx=$HOME;ls", "-Dx=\"d\"", "-Dx=`id`"] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("eval printf %s {}", "\"$OPTS\"")])
                .env("OPTS", shell_quoted(argument))
                .output()
                .expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), argument);
        }
    }
}
