//! Exit codes, and the one place where an error and its sources are printed.

use std::io::Write as _;
use std::process::ExitCode;

use tomee_harness::host::error_chain::{self, DisplayErrorChain};
use tomee_harness::verdict::Status;

/// How the program ends. The numbers are part of the contract with scripts and CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything holds.
    Holds,
    /// A guarantee, expectation or threshold is violated, or a loss was observed that was not allowed or expected by name.
    Violated,
    /// Bad usage or a bad input file.
    Usage,
    /// Too little was tested or observed.
    Unknown,
    /// Something of the environment is missing or broken.
    Environment,
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
    /// What a command on a node's machine ended with.
    OfCommand(u8),
}

/// What the codes of a command mean, in the order of its help. README's table has those of a verdict.
pub(crate) type Meanings = &'static [(Exit, &'static str)];

/// Of commands that end with a verdict.
pub(crate) const OF_A_VERDICT: Meanings = &[
    (Exit::Holds, "Every guarantee, expectation and threshold holds"),
    (
        Exit::Violated,
        "One is violated, or a loss was observed that the scenario does not allow or expect by name,\n\
         whether or not the configuration promises otherwise",
    ),
    (Exit::Usage, "Bad usage or invalid input; nothing was started"),
    (Exit::Unknown, "Unknown: too little was tested or observed"),
    (Exit::Environment, "The environment is incomplete or broken: Java, Maven, container engine, ports"),
    (Exit::Interrupted, "Interrupted (143 by SIGTERM or SIGHUP)"),
];

/// Of commands that end with none.
pub(crate) const OF_OTHERS: Meanings = &[(Exit::Holds, "Done"), (Exit::Usage, "Bad usage or bad input")];

/// Of `new`, which asks an app once.
pub(crate) const OF_NEW: Meanings = &[
    (Exit::Holds, "The file was written"),
    (Exit::Violated, "With --war: the app does not start, or no page of it is there"),
    (Exit::Usage, "Bad usage or bad input; nothing was started"),
    (Exit::Unknown, "With --war: the app was not served within the time that it has"),
    (Exit::Environment, "The environment is incomplete or broken: Java, Maven, ports"),
];

/// Of what is done by hand.
pub(crate) const OF_STEPS: Meanings = &[
    (Exit::Holds, "Done, or nothing was to be done"),
    (Exit::Usage, "Bad usage, or it cannot be done now; nothing was done"),
    (Exit::Unknown, "A wait timed out, or a request was not answered"),
    (Exit::Environment, "It failed: a node that does not start, a fault that had no effect, a keeper that is gone"),
];

/// Of `exec`.
pub(crate) const OF_EXEC: Meanings = &[
    (Exit::Holds, "It ended with 0; with any other code this is the code"),
    (Exit::Usage, "Also: bad usage"),
    (Exit::Environment, "Also: it could not be started, a signal ended it, or the keeper is gone"),
];

/// Of `diff`.
pub(crate) const OF_DIFF: Meanings = &[
    (Exit::Holds, "Both nodes hold the same"),
    (Exit::Violated, "They do not"),
    (Exit::Usage, "Bad usage or bad input"),
];

/// Of `doctor`.
pub(crate) const OF_DOCTOR: Meanings = &[
    (Exit::Holds, "A run is possible"),
    (Exit::Usage, "Bad usage"),
    (Exit::Environment, "Something is missing without which no run is possible"),
];

/// What they mean where a configuration is put to the test.
pub(crate) const OF_GATE: Meanings = &[
    (Exit::Holds, "What the configuration promises was put to the test and holds; with --against: nothing is lost"),
    (Exit::Violated, "A guarantee is violated or lost, or lint found an error"),
    (Exit::Usage, "Bad usage or bad input"),
    (Exit::Unknown, "Unknown: not everything could be decided, or something was left out for time"),
    (Exit::Environment, "The environment is incomplete or broken: Java, Maven, ports"),
    (Exit::Interrupted, "Interrupted (143: terminated)"),
];

/// Of `explain`, where `--prove` runs servers.
pub(crate) const OF_EXPLAIN: Meanings = &[
    (Exit::Holds, "Done; with --prove: the fault breaks what the remedy keeps"),
    (Exit::Violated, "The runs of --prove contradict the rule"),
    (Exit::Usage, "Bad usage or bad input"),
    (Exit::Unknown, "The rule has no runs, or they were not decided"),
    (Exit::Environment, "The environment is incomplete or broken: Java, Maven, ports"),
    (Exit::Interrupted, "Interrupted (143: terminated)"),
];

