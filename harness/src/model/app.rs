//! The apps that a step can deploy.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::{Refusal, nearest};
use super::{CompiledApp, ContextPath, ServerSpec};

/// An app to deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum App {
    /// The session counter that comes with the harness.
    Counter,
    /// The same without `<distributable/>`: no server replicates its sessions.
    LocalCounter,
    /// The same with 64 MB more, which take a while on their way.
    HeavyCounter,
    /// One that is compiled for the server.
    Compiled(CompiledApp),
    /// A WAR of the user's.
    War(#[schemars(with = "String")] Utf8PathBuf),
}

impl App {
    /// Whether its answers are the counter's.
    pub fn is_counter(&self) -> bool {
        matches!(self, Self::Counter | Self::LocalCounter | Self::HeavyCounter | Self::Compiled(_))
    }

    /// What the server is known to lack that it needs.
    pub(super) fn runs_on(&self, server: &ServerSpec) -> Result<(), Refusal> {
        match self {
            Self::Compiled(app) => match app.lacks(server) {
                Some(what) => Err(Refusal::new(format!("`{app}` needs {what}, which {server} does not have"))
                    .help("a TomEE has it, as in `server = \"tomee:9.0.0\"`")),
                None => Ok(()),
            },
            Self::Counter | Self::LocalCounter | Self::HeavyCounter | Self::War(_) => Ok(()),
        }
    }

    /// The app of a `deploy`, and where it is served unless the step says otherwise.
    ///
    /// # Errors
    /// There is no such app, or its archive's name is no path.
    pub fn named(name: &str) -> Result<(Self, ContextPath), Refusal> {
        let at = |context: Result<ContextPath, super::names::NameError>| {
            context.map_err(|error| Refusal::new(error.to_string()))
        };
        if let Some(app) = CompiledApp::named(name) {
            return Ok((Self::Compiled(app), at(app.context().parse())?));
        }
        match name {
            "counter" => Ok((Self::Counter, at("/counter".parse())?)),
            "local-counter" => Ok((Self::LocalCounter, at("/counter".parse())?)),
            "heavy-counter" => Ok((Self::HeavyCounter, at("/counter".parse())?)),
            path if path.ends_with(".war") => {
                let path = Utf8PathBuf::from(path);
                let context = at(ContextPath::of_war(path.file_name().unwrap_or_default()))?;
                Ok((Self::War(path), context))
            }
            other => {
                let compiled: Vec<String> = CompiledApp::ALL.iter().map(ToString::to_string).collect();
                let known = ["counter", "local-counter", "heavy-counter"]
                    .into_iter()
                    .chain(compiled.iter().map(String::as_str));
                let all: Vec<String> = known.clone().map(|name| format!("`{name}`")).collect();
                let refusal = Refusal::new(format!("unknown app `{other}`"));
                Err(match nearest(other, known) {
                    Some(near) => refusal.help(format!("did you mean `{near}`? The path of a WAR ends in `.war`")),
                    None => refusal.help(format!("expected {}, or the path of a WAR", all.join(", "))),
                })
            }
        }
    }

    /// Its archive, in a title.
    pub(super) fn archive(&self) -> String {
        match self {
            Self::Counter => "counter.war".to_owned(),
            Self::HeavyCounter => "counter.war with 64 MB more".to_owned(),
            Self::LocalCounter => "counter.war, not distributable,".to_owned(),
            Self::Compiled(app) => format!("{app}.war"),
            Self::War(path) => path.to_string(),
        }
    }
}
