//! The raw lines of a history, packed: lines of one shape are a table, what differs from line to line its columns.
//!
//! A shape is the JSON of a line without its numbers, string values and flat lists. A whole number becomes a column of
//! differences, all else an index into one list of texts. The page puts a line together again, byte by byte, when it is
//! looked at. That works for any record, so that a new kind of record needs nothing here.

use std::collections::HashMap;

use serde::Serialize;

use crate::history::{History, write_record};

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
        let (mut line, mut form) = (Vec::new(), Vec::new());
        for record in &history.records {
            line.clear();
            write_record(&mut line, record).map_err(serde_json::Error::io)?;
            let text = String::from_utf8_lossy(&line);
            let mut values = Vec::new();
            form.clear();
            split(text.trim_end(), &mut form, &mut values);
            packer.add(&form, &values);
        }
        Ok(packer.lines)
    }
}

#[derive(Default)]
struct Packer {
    lines: Lines,
    shapes: HashMap<Vec<u8>, u32>,
    texts: HashMap<String, i64>,
}

impl Packer {
    fn add(&mut self, form: &[u8], values: &[Value<'_>]) {
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
                Value::Text(text) => {
                    let index = if let Some(index) = self.texts.get(*text) {
                        *index
                    } else {
                        let index = i64::try_from(self.texts.len()).unwrap_or(i64::MAX);
                        self.texts.insert((*text).to_owned(), index);
                        self.lines.texts.push((*text).to_owned());
                        index
                    };
                    shape.columns[column].push(index);
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

enum Value<'a> {
    Number(i64),
    Text(&'a str),
}

/// Splits a line of JSON as serde writes it (no blanks between tokens) into its form and what stands in it.
fn split<'a>(line: &'a str, form: &mut Vec<u8>, values: &mut Vec<Value<'a>>) {
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
            values.push(Value::Text(token));
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
            packer.add(&form, &values);
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
