//! The downloads of Maven, from its own lines, as one.

use std::time::Instant;

/// What was downloaded since the last summary.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    begun: Option<Instant>,
    lines: Vec<String>,
    artifacts: usize,
    bytes: f64,
}

impl Downloads {
    /// Takes a line of Maven's on a download. False of any other line.
    pub(super) fn take(&mut self, line: &str) -> bool {
        let downloaded = line.starts_with("Downloaded ");
        if !downloaded && !line.starts_with("Downloading ") {
            return false;
        }
        self.begun.get_or_insert_with(Instant::now);
        self.lines.push(format!("  {line}"));
        if downloaded {
            self.artifacts += 1;
            self.bytes += size(line).unwrap_or_default();
        }
        true
    }

    /// The summary of all that were taken, which are done: `resolved 412 artifacts, 61 MB, 9 s`.
    pub(super) fn end(&mut self) -> Option<String> {
        let Self { begun, artifacts, bytes, .. } = std::mem::take(self);
        let seconds = begun?.elapsed().as_secs_f64();
        let artifacts = if artifacts == 1 { "1 artifact".to_owned() } else { format!("{artifacts} artifacts") };
        Some(format!("  resolved {artifacts}, {}, {seconds:.0} s", in_words(bytes)))
    }

    /// Each line that was taken and not summed up.
    pub(super) fn all(&mut self) -> Vec<String> {
        std::mem::take(self).lines
    }
}

/// The bytes of `Downloaded from central: https://… (61 MB at 5.3 MB/s)`.
fn size(line: &str) -> Option<f64> {
    let (_, size) = line.rsplit_once('(')?;
    let (size, _) = size.split_once(" at ")?;
    let (number, unit) = size.trim().split_once(' ')?;
    let scale = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

fn in_words(bytes: f64) -> String {
    if bytes >= 1e6 { format!("{:.0} MB", bytes / 1e6) } else { format!("{:.0} kB", bytes / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_become_one_and_another_line_is_none_of_them() {
        let mut downloads = Downloads::default();
        assert!(!downloads.take("unpacking apache-tomee.zip"));
        assert_eq!(downloads.end(), None);
        for name in ["a.pom", "a.jar"] {
            assert!(downloads.take(&format!("Downloading from central: https://repo/{name}")));
        }
        assert!(downloads.take("Downloaded from central: https://repo/a.pom (1.2 kB at 20 kB/s)"));
        assert!(downloads.take("Downloaded from central: https://repo/a(1).jar (61 MB at 5.3 MB/s)"));
        assert_eq!(downloads.end().as_deref(), Some("  resolved 2 artifacts, 61 MB, 0 s"));
        assert_eq!(downloads.end(), None);
    }

    #[test]
    fn what_was_not_summed_up_can_be_printed_whole() {
        let mut downloads = Downloads::default();
        downloads.take("Downloading from central: https://repo/a.pom");
        assert_eq!(downloads.all(), ["  Downloading from central: https://repo/a.pom"]);
        assert_eq!(downloads.all(), Vec::<String>::new());
    }
}
