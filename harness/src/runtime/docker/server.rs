//! The server's container of a pod: made at the first start, started again after each death with its files kept.

use std::mem::ManuallyDrop;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use futures_util::TryStreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::container::LogOutput;
use testcontainers::bollard::exec::{StartExecOptions, StartExecResults};
use testcontainers::bollard::models::{ExecConfig, HostConfig, HostConfigLogConfig, Mount, MountType};
use testcontainers::bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use super::error::DockerError;
use super::layout::LAYOUT;
use crate::host::guard::RUN_LABEL;
use crate::host::wait::Patience;
use crate::model::RunId;
use crate::runtime::network_shell::NetworkShell;
use crate::runtime::{CommandOutput, NodeFile, NodeLaunch};

/// How long a killed or ended container may take to be gone.
const END_LIMIT: Duration = Duration::from_secs(20);
/// How long a server may take to stop before the engine kills it, which is then an error.
const STOP_LIMIT_SECONDS: i32 = 30;
/// How long the engine may take to report how a command ended whose output is complete.
const EXEC_LIMIT: Duration = Duration::from_secs(5);
/// The exit code of a process that SIGKILL ended.
const KILLED: i64 = 128 + 9;

/// All that is needed to make the container.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) run: RunId,
    /// The container's name.
    pub(super) name: String,
    /// The container whose network it joins.
    pub(super) pause: String,
    pub(super) image: GenericImage,
    pub(super) launch: NodeLaunch,
    /// A folder on this machine that is copied to the node's `CATALINA_BASE`.
    pub(super) staged: Utf8PathBuf,
    pub(super) memory_bytes: Option<i64>,
    /// The volume that `CATALINA_BASE` is on, where it is not the container's own.
    pub(super) disk: Option<String>,
}

/// A container that exists.
#[derive(Debug)]
pub(super) struct Server {
    /// Never dropped: its drop would remove the container, block meanwhile, and panic outside a tokio runtime. What is
    /// to go goes by label, and the guard does that even when this process is gone.
    container: ManuallyDrop<ContainerAsync<GenericImage>>,
}

impl Server {
    /// Makes and starts it.
    pub(super) async fn start(recipe: &Recipe) -> Result<Self, DockerError> {
        let container = request(recipe).start().await?;
        Ok(Self { container: ManuallyDrop::new(container) })
    }

    /// Starts it again, with the files as it left them.
    pub(super) async fn start_again(&self) -> Result<(), DockerError> {
        Ok(self.container.start().await?)
    }

    /// Asks it to stop; what proves that it did so by itself.
    pub(super) async fn stop(&self, docker: &Docker, name: &str) -> Result<String, DockerError> {
        // The engine takes the stop of what has ended for done.
        let state = state(docker, name).await?;
        if !state.running {
            return Err(DockerError::Refused(format!("container {name} is {}: {}", state.status, state.ending())));
        }
        self.container.stop_with_timeout(Some(STOP_LIMIT_SECONDS)).await?;
        let state = ended(docker, name).await?;
        if state.exit_code == KILLED {
            return Err(DockerError::Refused(format!("it ignored SIGTERM for {STOP_LIMIT_SECONDS} s and was killed")));
        }
        Ok(format!("container {name} ended after SIGTERM: {}", state.ending()))
    }

    pub(super) async fn pause(&self, docker: &Docker, name: &str) -> Result<String, DockerError> {
        self.container.pause().await?;
        let state = state(docker, name).await?;
        if state.paused {
            return Ok(format!("container {name} is paused by the freezer"));
        }
        Err(DockerError::Refused(format!("container {name} is {} after the pause", state.status)))
    }

    pub(super) async fn resume(&self) -> Result<(), DockerError> {
        Ok(self.container.unpause().await?)
    }
}

fn request(recipe: &Recipe) -> testcontainers::ContainerRequest<GenericImage> {
    let network = format!("container:{}", recipe.pause);
    let (memory, disk) = (recipe.memory_bytes, recipe.disk.clone());
    let launch = &recipe.launch;
    let request = recipe
        .image
        .clone()
        .with_container_name(&recipe.name)
        .with_label(RUN_LABEL, recipe.run.as_str())
        .with_working_dir(LAYOUT.base)
        .with_copy_to(LAYOUT.base, recipe.staged.as_std_path())
        .with_host_config_modifier(move |host| in_pod(host, &network, memory, disk.as_deref()));
    let of_user = launch.env.iter().find(|(name, _)| name == "CATALINA_OPTS").map(|(_, value)| value.clone());
    let options: Vec<String> = of_user.into_iter().chain(launch.jvm_args.iter().map(|arg| quoted(arg))).collect();
    launch
        .env
        .iter()
        .fold(request, |request, (name, value)| request.with_env_var(name, value))
        .with_env_var("CATALINA_BASE", LAYOUT.base)
        .with_env_var("CATALINA_OPTS", options.join(" "))
}