/// Of `lint`.
pub(crate) const OF_LINT: Meanings = &[
    (Exit::Holds, "No finding of severity error"),
    (Exit::Violated, "A finding of severity error"),
    (Exit::Usage, "Bad usage or bad input: a file that cannot be read or is not XML, no server.xml found"),
];

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Violated => 1,
            Self::Usage => 2,
            Self::Unknown => 3,
            Self::Environment => 4,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::OfCommand(code) => code,
        }
    }

    /// The word for it in a list of runs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "VIOLATED",
            Self::Usage => "bad input",
            Self::Unknown => "unknown",
            Self::Environment => "error",
            Self::Interrupted | Self::Terminated => "interrupted",
            Self::OfCommand(_) => "failed",
        }
    }

    /// Over many runs the first of 130/143, 2, 1, 4, 3, 0 wins.
    pub(crate) fn worse(self, other: Self) -> Self {
        const ORDER: [Exit; 7] = [
            Exit::Interrupted,
            Exit::Terminated,
            Exit::Usage,
            Exit::Violated,
            Exit::Environment,
            Exit::Unknown,
            Exit::Holds,
        ];
        ORDER.into_iter().find(|exit| *exit == self || *exit == other).unwrap_or(self)
    }
}

impl From<Status> for Exit {
    fn from(status: Status) -> Self {
        match status {
            Status::Holds => Self::Holds,
            Status::Violated => Self::Violated,
            Status::Unknown => Self::Unknown,
        }
    }
}

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: Box<dyn std::error::Error + Send + Sync>,
    pub(crate) hint: Option<String>,
    /// Evidence: the lines of a log, for example.
    pub(crate) lines: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { exit, error: error.into(), hint: None, lines: vec![] }
    }

    pub(crate) fn usage(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Exit::Usage, error)
    }

    pub(crate) fn environment(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Exit::Environment, error)
    }

    /// The failure of a run that could not be cleared away either.
    pub(crate) fn leaving(mut self, left: Self) -> Self {
        self.lines.push(left.error.to_string());
        let hints = [self.hint, left.hint].into_iter().flatten();
        self.hint = Some(hints.collect::<Vec<_>>().join("; ")).filter(|hint| !hint.is_empty());
        self
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

/// The hint for a file that could not be written because the disk is full, however deep that is in the causes.
pub(crate) fn space_hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let full = error_chain::links(error).any(|cause| {
        let cause = cause.downcast_ref::<std::io::Error>();
        cause.is_some_and(|cause| matches!(cause.kind(), StorageFull | QuotaExceeded | FileTooLarge))
    });
    full.then(|| "free disk space there, or raise the limit; --out DIR selects another folder".to_owned())
}

/// Prints an error, its sources and what to do about it, and gives the code to end with.
pub(crate) fn report(result: Result<Exit, Failure>, color: bool) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        Err(failure) => {
            // Without standard error there is nowhere to report to.
            let _ = print(&failure, color);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn print(failure: &Failure, color: bool) -> std::io::Result<()> {
    let (red, plain) = if color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    let mut out = std::io::stderr().lock();
    writeln!(out, "{red}error{plain}: {:#}", DisplayErrorChain(failure.error.as_ref()))?;
    for line in &failure.lines {
        writeln!(out, "  | {line}")?;
    }
    if let Some(hint) = failure.hint.clone().or_else(|| space_hint(failure.error.as_ref())) {
        writeln!(out, "hint: {hint}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognised_below_other_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let outer = |kind: std::io::ErrorKind| Outer(kind.into());
        assert!(space_hint(&outer(std::io::ErrorKind::StorageFull)).is_some());
        assert_eq!(space_hint(&outer(std::io::ErrorKind::NotFound)), None);
    }

    #[test]
    fn over_many_runs_the_worst_wins_in_the_order_of_the_contract() {
        let order = [Exit::Interrupted, Exit::Usage, Exit::Violated, Exit::Environment, Exit::Unknown, Exit::Holds];
        for (index, worse) in order.iter().enumerate() {
            for better in &order[index..] {
                assert_eq!(worse.worse(*better), *worse);
                assert_eq!(better.worse(*worse), *worse);
            }
        }
    }
}
