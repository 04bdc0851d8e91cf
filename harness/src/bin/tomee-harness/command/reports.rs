//! Reports in several forms at once: `--format F --output FILE`, in pairs.

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;

use crate::args::{Format, OutputArgs};
use crate::exit::Failure;

/// A report that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    pub(crate) format: Format,
    /// Its file; standard output where there is none.
    pub(crate) file: Option<&'a Utf8Path>,
}

/// Each form with its file, in the order of the arguments.
pub(crate) fn wanted<'a>(output: &OutputArgs, files: &'a [Utf8PathBuf], matches: &ArgMatches) -> Vec<Wanted<'a>> {
    if output.json {
        return vec![Wanted { format: Format::Json, file: files.first().map(Utf8PathBuf::as_path) }];
    }
    let indices = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
    let formats = indices("format").into_iter().zip(&output.format).map(|(at, format)| (at, Some(*format), None));
    let files = indices("output").into_iter().zip(files).map(|(at, file)| (at, None, Some(file.as_path())));
    let mut events: Vec<_> = formats.chain(files).collect();
    events.sort_by_key(|(at, ..)| *at);
    let mut wanted = vec![];
    let mut waiting = None;
    let to_stdout = |format| Wanted { format, file: None };
    for (_, format, file) in events {
        match (format, file) {
            (Some(format), _) => wanted.extend(waiting.replace(format).map(to_stdout)),
            (None, file) => wanted.push(Wanted { format: waiting.take().unwrap_or(Format::Text), file }),
        }
    }
    wanted.extend(waiting.map(to_stdout));
    wanted
}

/// The form of what goes to standard output: the one that is asked for, or text, unless nothing is to be said.
pub(crate) fn to_stdout(wanted: &[Wanted<'_>], output: &OutputArgs) -> Result<Option<Format>, Failure> {
    let formats: Vec<Format> = wanted.iter().filter(|it| it.file.is_none()).map(|it| it.format).collect();
    if formats.len() > 1 {
        return Err(Failure::usage(
            "only one --format can go to standard output, expected an --output behind each of the others",
        ));
    }
    // A result is no progress; but who has it in a file need not read it as well.
    let says_it = !output.quiet || wanted.iter().all(|wanted| wanted.file.is_none());
    Ok(formats.first().copied().or(says_it.then_some(Format::Text)))
}
