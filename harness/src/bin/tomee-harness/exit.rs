//! Exit codes, and the one place where an error and its sources are printed.

use std::io::Write as _;
use std::process::ExitCode;

use tomee_harness::lab::cluster::ClusterError;
use tomee_harness::verdict::Status;

/// How the program ends. The numbers are part of the contract with scripts and CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything holds.
    Holds,
    /// A guarantee, expectation or threshold is violated.
    Violated,
    /// Bad usage or a bad input file.
    Usage,
    /// Nobody knows.
    Unknown,
    /// Something of the environment is missing or broken.
    Environment,
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

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

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl From<ClusterError> for Failure {
    fn from(error: ClusterError) -> Self {
        let lines = if let ClusterError::NodeFailed { lines, .. } = &error { lines.clone() } else { vec![] };
        Self { lines, ..Self::environment(error) }
    }
}

/// Prints an error, its sources and what to do about it, and gives the code to end with.
pub(crate) fn report(result: Result<Exit, Failure>, color: bool) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        Err(failure) => {
            // Standard error that is gone leaves nobody to tell.
            let _ = print(&failure, color);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn print(failure: &Failure, color: bool) -> std::io::Result<()> {
    use std::io::IsTerminal as _;
    let stderr = std::io::stderr();
    let (red, plain) = if color && stderr.is_terminal() { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
    let mut out = stderr.lock();
    writeln!(out, "{red}error{plain}: {}", failure.error)?;
    let mut source = failure.error.source();
    while let Some(error) = source {
        writeln!(out, "  because: {error}")?;
        source = error.source();
    }
    for line in &failure.lines {
        writeln!(out, "  | {line}")?;
    }
    if let Some(hint) = &failure.hint {
        writeln!(out, "hint: {hint}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
