//! `lint`: findings in configuration files and apps.

mod base;
mod load;
mod settings;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::fix::{self, Fixed};
use tomee_harness::lint::format::{Checked, Form, render};
use tomee_harness::lint::{Options, Versions, run};

use self::base::Files;
use super::reports;
use crate::args::{Format, LintArgs, OutputArgs};
use crate::color::ColorChoice;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_bytes};

pub(crate) fn lint(args: &LintArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = settings::read()?;
    let options = options(args, &settings)?;
    let baseline =
        args.baseline.as_ref().or(settings.baseline.as_ref()).map(|path| KnownFile::read(path)).transpose()?;
    let versions = match (args.server, &settings.server) {
        (None, Some(server)) => Some(server.parse().map_err(Failure::usage)?),
        (given, _) => given,
    };
    // What a baseline knows is known however mild it is.
    let asked = Options { min_severity: None, min_confidence: None, ..options.clone() };
    let check = |files: &Files| -> Result<Vec<Checked>, Failure> {
        let inputs = load::inputs(files, &args.paths, versions, &args.define)?;
        let checked = inputs.into_iter().map(|input| {
            let report = run(&input, &asked);
            Checked { input, report }
        });
        Ok(checked.collect())
    };
    let mut files = Files::default();
    let mut all = check(&files)?;
    if args.diff || args.fix || args.unsafe_fixes {
        leave_out(&mut all, baseline.as_ref(), &options);
        let exit_before = exit(&all);
        let mut changes = Changes::new();
        // What one fix brings to light, another one may fix.
        for _ in 0..MOST_ROUNDS {
            let fixed: Vec<Fixed> =
                all.iter().flat_map(|one| fix::apply(&one.input, &one.report.findings, args.unsafe_fixes)).collect();
            if fixed.is_empty() {
                break;
            }
            if args.diff {
                keep(fixed, &mut files, &mut changes)?;
            } else {
                write_fixed(&fixed)?;
            }
            all = check(&files)?;
            leave_out(&mut all, baseline.as_ref(), &options);
        }
        if args.diff {
            print_bytes(&changes.values().flat_map(fix::diff).collect::<Vec<u8>>())?;
            return Ok(exit_before);
        }
        // Of what is left out, a baseline knows, too.
        all = check(&files)?;
    }
    if let Some(path) = &args.write_baseline {
        write_baseline(path, &all)?;
    }
    leave_out(&mut all, baseline.as_ref(), &options);
    write_reports(args, output, matches, &all)?;
    Ok(exit(&all))
}

/// As often are files fixed in one run.
const MOST_ROUNDS: usize = 8;

/// What several rounds make of each file, by its real path.
type Changes = BTreeMap<Utf8PathBuf, Fixed>;

/// Keeps fixed files in memory instead of writing them.
fn keep(fixed: Vec<Fixed>, files: &mut Files, changes: &mut Changes) -> Result<(), Failure> {
    for one in fixed {
        let path = Utf8Path::new(&one.name);
        if let Some(how) = fix::is_for_reading_only(&one) {
            return Err(Failure::usage(format!("{path} is {how}, in which no patch can be written"))
                .hint(Some("--fix writes it as it is".to_owned())));
        }
        files.put(path, one.bytes.clone())?;
        let path = path.canonicalize_utf8().map_err(Failure::usage)?;
        match changes.entry(path) {
            Entry::Occupied(mut first) => (first.get_mut().after, first.get_mut().bytes) = (one.after, one.bytes),
            Entry::Vacant(place) => drop(place.insert(one)),
        }
    }
    Ok(())
}

/// A baseline, as it was written.
struct KnownFile {
    name: String,
    text: String,
    baseline: Baseline,
}

impl KnownFile {
    fn read(path: &Utf8Path) -> Result<Self, Failure> {
        let text = fs_err::read_to_string(path).map_err(Failure::usage)?;
        let baseline: Baseline = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(format!("{path} is not a baseline: {error}")))?;
        if baseline.format != 1 {
            return Err(Failure::usage(format!("{path} has format {}, expected 1", baseline.format)));
        }
        Ok(Self { name: path.to_string(), text, baseline })
    }
}

