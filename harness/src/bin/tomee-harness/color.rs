//! When to use colours: what `--color` says, then the conventions of the environment, then whether it is a terminal.

use std::ffi::OsString;
use std::io::IsTerminal as _;

use clap::ValueEnum;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ColorChoice {
    /// On a terminal, or as the environment says.
    #[value(help = "On a terminal; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are honoured")]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether standard output takes colours.
pub(crate) fn on_stdout(choice: ColorChoice) -> bool {
    decide(choice, std::io::stdout().is_terminal(), |name| std::env::var_os(name))
}

/// Whether standard error takes colours.
pub(crate) fn on_stderr(choice: ColorChoice) -> bool {
    decide(choice, std::io::stderr().is_terminal(), |name| std::env::var_os(name))
}

/// `NO_COLOR` (no-color.org) wins over `FORCE_COLOR` (force-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors), as
/// who set it meant it for all programs. A variable that is empty counts as not set, and `0` forces nothing.
fn decide(choice: ColorChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => {
            let is = |name: &str, value: &str| variable(name).is_some_and(|it| it == value);
            is_terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colors(choice: ColorChoice, is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        decide(choice, is_terminal, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_flag_wins_then_the_environment_then_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        assert!(colors(Always, false, &[("NO_COLOR", "1")]));
        assert!(!colors(Never, true, &[("FORCE_COLOR", "1")]));
        assert!(colors(Auto, true, &[]) && !colors(Auto, false, &[]));
        assert!(!colors(Auto, true, &[("NO_COLOR", "1")]));
        assert!(colors(Auto, true, &[("NO_COLOR", "")]), "empty is not set");
        for force in ["FORCE_COLOR", "CLICOLOR_FORCE"] {
            assert!(colors(Auto, false, &[(force, "1")]), "{force}");
            assert!(!colors(Auto, false, &[(force, "0")]), "{force}");
            assert!(!colors(Auto, false, &[(force, "1"), ("NO_COLOR", "1")]), "{force}");
        }
        assert!(!colors(Auto, true, &[("TERM", "dumb")]) && !colors(Auto, true, &[("CLICOLOR", "0")]));
    }
}
