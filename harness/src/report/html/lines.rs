//! The raw lines of a history, packed: lines of one shape are a table, what differs from line to line its columns.
//!
//! A shape is the JSON of a line without its numbers, string values and flat lists. A whole number becomes a column of
//! differences, all else an index into one list of texts. The page puts a line together again, byte by byte, when it is
//! looked at. That works for any record, so that a new kind of record needs nothing here.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use serde::Serialize;

use crate::history::History;

/// Marks the place of a whole number in a shape; JSON has no such character.
const NUMBER: u8 = 1;
/// Marks the place of a text in a shape.
const TEXT: u8 = 2;
/// The most digits of a number that a page holds exactly, with its sign left aside: 2^53 has 16.
const EXACT_DIGITS: usize = 15;

/// See the module.
#[derive(Debug, Default, Serialize)]
pub(super) struct Lines {
    /// The shape of each record.
    shape_of: Vec<u32>,
    shapes: Vec<Shape>,
    /// The texts, each as it stands in a line, quotes included.
    texts: Vec<String>,
}

/// Lines of one form.
#[derive(Debug, Serialize)]
struct Shape {
    /// The line, with `\u{1}` for a number and `\u{2}` for a text.
    form: String,
    /// A column for each of them: differences of numbers, indexes of texts.
    columns: Vec<Vec<i64>>,
    #[serde(skip)]
    last: Vec<i64>,
}

impl Lines {
    /// Packs all records.
    pub(super) fn of(history: &History) -> Result<Self, serde_json::Error> {
        let mut packer = Packer::default();
        let (mut line, mut form, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for record in &history.records {
            line.clear();
            form.clear();
            values.clear();
            // As `write_record` writes it, without the line's end.
            serde_json::to_writer(&mut line, record)?;
            let text = String::from_utf8_lossy(&line);
            split(&text, &mut form, &mut values);
            packer.add(&text, &form, &values);
        }
        Ok(packer.lines)
    }
}

#[derive(Default)]
struct Packer {
    lines: Lines,
    shapes: HashMap<Vec<u8>, u32, Quick>,
    texts: HashMap<String, i64, Quick>,
}

impl Packer {
    fn add(&mut self, line: &str, form: &[u8], values: &[Value]) {
        let shape = match self.shapes.get(form) {
            Some(shape) => *shape,
            None => self.shape(form, values.len()),
        };
        self.lines.shape_of.push(shape);
        let shape = &mut self.lines.shapes[shape as usize];
        for (column, value) in values.iter().enumerate() {
            match value {
                Value::Number(number) => {
                    shape.columns[column].push(number - shape.last[column]);
                    shape.last[column] = *number;
                }
                Value::Text(place) => {
                    let text = &line[place.clone()];
                    // In most columns a text is that of the line before.
                    let before = &mut shape.last[column];
                    let same = usize::try_from(*before).ok().and_then(|before| self.lines.texts.get(before));
                    if same.is_none_or(|same| same != text) {
                        *before = match self.texts.get(text) {
                            Some(index) => *index,
                            None => new_text(&mut self.texts, &mut self.lines.texts, text),
                        };
                    }
                    shape.columns[column].push(*before);
                }
            }
        }
    }

    fn shape(&mut self, form: &[u8], columns: usize) -> u32 {
        let index = u32::try_from(self.lines.shapes.len()).unwrap_or(u32::MAX);
        self.shapes.insert(form.to_vec(), index);
        self.lines.shapes.push(Shape {
            form: String::from_utf8_lossy(form).into_owned(),
            columns: vec![Vec::new(); columns],
            last: vec![0; columns],
        });
        index
    }
}

fn new_text(known: &mut HashMap<String, i64, Quick>, texts: &mut Vec<String>, text: &str) -> i64 {
    let index = i64::try_from(texts.len()).unwrap_or(i64::MAX);
    known.insert(text.to_owned(), index);
    texts.push(text.to_owned());
    index
}

enum Value {
    Number(i64),
    /// Where it stands in the line.
    Text(Range<usize>),
}

/// Hashes by a multiplication for eight bytes: there are millions of short texts to look up, all of them our own run's.
#[derive(Debug, Default, Clone, Copy)]
struct Quick(u64);

impl BuildHasher for Quick {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ (mixed >> 32);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Splits a line of JSON as serde writes it (no blanks between tokens) into its form and what stands in it.
fn split(line: &str, form: &mut Vec<u8>, values: &mut Vec<Value>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'"' => string_end(bytes, at),
            b'-' | b'0'..=b'9' => run_end(bytes, at, |byte| !matches!(byte, b',' | b'}' | b']')),
            b'[' => flat_list_end(bytes, at).unwrap_or(at + 1),
            _ => at + 1,
        };
        let token = &line[at..end];
        let is_name = bytes[at] == b'"' && bytes.get(end) == Some(&b':');
        if is_name || (end == at + 1 && !bytes[at].is_ascii_digit()) {
            form.extend_from_slice(token.as_bytes());
        } else if let Some(number) = whole_number(token) {
            form.push(NUMBER);
            values.push(Value::Number(number));
        } else {
            form.push(TEXT);
            values.push(Value::Text(at..end));
        }
        at = end;
    }
}

