//! The load balancer before the nodes: a process `haproxy` on loopback, and its admin socket.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};

use crate::config::haproxy::{ADMIN_SOCKET, BACKEND};
use crate::host::guard::{Guard, RUN_VARIABLE};
use crate::host::wait::{self, Look, TimedOut};
use crate::model::{FrontOrder, FrontServer, FrontState, NodeName, RunId};

/// How long it may take to listen. It needs some ten milliseconds.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long its admin socket may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How many lines of its log are quoted where it does not start.
const LOG_LINES: usize = 6;
/// Where system tools are that only root has on its path.
const MORE_PLACES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/// What to do where there is none.
pub(super) const ADVICE: &str =
    "for a balancer in front of the nodes install HAProxy 2.2 or later: `apt-get install haproxy`";

/// Why there is no balancer, or it did not do something.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrontError {
    #[error("its files cannot be written")]
    Files(#[source] std::io::Error),
    #[error("`haproxy` cannot be run")]
    Run(#[source] std::io::Error),
    #[error("the guard did not take it")]
    Guard(#[source] std::io::Error),
    #[error("`haproxy` {how}: {said}")]
    Ended { how: String, said: String },
    #[error("its admin socket does not answer")]
    Socket(#[source] std::io::Error),
    #[error("it was told `{told}`, and said: {said}")]
    Refused { told: String, said: String },
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

/// A balancer that runs. It ends with this.
#[derive(Debug)]
pub(super) struct FrontProcess {
    child: Child,
    pid: u32,
    folder: Utf8PathBuf,
}

/// Where `haproxy` is, in these folders and then where only root looks.
pub(super) fn find(path: &OsStr) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).chain(MORE_PLACES.iter().map(PathBuf::from));
    folders.map(|folder| folder.join("haproxy")).find(|program| program.is_file())
}

impl FrontProcess {
    /// Starts it with a configuration, and returns when it listens at `listen`.
    pub(super) async fn start(
        program: &std::path::Path,
        folder: &Utf8Path,
        configuration: &str,
        listen: SocketAddr,
        (run, guard): (&RunId, &Guard),
    ) -> Result<Self, FrontError> {
        fs_err::create_dir_all(folder).map_err(FrontError::Files)?;
        fs_err::write(folder.join("haproxy.cfg"), configuration).map_err(FrontError::Files)?;
        let log = folder.join("haproxy.log");
        let file = fs_err::OpenOptions::new().create(true).append(true).open(&log).map_err(FrontError::Files)?;
        let file = file.into_file();
        let errors = file.try_clone().map_err(FrontError::Files)?;
        let mut command = Command::new(program);
        // In the foreground, one process.
        command.args(["-db", "-f", "haproxy.cfg"]).current_dir(folder).env(RUN_VARIABLE, run.as_str());
        command.stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0).kill_on_drop(true);
        let child = command.spawn().map_err(FrontError::Run)?;
        let pid = child.id().ok_or_else(|| FrontError::Run(std::io::Error::other("it exited immediately")))?;
        guard.process(pid).map_err(|error| FrontError::Guard(std::io::Error::other(error)))?;
        let mut front = Self { child, pid, folder: folder.to_owned() };
        let mut patience = wait::Patience::new(format!("the balancer to listen at {listen}"), START_LIMIT);
        loop {
            if let Ok(Some(status)) = front.child.try_wait() {
                return Err(FrontError::Ended { how: status.to_string(), said: last_lines(&log) });
            }
            let Err(error) = TcpStream::connect(listen).await else { return Ok(front) };
            patience.another_look(error.to_string()).await?;
        }
    }

    /// The process.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Its own command, and what it says.
    async fn tell(&self, command: &str) -> Result<String, FrontError> {
        let asked = async {
            let mut socket = UnixStream::connect(self.socket()).await?;
            socket.write_all(format!("{command}\n").as_bytes()).await?;
            let mut said = String::new();
            socket.read_to_string(&mut said).await?;
            Ok::<_, std::io::Error>(said)
        };
        let said = tokio::time::timeout(ANSWER_LIMIT, asked).await;
        said.map_err(|late| FrontError::Socket(late.into()))?.map_err(FrontError::Socket)
    }

    /// A name of a socket has room for some hundred bytes: the way over the process is short.
    fn socket(&self) -> Utf8PathBuf {
        let near = Utf8PathBuf::from(format!("/proc/{}/cwd/{ADMIN_SOCKET}", self.pid));
        if cfg!(target_os = "linux") { near } else { self.folder.join(ADMIN_SOCKET) }
    }

    /// How it has each node.
    pub(super) async fn servers(&self) -> Result<BTreeMap<NodeName, FrontServer>, FrontError> {
        Ok(servers(&self.tell("show stat").await?))
    }

    /// Tells it what to do with a node.
    pub(super) async fn order(&self, node: &NodeName, order: FrontOrder) -> Result<(), FrontError> {
        let told = format!("set server {BACKEND}/{node} state {order}");
        let said = self.tell(&told).await?;
        match said.trim() {
            "" => Ok(()),
            said => Err(FrontError::Refused { told, said: said.to_owned() }),
        }
    }

    /// Ends it; says how.
    pub(super) async fn end(mut self) -> Result<String, FrontError> {
        self.child.start_kill().map_err(FrontError::Run)?;
        let ended: Result<String, TimedOut> = wait::until("the end of the balancer", START_LIMIT, || {
            let ended = self.child.try_wait();
            std::future::ready(Ok(match ended {
                Ok(Some(status)) => Look::Ready(status.to_string()),
                other => Look::NotYet(format!("{other:?}")),
            }))
        })
        .await;
        Ok(ended?)
    }
}

fn last_lines(log: &Utf8Path) -> String {
    let text = fs_err::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("; ")
}

/// The nodes of what `show stat` says: lines of fields with commas between, the first line with their names.
fn servers(stat: &str) -> BTreeMap<NodeName, FrontServer> {
    let mut lines = stat.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().trim_start_matches("# ").split(',').collect();
    let rows = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let field = |name: &str| {
            let place = names.iter().position(|known| *known == name)?;
            fields.get(place).copied()
        };
        let node = field("svname").filter(|name| *name != "BACKEND" && *name != "FRONTEND")?;
        if field("pxname") != Some(BACKEND) {
            return None;
        }
        let number = |name: &str| field(name).and_then(|text| text.parse().ok()).unwrap_or_default();
        let check = [field("check_status"), field("check_desc")].into_iter().flatten().filter(|text| !text.is_empty());
        let server = FrontServer {
            state: state(field("status")?),
            check: check.map(|text| text.trim_matches('"')).collect::<Vec<_>>().join(" "),
            active: number("scur"),
            total: number("stot"),
        };
        Some((NodeName::new(node).ok()?, server))
    });
    rows.collect()
}

