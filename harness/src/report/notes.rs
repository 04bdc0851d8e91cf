//! Notes, where many that are alike become one with a number.

use std::collections::HashMap;

use serde::Serialize;

/// How many notes of one form are shown one by one.
const FEW: usize = 2;

/// A note, and how many more there are of its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note<'a> {
    /// The first one.
    pub text: &'a str,
    /// How many others differ from it in numbers, clients and ids only.
    pub more: usize,
}

impl std::fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)?;
        if self.more > 0 { write!(f, " (and {} more like this)", self.more) } else { Ok(()) }
    }
}

/// Notes in the order in which each form first appears.
pub fn grouped(notes: &[String]) -> Vec<Note<'_>> {
    let mut forms: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, note) in notes.iter().enumerate() {
        forms.entry(form(note)).or_default().push(index);
    }
    let mut shown: Vec<(usize, usize)> = Vec::new();
    for alike in forms.into_values() {
        if alike.len() > FEW {
            shown.push((alike[0], alike.len() - 1));
        } else {
            shown.extend(alike.into_iter().map(|index| (index, 0)));
        }
    }
    shown.sort_unstable();
    shown.into_iter().map(|(index, more)| Note { text: &notes[index], more }).collect()
}

/// A note without what differs between notes of one kind: words with digits in them, whoever owns something, and what is
/// in brackets.
fn form(note: &str) -> String {
    let mut form = String::with_capacity(note.len());
    let mut brackets = 0_usize;
    for word in note.split_inclusive(|c: char| c.is_whitespace() || c == '[' || c == ']' || c == ',') {
        if brackets == 0 {
            let varies = word.contains(|c: char| c.is_ascii_digit()) || word.trim_end().ends_with("'s");
            form.push_str(if varies { "#" } else { word.trim_end_matches(',') });
        }
        brackets += word.matches('[').count();
        brackets = brackets.saturating_sub(word.matches(']').count());
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_are_alike_become_one_and_few_stay() {
        let late = |client: &str, count: u32| {
            format!(
                "the replica of {client}'s session on n{count} showed count {count} at {count}.000 s, when 9 was due"
            )
        };
        let lost =
            |list: &str| format!("a change of the list in place was not replicated: #5 left {list}, #6 showed [0]");
        let notes =
            [late("alice", 1), lost("[0, 2]"), late("bob", 2), late("carol", 3), lost("[0, 1, 2]"), "else".to_owned()];
        let shown: Vec<String> = grouped(&notes).iter().map(ToString::to_string).collect();
        let first = format!("{} (and 2 more like this)", notes[0]);
        assert_eq!(shown, [first, notes[1].clone(), notes[4].clone(), notes[5].clone()]);
    }

    #[test]
    fn notes_of_different_words_are_never_put_together() {
        let notes: Vec<String> = ["n1 logged 3 deltas", "n1 logged 3 timeouts", "n2 left"].map(str::to_owned).into();
        assert!(grouped(&notes).iter().all(|note| note.more == 0));
    }
}
