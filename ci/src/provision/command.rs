//! Commands of the system, run to their end, and their last words where they fail.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use miette::{IntoDiagnostic, Result, WrapErr, miette};

/// How many lines of a failed command's output an error shows.
const LAST_LINES: usize = 15;

/// A command with its arguments.
pub(super) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command
}

/// Runs a command and returns its standard output.
pub(super) fn run(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().into_diagnostic().wrap_err_with(|| format!("`{shown}` cannot be started"))?;
    succeeded(&shown, output)
}

/// The standard output of a command that ended, or its last words as an error.
pub(super) fn succeeded(shown: &str, output: Output) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = [output.stdout, output.stderr].concat();
    Err(miette!("`{shown}` failed ({}):\n{}", output.status, last_lines(&String::from_utf8_lossy(&words))))
}

/// The end of a text.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// A command as it would be typed.
pub(super) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Looks until there is something to see, at most for `limit`.
pub(super) fn wait<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let seen = look();
        if seen.is_some() || start.elapsed() >= limit {
            return seen;
        }
        #[expect(clippy::disallowed_methods, reason = "the one wait of this crate, bounded by its caller")]
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_the_command_and_its_last_words() {
        let error = run(&mut command(&["sh", "-c", "seq 100; echo no >&2; exit 3"])).expect_err("it fails");
        let text = error.to_string();
        assert!(text.starts_with("`sh -c seq 100; echo no >&2; exit 3` failed (exit status: 3):"), "{text}");
        assert!(text.ends_with("100\nno") && !text.contains("\n80\n"), "{text}");
    }
}