/// Leaves out what is known or not asked for, and adds what the baseline knows in vain.
fn leave_out(all: &mut Vec<Checked>, known: Option<&KnownFile>, options: &Options) {
    if let Some(KnownFile { name, text, baseline }) = known {
        let reports = all.iter_mut().map(|one| (&one.input, &mut one.report));
        let stale = baseline.apply(reports, &options.ignore);
        if !stale.is_empty() {
            let (input, report) = baseline.report(name, text, &stale);
            all.push(Checked { input, report });
        }
    }
    for one in all.iter_mut() {
        one.report.keep(options);
    }
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
    Ok(Options {
        min_severity: args.min_severity.or(settings.min_severity).map(Into::into),
        min_confidence: args.min_confidence.or(settings.min_confidence).map(Into::into),
        no_ignores: args.no_ignores,
        ignore,
    })
}

/// Writes fixed files, each as a whole or not at all, with the owner and the permissions that it had; none where one of them
/// may not be written.
fn write_fixed(fixed: &[Fixed]) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::MetadataExt as _;
    for one in fixed {
        let metadata = fs_err::metadata(&one.name).map_err(Failure::usage)?;
        if metadata.permissions().readonly() {
            return Err(Failure::usage(format!("{} is read-only: nothing was fixed", one.name)));
        }
    }
    for one in fixed {
        let path = Utf8Path::new(&one.name).canonicalize_utf8().map_err(Failure::usage)?;
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        let metadata = fs_err::metadata(&path).map_err(Failure::usage)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Failure::environment)?;
        file.write_all(&one.bytes).map_err(Failure::environment)?;
        let made = fs_err::metadata(file.path()).map_err(Failure::environment)?;
        if (made.uid(), made.gid()) != (metadata.uid(), metadata.gid()) {
            std::os::unix::fs::chown(file.path(), Some(metadata.uid()), Some(metadata.gid()))
                .map_err(|error| Failure::environment(format!("{path} would get another owner: {error}")))?;
        }
        fs_err::set_permissions(file.path(), metadata.permissions()).map_err(Failure::environment)?;
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
    let wanted = reports::wanted(output, &args.output, matches);
    for one in &wanted {
        if let Some(path) = one.file {
            let text = render(form(one.format, false)?, all).map_err(Failure::environment)?;
            fs_err::write(path, text).map_err(Failure::environment)?;
        }
    }
    let Some(format) = reports::to_stdout(&wanted, output)? else { return Ok(()) };
    let color = crate::color::on_stdout(output.color.unwrap_or(ColorChoice::Auto));
    print(&render(form(format, color)?, all).map_err(Failure::environment)?)
}

fn form(format: Format, color: bool) -> Result<Form, Failure> {
    Ok(match format {
        Format::Text => Form::Text { color },
        Format::Json => Form::Json,
        Format::Sarif => Form::Sarif,
        Format::Github => Form::Github,
        Format::Junit => Form::Junit,
        Format::Markdown => Form::Markdown,
        Format::Html => return Err(Failure::usage("--format html is only valid with gate")),
    })
}

/// Files as `gate` lints them, with the settings of the settings file.
pub(crate) fn checked(
    paths: &[String],
    versions: Option<Versions>,
    define: &[(String, String)],
) -> Result<Vec<Checked>, Failure> {
    let settings = settings::read()?;
    let ignore = settings.ignore.iter().map(|code| code.to_ascii_uppercase()).collect();
    let options = Options { ignore, ..Options::default() };
    let checked: Vec<Checked> = load::inputs(&Files::default(), paths, versions, define)?
        .into_iter()
        .map(|input| {
            let report = run(&input, &options);
            Checked { input, report }
        })
        .collect();
    Ok(checked)
}
