//! An owner of a guarded run for the tests of the guard, to be killed in every way.
//!
//! `guard-owner FOLDER RUN STEP…` takes one step after the other and says each on standard output, with the id of the
//! process that it started.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;
use tomee_harness::host::guard::{Guard, RUN_VARIABLE, Registry};
use tomee_harness::host::ports::PortPool;
use tomee_harness::model::RunId;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = Utf8PathBuf::from(arguments.next().ok_or("FOLDER is missing")?);
    let run = RunId::new(arguments.next().ok_or("RUN is missing")?)?;
    let guard = Guard::spawn_in(&Registry::at(&folder.join("runs")), &run, &folder)?;
    say("guarded", std::process::id())?;
    let owner = Owner { folder, run, guard };
    for step in arguments {
        match step.as_str() {
            "release" => return Ok(owner.guard.release().map(drop)?),
            "keep" => return Ok(owner.guard.keep()?),
            step => owner.take(step)?,
        }
    }
    Ok(())
}

struct Owner {
    folder: Utf8PathBuf,
    run: RunId,
    guard: Guard,
}

impl Owner {
    fn take(&self, step: &str) -> Result<(), Failure> {
        match step {
            "registered" => self.registered(&mut sleep())?,
            "marked" => self.marked(&mut sleep(), "marked").map(drop)?,
            "deaf" => self.marked(&mut shell("trap '' TERM INT HUP; exec sleep 300"), "deaf").map(drop)?,
            "session" => self.marked(Command::new("setsid").args(["sleep", "300"]), "session").map(drop)?,
            // Children without the run's id, one of them in a session of its own: only the parent gives them away.
            "family" => self.registered(&mut shell("env -i sleep 300 & setsid env -i sleep 300 & exec sleep 300"))?,
            // Neither registered nor marked: it is no business of the run's.
            "other" => {
                let pid = start(sleep().env_remove(RUN_VARIABLE))?;
                say("other", pid)?;
            }
            "paused" => {
                let pid = self.marked(&mut sleep(), "paused")?;
                Command::new("kill").args(["-STOP", &pid.to_string()]).status()?;
            }
            "churn" => loop {
                let pid = self.marked(&mut sleep(), "churn")?;
                self.guard.process(pid)?;
            },
            "lease" => {
                for lease in PortPool::at(&self.folder.join("ports"))?.lease(20)? {
                    say("lease", lease.port().into())?;
                    std::mem::forget(lease);
                }
            }
            "engine" => self.guard.provider("docker")?,
            "panic" => panic!("a test of ours wants it"),
            "hold" => {
                say("hold", 0)?;
                std::io::stdin().read_to_end(&mut Vec::new())?;
            }
            _ => return Err(format!("unknown step {step}").into()),
        }
        Ok(())
    }

    /// A process that the guard is informed of and that does not carry the run's id.
    fn registered(&self, command: &mut Command) -> Result<(), Failure> {
        let pid = start(command)?;
        self.guard.process(pid)?;
        say("registered", pid)
    }

    /// A process that carries the run's id and that the guard does not know of.
    fn marked(&self, command: &mut Command, name: &str) -> Result<u32, Failure> {
        let pid = start(command.env(RUN_VARIABLE, self.run.as_str()))?;
        say(name, pid)?;
        Ok(pid)
    }
}

fn sleep() -> Command {
    let mut command = Command::new("sleep");
    command.arg("300");
    command
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn start(command: &mut Command) -> Result<u32, Failure> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(quiet.process_group(0).spawn()?.id())
}

fn say(what: &str, number: u32) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {number}")?;
    Ok(out.flush()?)
}
