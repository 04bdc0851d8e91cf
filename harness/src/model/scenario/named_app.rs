//! The apps that a scenario can deploy, by their names.

use camino::Utf8PathBuf;
use toml::Spanned;

use super::ScenarioError;
use super::error::nearest;
use crate::model::plan::App;
use crate::model::{CompiledApp, ContextPath, ServerSpec};

/// The app of a `deploy`, and where it is served unless the step says otherwise.
pub(super) fn named_app(said: &Spanned<String>, server: &ServerSpec) -> Result<(App, ContextPath), ScenarioError> {
    let (span, name) = (said.span(), said.get_ref().as_str());
    let at = |context: Result<ContextPath, crate::model::names::NameError>| {
        context.map_err(|error| ScenarioError::at(span.clone(), error.to_string()))
    };
    if let Some(app) = CompiledApp::named(name) {
        return match app.lacks(server) {
            Some(what) => {
                let message = format!("{name} needs {what}, which {server} does not have");
                Err(ScenarioError::at(span, message).help("a TomEE has it, as in `server = \"tomee:9.0.0\"`"))
            }
            None => Ok((App::Compiled(app), at(app.context().parse())?)),
        };
    }
    match name {
        "counter" => Ok((App::Counter, at("/counter".parse())?)),
        "local-counter" => Ok((App::LocalCounter, at("/counter".parse())?)),
        "heavy-counter" => Ok((App::HeavyCounter, at("/counter".parse())?)),
        path if path.ends_with(".war") => {
            let path = Utf8PathBuf::from(path);
            let context = at(ContextPath::of_war(path.file_name().unwrap_or_default()))?;
            Ok((App::War(path), context))
        }
        other => {
            let compiled: Vec<String> = CompiledApp::ALL.iter().map(ToString::to_string).collect();
            let known =
                ["counter", "local-counter", "heavy-counter"].into_iter().chain(compiled.iter().map(String::as_str));
            let all: Vec<String> = known.clone().map(|name| format!("`{name}`")).collect();
            let error = ScenarioError::at(span, format!("no app is called {other:?}"));
            Err(match nearest(other, known) {
                Some(near) => error.help(format!("did you mean `{near}`? A WAR of yours ends in .war")),
                None => error.help(format!("{}, or the path of a WAR", all.join(", "))),
            })
        }
    }
}
