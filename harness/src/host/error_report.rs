//! An error as a person reads it: with its causes, the lines that show it, and what to do.

use std::error::Error;
use std::fmt;

/// Writes an error with its causes, each on a line of its own, the lines that show it, and a hint.
pub(crate) fn write(
    f: &mut fmt::Formatter<'_>,
    error: &dyn Error,
    lines: &[String],
    hint: Option<&str>,
) -> fmt::Result {
    write!(f, "{error}")?;
    for cause in std::iter::successors(error.source(), |cause: &&dyn Error| (*cause).source()) {
        write!(f, "\n  because: {cause}")?;
    }
    for line in lines {
        write!(f, "\n  | {line}")?;
    }
    hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
}

/// Makes `Debug` of a public error its report: that is what a test prints which ends with the error through `?`. The error
/// has a `hint()`, and `lines()` that show it.
macro_rules! debug_is_the_report {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::host::error_report::write(f, self, self.lines(), self.hint().as_deref())
            }
        }
    };
}

pub(crate) use debug_is_the_report;

#[cfg(test)]
mod tests {
    #[derive(thiserror::Error)]
    #[error("the cluster did not start")]
    struct Failed {
        source: std::io::Error,
        hint: Option<String>,
        lines: Vec<String>,
    }

    impl Failed {
        fn hint(&self) -> Option<String> {
            self.hint.clone()
        }

        fn lines(&self) -> &[String] {
            &self.lines
        }
    }

    debug_is_the_report!(Failed);

    #[test]
    fn what_a_test_prints_is_the_report() {
        let (hint, lines) = (Some("look into the log".to_owned()), vec!["SEVERE no port".to_owned()]);
        let error: Box<dyn std::error::Error> =
            Box::new(Failed { source: std::io::Error::other("no port"), hint, lines });
        let report = "the cluster did not start\n  because: no port\n  | SEVERE no port\nhint: look into the log";
        assert_eq!(format!("{error:?}"), report);
    }
}
