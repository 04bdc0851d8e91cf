//! `lint`: findings in configuration files and apps.

mod load;
mod settings;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{ArgMatches, Args, ValueEnum};
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::fix::{self, Fixed};
use tomee_harness::lint::format::{Checked, Form, render};
use tomee_harness::lint::{Confidence, Options, Severity, Versions, run};

use super::{print, reports};
use crate::args::{ColorChoice, Format, OutputArgs};
use crate::exit::{Exit, Failure};

/// Printed below the help.
pub(crate) const AFTER_HELP: &str = "\
Formats: text, json, sarif, github, junit, markdown. Each --output takes the --format before it:
  --format sarif --output lint.sarif --format junit --output lint.xml

Suppress a rule for an element and what is in it by a comment before it:
  <!-- tomee-harness: ignore C029 reason -->

Exit codes:
  0    No finding of severity error
  1    A finding of severity error
  2    Bad usage or bad input: a file that cannot be read or is not XML, no server.xml found";

/// What to lint, and how.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    // An attribute and no comment: the help has no backticks.
    #[arg(
        value_name = "PATH|NODE=DIR",
        required = true,
        help = "A CATALINA_BASE, a conf folder, a server.xml, a WAR or unpacked app, a manifest; NODE=DIR for each node of a cluster"
    )]
    pub(crate) paths: Vec<String>,
    /// Version of the server, as tomcat:10.1.59, tomcat:10.1, tomcat:9.0.80-9.0.100 or tomee:9.0.0 [default: read from the files]
    #[arg(long, value_name = "SERVER")]
    pub(crate) server: Option<Versions>,
    /// A system property for ${...}; may be repeated
    #[arg(short = 'D', value_name = "NAME=VALUE", value_parser = crate::args::parse_variable)]
    pub(crate) define: Vec<(String, String)>,
    /// Write the report in the --format before it to a file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<Utf8PathBuf>,
    /// Leave milder findings out
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) min_severity: Option<SeverityChoice>,
    /// Leave less certain findings out
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    pub(crate) min_confidence: Option<ConfidenceChoice>,
    /// Leave a rule out; may be repeated
    #[arg(long, value_name = "CODE")]
    pub(crate) ignore: Vec<String>,
    /// Apply safe fixes to the files
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply fixes that change what the server does, too
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Print what the fixes would change, and change nothing
    #[arg(long)]
    pub(crate) diff: bool,
    /// Disregard comments that suppress rules
    #[arg(long)]
    pub(crate) no_ignores: bool,
    /// Report findings only that are not in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<Utf8PathBuf>,
    /// Write all findings to this file, to be given as --baseline
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<Utf8PathBuf>,
}

/// The least severity.
#[derive(Debug, Clone, Copy, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SeverityChoice {
    /// All.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
}

/// The least confidence.
#[derive(Debug, Clone, Copy, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConfidenceChoice {
    /// All.
    Low,
    /// Medium and high.
    Medium,
    /// High.
    High,
}

impl From<SeverityChoice> for Severity {
    fn from(choice: SeverityChoice) -> Self {
        match choice {
            SeverityChoice::Info => Self::Info,
            SeverityChoice::Warning => Self::Warning,
            SeverityChoice::Error => Self::Error,
        }
    }
}

impl From<ConfidenceChoice> for Confidence {
    fn from(choice: ConfidenceChoice) -> Self {
        match choice {
            ConfidenceChoice::Low => Self::Low,
            ConfidenceChoice::Medium => Self::Medium,
            ConfidenceChoice::High => Self::High,
        }
    }
}

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
    let checked: Vec<Checked> = load::inputs(paths, versions, define)?
        .into_iter()
        .map(|input| {
            let report = run(&input, &options);
            Checked { input, report }
        })
        .collect();
    Ok(checked)
}
