//! Settings: flags over environment over `tomee-harness.toml` over defaults, each with where it comes from.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::Deserialize;
use tomee_harness::model::scenario::unknown_word;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::model::{
    ClusterSpec, ManagerKind, Membership, Millis, Plan, SendOptions, ServerSpec, StepKind, Timing, Topology,
};
use tomee_harness::runner::Jobs;

use crate::args::{Format, OutputArgs, RunArgs, RuntimeChoice, parse_time};
use crate::color::ColorChoice;
use crate::exit::Failure;
use crate::stored_runs::Retention;

/// The name of the settings file, searched upward from the working directory.
const FILE_NAME: &str = "tomee-harness.toml";
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag.
    Flag,
    /// An environment variable.
    Environment,
    /// The settings file.
    File(Utf8PathBuf),
    /// No other source has it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment => f.write_str("environment"),
            Self::File(path) => write!(f, "{path}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    server: Option<ServerSpec>,
    runtime: Option<RuntimeChoice>,
    nodes: Option<u8>,
    manager: Option<ManagerKind>,
    membership: Option<Membership>,
    send_options: Option<SendOptions>,
    timing: Option<Timing>,
    java: Option<Utf8PathBuf>,
    #[serde(default)]
    jvm_args: Vec<String>,
    #[serde(default)]
    env: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    libs: Vec<Utf8PathBuf>,
    out: Option<Utf8PathBuf>,
    timeout: Option<String>,
    jobs: Option<JobsSaid>,
    warm: Option<bool>,
    keep_runs: Option<usize>,
    keep_days: Option<u32>,
    format: Option<Format>,
    color: Option<ColorChoice>,
    /// What `lint` reads.
    #[serde(default, rename = "lint")]
    _lint: Option<serde::de::IgnoredAny>,
}

/// `jobs` of the settings file: a number, or the word.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum JobsSaid {
    Count(NonZeroUsize),
    Word(String),
}

impl JobsSaid {
    fn jobs(&self) -> Result<Jobs, Failure> {
        match self {
            Self::Count(count) => Ok(Jobs::Count(*count)),
            Self::Word(word) => word.parse().map_err(|error| Failure::usage(format!("jobs in {FILE_NAME}: {error}"))),
        }
    }
}

/// One line of `settings`: the key of the settings file, value, origin.
pub(crate) type Line = (&'static str, String, Origin);

/// All settings of a run.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) topology: Topology,
    pub(crate) runtime: RuntimeChoice,
    pub(crate) out: Option<Utf8PathBuf>,
    pub(crate) timeout: Duration,
    pub(crate) jobs: Jobs,
    pub(crate) warm: bool,
    pub(crate) retention: Retention,
    pub(crate) format: Format,
    pub(crate) color: ColorChoice,
    pub(crate) lines: Vec<Line>,
}

/// A settings file that cannot be used, with the place in it.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{message}")]
struct FileError {
    message: String,
    #[source_code]
    text: miette::NamedSource<String>,
    #[label("here")]
    span: Option<miette::SourceSpan>,
    #[help]
    help: Option<String>,
}

/// Picks one setting and notes where it came from.
struct Picker<'a> {
    matches: &'a ArgMatches,
    path: Option<Utf8PathBuf>,
    lines: Vec<Line>,
}

impl Picker<'_> {
    fn pick<T: Clone>(
        &mut self,
        id: &'static str,
        given: Option<T>,
        file: Option<T>,
        default: T,
        show: impl Fn(&T) -> String,
    ) -> T {
        let (value, origin) = match (given, file, &self.path) {
            (Some(value), _, _) => (value, self.given_by(id)),
            (None, Some(value), Some(path)) => (value, Origin::File(path.clone())),
            _ => (default, Origin::Default),
        };
        self.lines.push((key(id), show(&value), origin));
        value
    }

    fn given_by(&self, id: &str) -> Origin {
        match self.matches.try_get_raw(id).ok().and_then(|_| self.matches.value_source(id)) {
            Some(ValueSource::EnvVariable) => Origin::Environment,
            _ => Origin::Flag,
        }
    }
}

