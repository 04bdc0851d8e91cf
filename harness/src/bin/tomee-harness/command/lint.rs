//! `lint`: findings in configuration files and apps.

mod load;
mod settings;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::fix::{self, Fixed};
use tomee_harness::lint::format::{Checked, Form, render};
use tomee_harness::lint::{Options, run};

use crate::args::{Format, LintArgs, OutputArgs};
use crate::color::ColorChoice;
use crate::exit::{Exit, Failure};
use crate::output::print;

pub(crate) fn lint(args: &LintArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = settings::read()?;
    let options = options(args, &settings)?;
    let versions = match (args.server, &settings.server) {
        (None, Some(server)) => Some(server.parse().map_err(Failure::usage)?),
        (given, _) => given,
    };
    let check = || -> Result<Vec<Checked>, Failure> {
        let inputs = load::inputs(&args.paths, versions, &args.define)?;
        let checked = inputs.into_iter().map(|input| {
            let report = run(&input, &options);
            Checked { input, report }
        });
        Ok(checked.collect())
    };
    let mut all = check()?;
    if args.diff || args.fix || args.unsafe_fixes {
        let fixed: Vec<Fixed> =
            all.iter().flat_map(|one| fix::apply(&one.input, &one.report.findings, args.unsafe_fixes)).collect();
        if args.diff {
            print(&fixed.iter().map(fix::diff).collect::<String>())?;
            return Ok(exit(&all));
        }
        write_fixed(&fixed)?;
        if !fixed.is_empty() {
            all = check()?;
        }
    }
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &all)?;
    }
    write_reports(args, output, matches, &all)?;
    Ok(exit(&all))
}

fn exit(all: &[Checked]) -> Exit {
    match () {
        () if all.iter().any(|one| !one.input.unreadable.is_empty()) => Exit::Usage,
        () if all.iter().any(|one| one.report.has_errors()) => Exit::Violated,
        () => Exit::Holds,
    }
}

fn options(args: &LintArgs, settings: &settings::LintSettings) -> Result<Options, Failure> {
    let ignore: BTreeSet<String> =
        args.ignore.iter().chain(&settings.ignore).map(|code| code.to_ascii_uppercase()).collect();
    if let Some(unknown) = ignore.iter().find(|code| tomee_harness::lint::rules::find(code).is_none()) {
        return Err(Failure::usage(format!("unknown rule `{unknown}`"))
            .hint(Some("tomee-harness rules lists all rules".to_owned())));
    }
    let baseline = args.baseline.as_ref().or(settings.baseline.as_ref()).map(|path| {
        let text = fs_err::read_to_string(path).map_err(Failure::usage)?;
        let baseline: Baseline = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{path} is not a baseline: {error}")))?;
        if baseline.format == 1 {
            Ok(baseline)
        } else {
            Err(Failure::usage(format!("{path} has format {}, expected 1", baseline.format)))
        }
    });
    Ok(Options {
        min_severity: args.min_severity.or(settings.min_severity).map(Into::into),
        min_confidence: args.min_confidence.or(settings.min_confidence).map(Into::into),
        no_ignores: args.no_ignores,
        ignore,
        baseline: baseline.transpose()?,
    })
}

/// Writes fixed files, each as a whole or not at all, with the permissions that it had.
fn write_fixed(fixed: &[Fixed]) -> Result<(), Failure> {
    use std::io::Write as _;
    for one in fixed {
        let path = Utf8Path::new(&one.name).canonicalize_utf8().map_err(Failure::usage)?;
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        let permissions = fs_err::metadata(&path).map_err(Failure::usage)?.permissions();
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Failure::environment)?;
        file.write_all(&one.bytes).map_err(Failure::environment)?;
        fs_err::set_permissions(file.path(), permissions).map_err(Failure::environment)?;
        file.persist(&path).map_err(Failure::environment)?;
    }
    Ok(())
}

fn write_baseline(path: &Utf8Path, all: &[Checked]) -> Result<(), Failure> {
    let mut baseline = Baseline { format: 1, findings: vec![] };
    for one in all {
        baseline.findings.extend(Baseline::of(&one.input, &one.report.findings).findings);
    }
    let text = serde_json::to_string_pretty(&baseline).map_err(Failure::environment)? + "\n";
    fs_err::write(path, text).map_err(Failure::environment)
}

/// Writes each report to where it is wanted; what names no file goes to standard output.
fn write_reports(args: &LintArgs, output: &OutputArgs, matches: &ArgMatches, all: &[Checked]) -> Result<(), Failure> {
    let mut to_stdout = vec![];
    for (format, file) in wanted(args, output, matches) {
        match file {
            Some(path) => {
                let text = render(form(format, false), all).map_err(Failure::environment)?;
                fs_err::write(path, text).map_err(Failure::environment)?;
            }
            None => to_stdout.push(format),
        }
    }
    if to_stdout.len() > 1 {
        return Err(Failure::usage(
            "only one --format can go to standard output, expected an --output behind each of the others",
        ));
    }
    let format = to_stdout.first().copied().or((!output.quiet).then_some(Format::Text));
    let Some(format) = format else { return Ok(()) };
    let color = crate::color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
    print(&render(form(format, color), all).map_err(Failure::environment)?)
}

/// Each form with its file, in the order of the arguments.
fn wanted<'a>(args: &'a LintArgs, output: &OutputArgs, matches: &ArgMatches) -> Vec<(Format, Option<&'a Utf8Path>)> {
    if output.json {
        return vec![(Format::Json, args.output.first().map(Utf8PathBuf::as_path))];
    }
    let indices = |name: &str| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
    let formats = indices("format").into_iter().zip(&output.format).map(|(at, format)| (at, Some(*format), None));
    let files = indices("output").into_iter().zip(&args.output).map(|(at, file)| (at, None, Some(file.as_path())));
    let mut events: Vec<_> = formats.chain(files).collect();
    events.sort_by_key(|(at, ..)| *at);
    let mut wanted = vec![];
    let mut waiting = None;
    for (_, format, file) in events {
        match (format, file) {
            (Some(format), _) => wanted.extend(waiting.replace(format).map(|earlier| (earlier, None))),
            (None, file) => wanted.push((waiting.take().unwrap_or(Format::Text), file)),
        }
    }
    wanted.extend(waiting.map(|format| (format, None)));
    wanted
}

fn form(format: Format, color: bool) -> Form {
    match format {
        Format::Text => Form::Text { color },
        Format::Json => Form::Json,
        Format::Sarif => Form::Sarif,
        Format::Github => Form::Github,
        Format::Junit => Form::Junit,
        Format::Markdown => Form::Markdown,
    }
}
