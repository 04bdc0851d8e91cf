//! Programs that a task runs: shown before they run with their output on ours, or read, with their last words where they
//! fail.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use miette::{IntoDiagnostic as _, Result, WrapErr as _, bail, miette};

/// How many lines of a failed command's output an error shows.
const LAST_LINES: usize = 15;

/// Runs a program with its output on ours.
///
/// # Errors
/// It cannot be started, or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().into_diagnostic()?;
    if status.success() { Ok(()) } else { bail!("{shown}: {status}") }
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A command with its arguments.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command
}

/// Runs a command and returns its standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().into_diagnostic().wrap_err_with(|| format!("`{shown}` cannot be started"))?;
    succeeded(&shown, output)
}

/// What the Java on the path says that it is, for a table of results.
pub(crate) fn java() -> Result<String> {
    let said = command(&["java", "-version"]).output().into_diagnostic()?;
    Ok(String::from_utf8_lossy(&said.stderr).lines().next().unwrap_or_default().replace('"', ""))
}

/// The standard output of a command that ended, or its last words as an error.
fn succeeded(shown: &str, output: Output) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = [output.stdout, output.stderr].concat();
    Err(miette!("`{shown}` failed ({}):\n{}", output.status, last_lines(&String::from_utf8_lossy(&words))))
}

/// The end of a text.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// A command as it would be typed.
pub(crate) fn shown(command: &Command) -> String {
    let name = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args()).map(|word| word.to_string_lossy());
    words.collect::<Vec<_>>().join(" ")
}

/// Looks until there is something to see, at most for `limit`.
pub(crate) fn wait<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
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
        let error = read(&mut command(&["sh", "-c", "seq 100; echo no >&2; exit 3"])).expect_err("it fails");
        let text = error.to_string();
        assert!(text.starts_with("`sh -c seq 100; echo no >&2; exit 3` failed (exit status: 3):"), "{text}");
        assert!(text.ends_with("100\nno") && !text.contains("\n80\n"), "{text}");
    }
}