impl Settings {
    /// Resolves all settings.
    ///
    /// # Errors
    /// The settings file cannot be read or has something wrong in it.
    pub(crate) fn resolve(args: &RunArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Self, Failure> {
        let (path, file) = read_file()?;
        let mut picker = Picker { matches, path, lines: vec![] };
        let p = &mut picker;
        let server =
            p.pick("server", args.cluster.server.clone(), file.server, ServerSpec::default(), ToString::to_string);
        let runtime = p.pick("runtime", args.cluster.runtime, file.runtime, RuntimeChoice::AUTO, ToString::to_string);
        let nodes = p.pick("nodes", args.cluster.nodes, file.nodes, 2, ToString::to_string);
        let cluster = ClusterSpec {
            manager: p.pick("manager", args.cluster.manager, file.manager, ManagerKind::default(), ToString::to_string),
            membership: p.pick(
                "membership",
                args.cluster.membership,
                file.membership,
                Membership::default(),
                ToString::to_string,
            ),
            send_options: p.pick(
                "send_options",
                args.cluster.send_options,
                file.send_options,
                SendOptions::default(),
                ToString::to_string,
            ),
            ..ClusterSpec::default()
        };
        let timing = p.pick("timing", args.cluster.timing, file.timing, Timing::default(), ToString::to_string);
        let java = p.pick("java", args.cluster.java.clone().map(Some), file.java.map(Some), None, shown_path);
        let jvm_args =
            p.pick("jvm_arg", given(&args.cluster.jvm_arg), given(&file.jvm_args), vec![], |all| all.join(" "));
        let env: Vec<(String, String)> = file.env.into_iter().collect();
        let env = p.pick("env", given(&args.cluster.env), given(&env), vec![], |all| {
            all.iter().map(|(name, _)| format!("{name}=…")).collect::<Vec<_>>().join(" ")
        });
        let libs = p.pick("lib", given(&args.cluster.lib), given(&file.libs), vec![], |all| {
            all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        });
        let out = p.pick("out", args.out.clone().map(Some), file.out.map(Some), None, shown_path);
        let timeout = file.timeout.map(|text| parse_time(&text)).transpose();
        let timeout = timeout.map_err(|problem| Failure::usage(format!("timeout in {FILE_NAME}: {problem}")))?;
        let timeout = p.pick("timeout", args.timeout, timeout, DEFAULT_TIMEOUT, |time| format!("{time:?}"));
        let jobs = file.jobs.as_ref().map(JobsSaid::jobs).transpose()?;
        let jobs = p.pick("jobs", args.jobs, jobs, Jobs::default(), ToString::to_string);
        let warm = p.pick("warm", args.warm.then_some(true), file.warm, false, ToString::to_string);
        let shown = |count: Option<u64>| count.map_or_else(|| "all".to_owned(), |count| count.to_string());
        let kept =
            p.pick("keep_runs", None, file.keep_runs.map(Some), None, |runs| shown(runs.map(|runs| runs as u64)));
        let days = p.pick("keep_days", None, file.keep_days.map(Some), None, |days| shown(days.map(u64::from)));
        let retention = Retention { runs: kept, days };
        let format = output.json.then_some(Format::Json).or(output.last_format());
        let format = p.pick("format", format, file.format, Format::Text, |format| format!("{format:?}").to_lowercase());
        let color =
            p.pick("color", output.color, file.color, ColorChoice::Auto, |color| format!("{color:?}").to_lowercase());

        let mut topology = Topology::of(usize::from(nodes)).map_err(Failure::usage)?;
        (topology.server, topology.cluster, topology.timing) = (server, cluster, timing);
        topology.jvm = JvmSpec { home: java, args: jvm_args, env: env.into_iter().collect(), libs, of_scenario: false };
        Ok(Self { topology, runtime, out, timeout, jobs, warm, retention, format, color, lines: picker.lines })
    }
}

impl Settings {
    /// How long a run of a plan may take: what is said, or else ten minutes and what its apps are given beyond a minute, at
    /// their deployment and at each restart.
    pub(crate) fn time_limit(&self, plan: &Plan) -> Duration {
        if !self.lines.iter().any(|(key, _, origin)| *key == "timeout" && *origin == Origin::Default) {
            return self.timeout;
        }
        let (mut all, mut slowest) = (self.timeout, Duration::ZERO);
        for step in &plan.steps {
            all += match &step.kind {
                StepKind::Deploy { delivery, .. } => {
                    let own = delivery.within.map_or(Duration::ZERO, Millis::duration);
                    let longer = own.saturating_sub(Duration::from_mins(1));
                    slowest = slowest.max(longer);
                    longer
                }
                StepKind::Restart { .. } | StepKind::StartAgain => slowest,
                _ => Duration::ZERO,
            };
        }
        all
    }
}

/// The key of the settings file for what a flag of this id says.
fn key(id: &'static str) -> &'static str {
    match id {
        "send_options" => "send-options",
        "keep_runs" => "keep-runs",
        "keep_days" => "keep-days",
        "jvm_arg" => "jvm-args",
        "lib" => "libs",
        same => same,
    }
}

/// `None` where nothing was given, so that the next source is asked.
fn given<T: Clone>(all: &[T]) -> Option<Vec<T>> {
    (!all.is_empty()).then(|| all.to_vec())
}

#[expect(clippy::ref_option, reason = "called with a reference to whatever was picked")]
fn shown_path(path: &Option<Utf8PathBuf>) -> String {
    path.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The settings file of the working directory or the nearest folder above it.
fn read_file() -> Result<(Option<Utf8PathBuf>, File), Failure> {
    let here = std::env::current_dir().map_err(Failure::environment)?;
    let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
    let Some(path) = here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file()) else {
        return Ok((None, File::default()));
    };
    let text = fs_err::read_to_string(&path).map_err(Failure::usage)?;
    let file = parse(&path, &text)?;
    Ok((Some(path), file))
}

fn parse(path: &Utf8Path, text: &str) -> Result<File, Failure> {
    toml::from_str(text).map_err(|error| {
        let span = error.span().map(Into::into);
        let text = miette::NamedSource::new(path.as_str(), text.to_owned());
        let message = error.message().trim_end().replace('\n', ", ");
        let error = FileError { help: unknown_word(&message), message, text, span };
        Failure::usage(format!("{:?}", miette::Report::new(error)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let failure =
            parse(Utf8Path::new("tomee-harness.toml"), "nodes = 3\nmanagr = \"backup\"\n").expect_err("a typo");
        let text = failure.error.to_string();
        assert!(text.contains("managr") && text.contains("tomee-harness.toml:2"), "{text}");
        assert!(text.contains("did you mean `manager`?"), "{text}");
    }

    #[test]
    fn settings_are_shown_by_the_keys_of_the_file() {
        use clap::{CommandFactory as _, FromArgMatches as _};
        let matches = crate::args::Cli::command().get_matches_from(["tomee-harness", "settings"]);
        let cli = crate::args::Cli::from_arg_matches(&matches).expect("good");
        let crate::args::Command::Settings(args) = cli.command else { panic!("it is the command") };
        let settings = Settings::resolve(&args, &cli.output, &matches).expect("good");
        for (key, ..) in settings.lines {
            let text = format!("{key} = 0.5\n");
            let failure = parse(Utf8Path::new("x"), &text).expect_err("no setting is a fraction").error.to_string();
            assert!(!failure.contains("unknown field"), "{key}: {failure}");
        }
    }

    #[test]
    fn a_run_has_the_time_that_its_app_is_given() {
        use clap::{CommandFactory as _, FromArgMatches as _};
        use tomee_harness::model::deploy_job::{self, OwnApp};
        let limit = |words: &[&str], within: Option<Millis>| {
            let words = [&["tomee-harness", "settings"][..], words].concat();
            let matches = crate::args::Cli::command().get_matches_from(words);
            let cli = crate::args::Cli::from_arg_matches(&matches).expect("good");
            let crate::args::Command::Settings(args) = cli.command else { panic!("it is the command") };
            let settings = Settings::resolve(&args, &cli.output, &matches).expect("good");
            let app = OwnApp { war: "a.war".into(), at: None, paths: vec![], login: vec![], within };
            settings.time_limit(&deploy_job::plan(settings.topology.clone(), app).expect("a plan")).as_secs()
        };
        // One deployment and three restarts.
        assert_eq!(limit(&[], Some(Millis(60_000))), 600);
        assert_eq!(limit(&[], Some(Millis(360_000))), 600 + 4 * 300);
        assert_eq!(limit(&["--timeout", "10m"], Some(Millis(360_000))), 600);
    }

    #[test]
    fn a_settings_file_says_what_flags_say() {
        let file = parse(
            Utf8Path::new("x"),
            "server = \"tomcat:11.0.24\"\nmanager = \"backup\"\nsend-options = \"async\"\ntimeout = \"90s\"\n",
        )
        .expect("good");
        assert_eq!(file.manager, Some(ManagerKind::Backup));
        assert_eq!(file.send_options, Some(SendOptions::ASYNC));
        let jobs = |text: &str| parse(Utf8Path::new("x"), text).expect("good").jobs.expect("said").jobs();
        assert_eq!(jobs("jobs = \"auto\"").ok(), Some(Jobs::Auto));
        assert_eq!(jobs("jobs = 3").ok().map(|jobs| jobs.to_string()), Some("3".to_owned()));
        assert!(jobs("jobs = \"many\"").is_err());
    }
}