/// The network mode goes in here: given to testcontainers as a network it would be made as a network of that name.
fn in_pod(host: &mut HostConfig, network: &str, memory_bytes: Option<i64>, disk: Option<&str>) {
    host.network_mode = Some(network.to_owned());
    host.publish_all_ports = None;
    host.memory = memory_bytes;
    host.memory_swap = memory_bytes;
    if let Some(volume) = disk {
        let on = |source, target: &str| Mount {
            target: Some(target.to_owned()),
            source,
            typ: Some(MountType::VOLUME),
            ..Mount::default()
        };
        // What the harness itself writes and reads is beside the disk, so that a full one does not blind it.
        host.mounts =
            Some(vec![on(Some(volume.to_owned()), LAYOUT.base), on(None, &format!("{}/harness", LAYOUT.base))]);
    }
    // The follower counts bytes, so the engine's own default (a rotated log, or none) must not apply.
    let config = [("max-size".to_owned(), "100g".to_owned())].into();
    host.log_config = Some(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(config) });
}

/// A JVM argument as catalina.sh takes it: `eval` reads `CATALINA_OPTS` a second time.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+:./,@%".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// How a container stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    /// Docker's word: `created`, `running`, `paused`, `exited`, …
    pub(super) status: String,
    /// A paused container runs, too.
    pub(super) running: bool,
    pub(super) paused: bool,
    pub(super) exit_code: i64,
    pub(super) out_of_memory: bool,
    /// What the engine says went wrong with the container itself.
    pub(super) error: String,
}

impl State {
    /// How it ended, in words.
    pub(super) fn ending(&self) -> String {
        let signal = match self.exit_code {
            KILLED => " (SIGKILL)",
            143 => " (SIGTERM)",
            134 => " (SIGABRT)",
            _ => "",
        };
        let memory = if self.out_of_memory { ", killed by its memory limit (OOMKilled)" } else { "" };
        let error = if self.error.is_empty() { String::new() } else { format!(", {}", self.error) };
        format!("exit code {}{signal}{memory}{error}", self.exit_code)
    }
}

/// Asks the engine for a container's state.
pub(super) async fn state(docker: &Docker, name: &str) -> Result<State, DockerError> {
    let state = docker.inspect_container(name, None::<InspectContainerOptions>).await?.state.unwrap_or_default();
    Ok(State {
        status: state.status.map(|status| status.to_string()).unwrap_or_default(),
        running: state.running.unwrap_or_default(),
        paused: state.paused.unwrap_or_default(),
        exit_code: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed.unwrap_or_default(),
        error: state.error.unwrap_or_default(),
    })
}

/// Kills a container and returns when it is gone, with what proves that this kill ended it.
pub(super) async fn kill(docker: &Docker, name: &str) -> Result<String, DockerError> {
    // The engine refuses where it does not run (409): a kill that hits nothing is an error.
    signal(docker, name, "SIGKILL").await?;
    let state = ended(docker, name).await?;
    if state.exit_code != KILLED || state.out_of_memory {
        return Err(DockerError::Refused(format!("container {name} did not exit by the kill: {}", state.ending())));
    }
    Ok(format!("container {name} is {}: {}", state.status, state.ending()))
}

/// Sends a signal to a container's first process, which is the JVM.
pub(super) async fn signal(docker: &Docker, name: &str, signal: &str) -> Result<(), DockerError> {
    let options = KillContainerOptionsBuilder::new().signal(signal).build();
    Ok(docker.kill_container(name, Some(options)).await?)
}

/// Removes a container in whatever state it is; it may be gone already.
pub(super) async fn remove(docker: &Docker, name: &str) -> Result<(), DockerError> {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match docker.remove_container(name, Some(options)).await.map_err(DockerError::from) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// A running container, as where the network of its pod is.
pub(super) struct ContainerShell<'a> {
    pub(super) docker: &'a Docker,
    pub(super) name: &'a str,
}

impl NetworkShell for ContainerShell<'_> {
    type Error = DockerError;

    async fn run(&self, script: &str, arguments: &[&str]) -> Result<String, DockerError> {
        shell(self.docker, self.name, script, arguments).await
    }

    fn folder(&self) -> &'static str {
        "/tmp"
    }

    fn refused(what: String) -> DockerError {
        DockerError::Refused(what)
    }

    fn in_words(error: DockerError, what: &str) -> DockerError {
        error.in_words(what)
    }
}

