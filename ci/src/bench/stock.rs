//! (b): two stock servers, no cluster, the app already in webapps.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, bail};
use tomee_harness::host::ports::PortPool;
use tomee_harness::host::wait::{self, Look, TimedOut};
use tomee_harness::model::ContextPath;
use tomee_harness::tomcat::distribution::Distribution;
use tomee_harness::tomcat::war::War;

const LIMIT: Duration = Duration::from_mins(2);

/// Starts two and says how long it took until both answered.
pub(super) fn both_answer(distribution: &Distribution, folder: &Utf8Path) -> Result<Duration> {
    let pool = PortPool::of_user().into_diagnostic()?;
    let leases = pool.lease(4).into_diagnostic()?;
    let context = ContextPath::new("/counter").into_diagnostic()?;
    let war = War::counter(context).into_diagnostic()?;
    let mut bases = vec![];
    for (number, ports) in (1..).zip(leases.chunks(2)) {
        let base = folder.join(format!("stock-{number}"));
        lay(distribution, &base, ports[0].port(), ports[1].port(), &war)?;
        bases.push((base, ports[0].port()));
    }
    let start = Instant::now();
    let servers = bases.iter().map(|(base, _)| Server::start(distribution, base)).collect::<Result<Vec<_>>>()?;
    let answered = bases.iter().try_for_each(|(_, port)| await_answer(*port));
    let took = start.elapsed();
    drop(servers);
    answered.map(|()| took)
}

/// A stock base with its own ports, as a user of two local servers makes it.
fn lay(distribution: &Distribution, base: &Utf8Path, http: u16, shutdown: u16, war: &War) -> Result<()> {
    for name in ["conf", "webapps"] {
        copy(&distribution.home.join(name), &base.join(name))?;
    }
    for name in ["logs", "temp", "work"] {
        fs_err::create_dir_all(base.join(name)).into_diagnostic()?;
    }
    let path = base.join("conf/server.xml");
    let text = fs_err::read_to_string(&path).into_diagnostic()?;
    let text = text
        .replace("port=\"8080\"", &format!("port=\"{http}\""))
        .replace("port=\"8005\"", &format!("port=\"{shutdown}\""));
    fs_err::write(&path, text).into_diagnostic()?;
    fs_err::write(base.join("webapps").join(war.context.war_name()), &war.content).into_diagnostic()
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs_err::create_dir_all(to).into_diagnostic()?;
    for entry in from.read_dir_utf8().into_diagnostic()? {
        let entry = entry.into_diagnostic()?;
        let target = to.join(entry.file_name());
        if entry.file_type().into_diagnostic()?.is_dir() {
            copy(entry.path(), &target)?;
        } else {
            fs_err::copy(entry.path(), target).into_diagnostic()?;
        }
    }
    Ok(())
}

/// A server that ends with its owner.
struct Server(Child);

impl Server {
    fn start(distribution: &Distribution, base: &Utf8Path) -> Result<Self> {
        let mut command = Command::new("sh");
        command
            .arg(distribution.home.join("bin/catalina.sh"))
            .arg("run")
            .env("CATALINA_HOME", &distribution.home)
            .env("CATALINA_BASE", base)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map(Self).into_diagnostic()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script has become the JVM, so this is the server itself; one that has ended already is no matter.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn await_answer(port: u16) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().into_diagnostic()?;
    let answered: Result<(), TimedOut> =
        runtime.block_on(wait::until("an answer of a stock server", LIMIT, async || {
            Ok(match status(port) {
                Ok(200) => Look::Ready(()),
                Ok(status) => Look::NotYet(format!("HTTP {status}")),
                Err(error) => Look::NotYet(error.to_string()),
            })
        }));
    answered.into_diagnostic()
}

/// The status of the counter's page, by the simplest request there is.
fn status(port: u16) -> Result<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(200)).into_diagnostic()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).into_diagnostic()?;
    stream.write_all(b"GET /counter/count.jsp HTTP/1.0\r\nHost: localhost\r\n\r\n").into_diagnostic()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).into_diagnostic()?;
    match answer.split(' ').nth(1).and_then(|status| status.parse().ok()) {
        Some(status) => Ok(status),
        None => bail!("no HTTP answer"),
    }
}
