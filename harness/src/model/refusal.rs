//! Why a step cannot follow, in words, and about which key of it.

/// Why a step cannot follow in a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The key of the step that it is about, as a scenario names it, `with.at` for one inside of another; `None` where it
    /// is about the step's verb.
    pub key: Option<&'static str>,
    /// What cannot be, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { key: None, message: message.into(), help: None }
    }

    /// About a key of the step.
    pub(super) fn at(mut self, key: impl Into<Option<&'static str>>) -> Self {
        self.key = key.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the nearest right word as help, where one is near.
    pub(super) fn nearest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// The word of `known` that is nearest to `word`, where one is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let distances = known.iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate));
    // A third of the word may be wrong: more is another word.
    let near = distances.filter(|(distance, candidate)| *distance <= 1.max(word.len().max(candidate.len()) / 3));
    let near = near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate);
    // `BackupManager` is how Tomcat calls what is `backup` here, and `sendOptions` is `send-options`.
    let lower = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let longer = |candidate: &&str| candidate.len() > 2 && lower(word).starts_with(&lower(candidate));
    near.or_else(|| known.iter().copied().filter(longer).max_by_key(|candidate| candidate.len()))
        .or_else(|| known.iter().copied().find(|candidate| lower(candidate) == lower(word)))
}

/// serde says ``unknown field `clint`, expected one of `client`, `on` ``: the nearest of them.
pub fn of_unknown_word(message: &str) -> Option<String> {
    let (what, known) = message.split_once(", expected ")?;
    let unknown = what.strip_prefix("unknown field").or_else(|| what.strip_prefix("unknown variant"))?;
    let word = unknown.trim().trim_matches('`');
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_named_where_one_is_near() {
        let known = ["client", "clients", "kill", "on"];
        assert_eq!(nearest("clint", known), Some("client"));
        assert_eq!(nearest("kil", known), Some("kill"));
        assert_eq!(nearest("partition", known), None);
    }

    #[test]
    fn a_name_of_tomcats_is_near_to_ours() {
        assert_eq!(nearest("BackupManager", ["delta", "backup"]), Some("backup"));
        assert_eq!(nearest("DeltaManager", ["delta", "backup"]), Some("delta"));
        assert_eq!(nearest("sendOptions", ["send-options", "server"]), Some("send-options"));
    }
}