/// Its word may have more behind it: `UP 1/2` will be DOWN after one more bad check.
fn state(word: &str) -> FrontState {
    match word.split(' ').next().unwrap_or_default() {
        "UP" | "no" => FrontState::Up,
        "DRAIN" | "NOLB" => FrontState::Drain,
        "MAINT" => FrontState::Maint,
        _ => FrontState::Down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_of_its_statistics_are_read_by_the_names_of_their_fields() {
        let stat = "# pxname,svname,scur,stot,status,check_status,check_desc,\n\
                    front,FRONTEND,1,9,OPEN,,,\n\
                    nodes,n1,2,7,UP 1/2,L4OK,\"Layer4 check passed\",\n\
                    nodes,n2,0,2,DOWN,L4CON,Layer4 connection problem,\n\
                    nodes,n3,0,0,DRAIN,,,\n\
                    nodes,n4,0,0,MAINT (resolution),,,\n\
                    nodes,BACKEND,2,9,UP,,,\n";
        let all = servers(stat);
        let row = |name: &str| &all[&NodeName::new(name).expect("a name")];
        assert_eq!(all.len(), 4);
        let n1 =
            FrontServer { state: FrontState::Up, check: "L4OK Layer4 check passed".to_owned(), active: 2, total: 7 };
        assert_eq!(*row("n1"), n1);
        assert_eq!((row("n2").state, row("n2").check.as_str()), (FrontState::Down, "L4CON Layer4 connection problem"));
        assert_eq!((row("n3").state, row("n4").state), (FrontState::Drain, FrontState::Maint));
    }

    #[test]
    fn where_there_is_no_such_program_none_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("haproxy");
        fs_err::write(&program, "").expect("written");
        assert_eq!(find(folder.path().as_os_str()), Some(program));
    }
}