/// Runs a shell script in a running container with arguments `$1`, `$2`, …; what it printed.
///
/// By bollard: what testcontainers gives back cannot be held by a future that moves between threads.
pub(super) async fn shell(
    docker: &Docker,
    name: &str,
    script: &str,
    arguments: &[&str],
) -> Result<String, DockerError> {
    let command = ["sh", "-c", script, "sh"].into_iter().chain(arguments.iter().copied()).map(str::to_owned);
    let config = ExecConfig {
        cmd: Some(command.collect()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..ExecConfig::default()
    };
    let exec = docker.create_exec(name, config).await?;
    let mut said = String::new();
    if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec.id, None::<StartExecOptions>).await?
    {
        while let Some(chunk) = output.try_next().await? {
            said.push_str(&String::from_utf8_lossy(chunk.as_ref()));
        }
    }
    let mut patience = Patience::new("the command's exit code", EXEC_LIMIT);
    loop {
        match docker.inspect_exec(&exec.id).await?.exit_code {
            Some(0) => return Ok(said),
            Some(code) => {
                return Err(DockerError::Script { script: script.to_owned(), code, said: said.trim().to_owned() });
            }
            None => patience.another_look("it still runs").await?,
        }
    }
}

/// Runs a command in a running container, in the node's base; waits for its end.
pub(super) async fn exec(docker: &Docker, name: &str, command: &[String]) -> Result<CommandOutput, DockerError> {
    let config = ExecConfig {
        cmd: Some(command.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        working_dir: Some(LAYOUT.base.to_owned()),
        ..ExecConfig::default()
    };
    let exec = docker.create_exec(name, config).await?;
    let mut done = CommandOutput::default();
    if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec.id, None::<StartExecOptions>).await?
    {
        while let Some(chunk) = output.try_next().await? {
            match chunk {
                LogOutput::StdErr { message } => done.err.extend_from_slice(&message),
                other => done.out.extend_from_slice(other.as_ref()),
            }
        }
    }
    let mut patience = Patience::new("the command's exit code", EXEC_LIMIT);
    loop {
        match docker.inspect_exec(&exec.id).await?.exit_code {
            Some(code) => return Ok(CommandOutput { code: Some(code), ..done }),
            None => patience.another_look("it still runs").await?,
        }
    }
}

async fn ended(docker: &Docker, name: &str) -> Result<State, DockerError> {
    let mut patience = Patience::new(format!("container {name} to be gone"), END_LIMIT);
    loop {
        let state = state(docker, name).await?;
        if !state.running {
            return Ok(state);
        }
        patience.another_look(state.status).await?;
    }
}

/// Lays a node's files on this machine, for upload in one go.
pub(super) fn stage(launch: &NodeLaunch, into: &Utf8Path, more: &[&str]) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    if into.exists() {
        fs_err::remove_dir_all(into)?;
    }
    // Owner and mode travel with the files; the server may run as any user of its image.
    let folder = |path: Utf8PathBuf| {
        fs_err::create_dir_all(&path)?;
        for part in path.ancestors().take_while(|part| part.starts_with(into)) {
            fs_err::set_permissions(part, std::fs::Permissions::from_mode(0o777))?;
        }
        Ok::<_, std::io::Error>(())
    };
    folder(into.to_owned())?;
    for path in &launch.folders {
        folder(into.join(path))?;
    }
    let empty = |path: &&str| NodeFile { path: path.into(), content: vec![], modified: None };
    let empty: Vec<NodeFile> = more.iter().map(empty).collect();
    for file in launch.files.iter().chain(&empty) {
        let path = into.join(&file.path);
        folder(path.parent().unwrap_or(into).to_owned())?;
        fs_err::write(&path, &file.content)?;
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
        file.date(&path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_the_second_reading_of_catalina_sh() {
        for (argument, wanted) in [
            ("-Xmx256m", "-Xmx256m"),
            ("-Da=b c", "'-Da=b c'"),
            ("-Da=$HOME", "'-Da=$HOME'"),
            ("-Da='x'", r"'-Da='\''x'\'''"),
            ("", "''"),
        ] {
            assert_eq!(quoted(argument), wanted);
            let output = std::process::Command::new("sh")
                .args(["-c", r#"eval printf %s "$0""#, &quoted(argument)])
                .output()
                .expect("a shell is there");
            assert_eq!(String::from_utf8_lossy(&output.stdout), argument);
        }
    }

    #[test]
    fn an_ending_names_the_signal_and_the_memory_limit() {
        let state = State { exit_code: 137, out_of_memory: true, ..State::default() };
        assert_eq!(state.ending(), "exit code 137 (SIGKILL), killed by its memory limit (OOMKilled)");
        assert_eq!(State { exit_code: 1, ..State::default() }.ending(), "exit code 1");
    }
}
