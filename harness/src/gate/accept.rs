//! What a team accepts: a file in its repository, reviewed like a snapshot.

use serde::{Deserialize, Serialize};

use super::matter::{Key, Matter, without_folders};

/// The name of the file, where none is named.
pub const ACCEPTED_FILE: &str = "tomee-harness-gate.toml";

const HEAD: &str = "\
# What we accept of `tomee-harness gate`. `tomee-harness gate accept` writes this file from the last gate; review it like code.
# An entry is known by run, what, status and app; `because` is what was seen when it was accepted, `reason` is for you to write.
format = 1
";

/// One thing that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Accepted {
    /// Which run.
    pub run: String,
    /// What of it.
    pub what: String,
    /// How it stood.
    pub status: crate::verdict::Status,
    /// The file's name of the app that did it; where none is named, as in files of earlier releases, any.
    #[serde(default)]
    pub app: Option<String>,
    /// What was seen.
    pub because: String,
    /// Why that is accepted.
    #[serde(default)]
    pub reason: String,
}

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AcceptedFile {
    format: u32,
    /// The entries.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
}

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptedError {
    /// It is no such file.
    #[error("{0}")]
    Toml(String),
    /// It was written by a newer release.
    #[error("format {0} is not known, expected 1")]
    Format(u32),
}

impl AcceptedFile {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// It is not of the form.
    pub fn parse(text: &str) -> Result<Self, AcceptedError> {
        let file: Self = toml::from_str(text).map_err(|error| AcceptedError::Toml(error.message().to_owned()))?;
        if file.format == 1 { Ok(file) } else { Err(AcceptedError::Format(file.format)) }
    }

    /// What stands against a pass, as a file. The reasons of what was accepted before stay; what occurs no longer goes.
    #[must_use]
    pub fn of(matters: &[Matter], before: &Self) -> Self {
        let mut accepted: Vec<Accepted> = vec![];
        for (key, line) in matters.iter().filter_map(|matter| Some((matter.key.as_ref()?, &matter.line))) {
            let known = before.accepted.iter().find(|entry| entry.is(key));
            let entry = known.cloned().unwrap_or_else(|| Accepted {
                run: key.run.clone(),
                what: key.what.clone(),
                status: key.status,
                app: key.app.clone(),
                because: line.clone(),
                reason: String::new(),
            });
            if !accepted.iter().any(|other| other.is(key)) {
                accepted.push(entry);
            }
        }
        Self { format: 1, accepted }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for entry in &self.accepted {
            text.push_str("\n[[accepted]]\n");
            let status = serde_json::to_value(entry.status).unwrap_or_default();
            let pairs = [
                ("run", Some(entry.run.as_str())),
                ("what", Some(&entry.what)),
                ("status", status.as_str()),
                ("app", entry.app.as_deref()),
                ("because", Some(&entry.because)),
                ("reason", Some(&entry.reason)),
            ];
            let said = pairs.iter().filter_map(|(key, value)| Some((key, (*value)?)));
            text.extend(said.map(|(key, value)| format!("{key} = {}\n", toml::Value::from(value))));
        }
        text
    }

    /// The entries that no matter is.
    pub fn stale<'f>(&'f self, matters: &'f [Matter]) -> impl Iterator<Item = &'f Accepted> {
        let occurs =
            |entry: &&Accepted| matters.iter().any(|matter| matter.key.as_ref().is_some_and(|key| entry.is(key)));
        self.accepted.iter().filter(move |entry| !occurs(entry))
    }

    /// Whether a matter is accepted.
    pub fn has(&self, matter: &Matter) -> bool {
        matter.key.as_ref().is_some_and(|key| self.accepted.iter().any(|entry| entry.is(key)))
    }
}

impl Accepted {
    fn is(&self, key: &Key) -> bool {
        let of_app = self.app.is_none() || self.app == key.app;
        of_app && self.run == key.run && without_folders(&self.what) == key.what && self.status == key.status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Status;

    fn matter(run: &str, what: &str, status: Status) -> Matter {
        let key = Key { run: run.to_owned(), what: what.to_owned(), status, app: None };
        Matter { key: Some(key), status, line: format!("{run}: \"{what}\"\n\u{7f}…") }
    }

    #[test]
    fn a_file_reads_as_it_was_written_and_keeps_the_reasons_of_a_team() {
        let [one, two] =
            [matter("failover", "identity-kept", Status::Violated), matter("lint", "C029 x", Status::Violated)];
        let first = AcceptedFile::of(&[one.clone(), two.clone(), one.clone()], &AcceptedFile::default());
        assert_eq!(first.accepted.len(), 2);
        let mut read = AcceptedFile::parse(&first.text()).expect("it reads");
        assert_eq!(read, first);
        read.accepted[0].reason = "we have no routes".to_owned();
        let second = AcceptedFile::of(std::slice::from_ref(&one), &read);
        assert_eq!(second.accepted.len(), 1);
        assert_eq!(second.accepted[0].reason, "we have no routes");
        assert_eq!(read.stale(&[one]).map(|entry| entry.run.as_str()).collect::<Vec<_>>(), ["lint"]);
    }

    #[test]
    fn what_one_app_does_is_not_accepted_of_another() {
        let of_app = |app: Option<&str>| {
            let mut matter = matter("failover", "session-kept", Status::Violated);
            matter.key.iter_mut().for_each(|key| key.app = app.map(str::to_owned));
            matter
        };
        let file = AcceptedFile::of(&[of_app(Some("shop.war"))], &AcceptedFile::default());
        let file = AcceptedFile::parse(&file.text()).expect("it reads");
        assert!(file.has(&of_app(Some("shop.war"))));
        assert!(!file.has(&of_app(Some("blog.war"))) && !file.has(&of_app(None)));
        // A file of an earlier release names no app.
        let older = AcceptedFile::of(&[of_app(None)], &AcceptedFile::default());
        assert!(older.has(&of_app(Some("shop.war"))));
    }

    #[test]
    fn what_stands_otherwise_or_cannot_be_accepted_is_not() {
        let file = AcceptedFile::of(&[matter("failover", "identity-kept", Status::Unknown)], &AcceptedFile::default());
        assert!(file.has(&matter("failover", "identity-kept", Status::Unknown)));
        assert!(!file.has(&matter("failover", "identity-kept", Status::Violated)), "worse than what was accepted");
        let never = Matter { key: None, status: Status::Unknown, line: "left out".to_owned() };
        assert!(AcceptedFile::of(&[never], &file).accepted.is_empty());
        assert_eq!(AcceptedFile::parse("format = 2\n"), Err(AcceptedError::Format(2)));
        assert!(AcceptedFile::parse("format = 1\n[[accepted]]\nrun = \"x\"\n").is_err());
    }
}
