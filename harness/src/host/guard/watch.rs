//! What a guard process does from its first moment to its last.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, BufRead, Write};

use super::message::{Manifest, Message, Providers, Reply, Task};
use super::registry::{Held, Registry};
use super::removal::{Removal, remove_processes, with_causes};
use crate::model::RunId;

/// How the owner left.
enum Ending {
    Released,
    Kept,
    Lost,
}

/// Removes what a run has with these providers.
pub(super) type RemoveElsewhere = fn(&RunId, &Providers) -> Removal;

/// A run as the guard knows it.
struct Watch {
    task: Task,
    entry: Held,
    manifest: Manifest,
    remove_elsewhere: RemoveElsewhere,
}

/// Guards until the owner leaves. Standard input is the pipe, standard output goes to the owner, and standard error is
/// the guard's log. Returns the exit status, which is not 0 when something of the run is left.
pub(super) fn run(task: &str, remove_elsewhere: RemoveElsewhere) -> i32 {
    let task: Task = match serde_json::from_str(task) {
        Ok(task) => task,
        Err(error) => {
            log(format_args!("not a task for a guard: {error}"));
            return 1;
        }
    };
    let entry = match Registry::at(&task.registry).join(&task.run) {
        Ok(entry) => entry,
        Err(error) => {
            log(with_causes(&error));
            return 1;
        }
    };
    log(format_args!("guarding run {} of process {}", task.run, task.owner));
    reply(&Reply::Ready);
    Watch { task, entry, manifest: Manifest::default(), remove_elsewhere }.until_the_end()
}

impl Watch {
    fn until_the_end(mut self) -> i32 {
        let ending = self.listen();
        let Removal { removed, left } = match ending {
            Ending::Kept => Removal::default(),
            Ending::Released | Ending::Lost => self.remove(),
        };
        for line in &removed {
            log(format_args!("removed {line}"));
        }
        for line in &left {
            log(format_args!("could not remove {line}"));
        }
        let code = i32::from(!left.is_empty());
        let remembered = match ending {
            Ending::Kept => self.entry.keep(),
            // A sweep can try again only where the run is not forgotten.
            _ if left.is_empty() => self.entry.forget(),
            _ => Ok(()),
        };
        if let Err(error) = remembered {
            log(with_causes(&error));
        }
        log("done");
        reply(&Reply::Done { removed, left });
        code
    }

    /// Takes notes until the owner says how it ends, or ends without a word.
    fn listen(&mut self) -> Ending {
        for line in io::stdin().lock().lines() {
            let message = match line.map(|line| serde_json::from_str(&line)) {
                Ok(Ok(message)) => message,
                Ok(Err(error)) => {
                    log(format_args!("a message that is none: {error}"));
                    self.manifest.providers = Providers::Every;
                    continue;
                }
                Err(error) => {
                    log(format_args!("the pipe cannot be read: {error}"));
                    break;
                }
            };
            match message {
                Message::Release => {
                    log("the owner has removed everything; checking once more");
                    return Ending::Released;
                }
                Message::Keep => {
                    log("keeping everything, as requested");
                    return Ending::Kept;
                }
                message => self.manifest.add(message),
            }
        }
        log(format_args!("the owner (process {}) exited without notice; removing everything", self.task.owner));
        Ending::Lost
    }

    fn remove(&self) -> Removal {
        let Manifest { processes, providers } = &self.manifest;
        let removal = remove_processes(&self.task.run, processes, &BTreeSet::from([self.task.owner]));
        if providers.is_empty() {
            return removal;
        }
        removal.and((self.remove_elsewhere)(&self.task.run, providers))
    }
}

/// Nobody reads a reply when the owner is gone, and nobody needs to.
fn reply(reply: &Reply) {
    if let Ok(mut line) = serde_json::to_string(reply) {
        line.push('\n');
        let _ = io::stdout().write_all(line.as_bytes());
        let _ = io::stdout().flush();
    }
}

/// A log that cannot be written, because the disk is full or the folder is gone, must not keep the guard from its work.
fn log(what: impl Display) {
    let _ = writeln!(io::stderr(), "{:.3} guard {}: {what}", jiff::Timestamp::now(), std::process::id());
}