/// The number, where writing it again gives the same text.
fn whole_number(token: &str) -> Option<i64> {
    let zero = token.len() > 1 && token.trim_start_matches('-').starts_with('0');
    (token.len() <= EXACT_DIGITS && !zero).then(|| token.parse().ok()).flatten()
}

/// Behind the closing quote.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn run_end(bytes: &[u8], start: usize, goes_on: impl Fn(u8) -> bool) -> usize {
    (start..bytes.len()).find(|at| !goes_on(bytes[*at])).unwrap_or(bytes.len())
}

/// Behind the bracket that closes a list without lists and objects in it.
fn flat_list_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b']' => return Some(at + 1),
            b'[' | b'{' => return None,
            b'"' => at = string_end(bytes, at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts the lines together again, as the page does.
    fn unpacked(lines: &Lines) -> Vec<String> {
        let mut rows = vec![0; lines.shapes.len()];
        let mut sums: Vec<Vec<i64>> = lines.shapes.iter().map(|shape| vec![0; shape.columns.len()]).collect();
        let unpack = |shape: &u32| {
            let shape = *shape as usize;
            let (row, mut column, mut line) = (rows[shape], 0, String::new());
            for c in lines.shapes[shape].form.chars() {
                if c != '\u{1}' && c != '\u{2}' {
                    line.push(c);
                    continue;
                }
                let value = lines.shapes[shape].columns[column][row];
                if c == '\u{1}' {
                    sums[shape][column] += value;
                    line.push_str(&sums[shape][column].to_string());
                } else {
                    line.push_str(&lines.texts[usize::try_from(value).expect("an index")]);
                }
                column += 1;
            }
            rows[shape] += 1;
            line
        };
        lines.shape_of.iter().map(unpack).collect()
    }

    fn packed(all: &[&str]) -> Lines {
        let mut packer = Packer::default();
        for line in all {
            let (mut form, mut values) = (vec![], vec![]);
            split(line, &mut form, &mut values);
            packer.add(line, &form, &values);
        }
        packer.lines
    }

    #[test]
    fn every_line_comes_back_byte_by_byte() {
        let all = [
            r#"{"at-ns":12,"record":"log","message":"a \"quoted\": \\ text","list":[1,2,"]"],"none":null,"yes":true}"#,
            r#"{"at-ns":7,"record":"log","message":"","list":[],"none":null,"yes":true}"#,
            r#"{"at-ns":18446744073709551615,"x":-3,"y":1.50,"z":-0,"e":1e9,"deep":[{"a":[[1],[]]},{"a":9}]}"#,
            r#"{"at-ns":0,"x":-999999999999999,"y":0.1,"z":007,"e":5,"deep":[{"a":[[1],[]]},{"a":8}]}"#,
            r#"{"text":"</script><img src=x onerror=alert(1)>","digit":5}"#,
        ];
        assert_eq!(unpacked(&packed(&all)), all);
    }

    #[test]
    fn lines_of_one_shape_share_it_and_their_texts() {
        let lines: Vec<String> =
            (0..100).map(|n| format!(r#"{{"at-ns":{},"node":"n{}","count":{n}}}"#, n * 1000, n % 2)).collect();
        let packed = packed(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((packed.shapes.len(), packed.texts.len()), (1, 2));
        assert_eq!(packed.shapes[0].columns[0][1..], [1000; 99], "times are differences");
        assert_eq!(unpacked(&packed), lines);
    }
}
