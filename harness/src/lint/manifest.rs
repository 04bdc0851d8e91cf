//! What YAML and JSON files say: manifests of Kubernetes, compose files.
//!
//! They are read line by line and not as a tree: a template of Helm is no YAML.

use std::ops::Range;

use super::Input;

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manifest<'i> {
    /// Which file of the input.
    pub(super) file: usize,
    start: usize,
    text: &'i str,
}

/// A value, and where its key is.
pub(super) type Setting<'i> = (&'i str, Range<usize>);

impl Input {
    /// The documents of all files that are neither of a node nor of an app.
    pub(super) fn manifests(&self) -> Vec<Manifest<'_>> {
        let mut found = vec![];
        for file in &self.others {
            let text = self.files[*file].text.as_str();
            let (mut start, mut at) = (0, 0);
            for line in text.split_inclusive('\n') {
                if line.trim_end() == "---" {
                    found.push(Manifest { file: *file, start, text: &text[start..at] });
                    start = at + line.len();
                }
                at += line.len();
            }
            found.push(Manifest { file: *file, start, text: &text[start..] });
        }
        found
    }
}

/// Whether pods are ready as soon as they run: their templates are among the manifests, and none has a probe or a gate.
pub(super) fn are_ready_at_once(manifests: &[Manifest<'_>]) -> bool {
    let has = |key: &str| manifests.iter().any(|manifest| !manifest.values(key).is_empty());
    has("containers") && !["readinessProbe", "startupProbe", "readinessGates"].into_iter().any(has)
}

impl<'i> Manifest<'i> {
    /// The values of a key, which may end a longer one (`service.alpha.kubernetes.io/KEY`), quoted or not, without comments.
    pub(super) fn values(&self, key: &str) -> Vec<Setting<'i>> {
        let mut found = vec![];
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let code = without_comment(line);
            for (place, _) in code.match_indices(key) {
                let before = code[..place].chars().next_back();
                let is_start = before.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'));
                let rest = code[place + key.len()..].trim_start_matches(['"', '\'']).trim_start();
                let Some(rest) = rest.strip_prefix(':').filter(|_| is_start) else { continue };
                let start = self.start + at + place;
                found.push((value(rest), start..start + key.len()));
            }
            at += line.len();
        }
        found
    }

    /// Whether a word stands in it outside of comments.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.text.lines().any(|line| without_comment(line).contains(word))
    }

    /// Where a key has this value.
    pub(super) fn place(&self, key: &str, wanted: &str) -> Option<Range<usize>> {
        self.values(key).into_iter().find(|(value, _)| *value == wanted).map(|(_, place)| place)
    }

    /// Whether a key has this value.
    pub(super) fn says(&self, key: &str, wanted: &str) -> bool {
        self.place(key, wanted).is_some()
    }
}

/// A scalar behind a colon.
fn value(rest: &str) -> &str {
    let rest = rest.trim();
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default(),
        _ => rest.split([',', '}', ']']).next().unwrap_or_default().trim(),
    }
}

/// A line without what stands behind `#`, which begins a comment at the start of a word outside of quotes.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return &line[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, key: &str) -> Vec<String> {
        let mut input = Input::new();
        input.add_other("a.yaml", text.as_bytes());
        input.manifests().iter().flat_map(|it| it.values(key)).map(|(value, _)| value.to_owned()).collect()
    }

    #[test]
    fn a_value_is_read_from_yaml_and_json_and_from_no_comment() {
        assert_eq!(values("a:   true\n# a: false\nb: 1 # a: 2\n", "a"), ["true"]);
        assert_eq!(values(r#"{"x.io/a":"None","ba":1,"a":true}"#, "a"), ["None", "true"]);
        assert_eq!(values("x: 'a: 1'\n", "b"), Vec::<String>::new());
        assert_eq!(values("a: 'x # y'\n---\na: z\n", "a"), ["x # y", "z"]);
    }
}
