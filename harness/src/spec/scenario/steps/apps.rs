//! Apps: what is deployed where.

use std::ops::Range;

use toml::Spanned;

use super::Story;
use crate::spec::plan::App;
use crate::spec::scenario::ScenarioError;
use crate::spec::scenario::error::nearest;
use crate::spec::scenario::file::StepTable;
use crate::spec::{ContextPath, StepKind};

impl Story<'_> {
    pub(super) fn deploy(&mut self, app: &Spanned<String>, step: &StepTable) -> Result<(), ScenarioError> {
        let (span, name) = (app.span(), app.get_ref().as_str());
        let (app, context) = match name {
            "counter" => (App::Counter, "/counter".parse()),
            "local-counter" => (App::LocalCounter, "/counter".parse()),
            path if path.ends_with(".war") => {
                let path = camino::Utf8PathBuf::from(path);
                let context = ContextPath::of_war(path.file_name().unwrap_or_default());
                (App::War(path), context)
            }
            other => {
                let error = ScenarioError::at(span, format!("no app is called {other:?}"));
                return Err(match nearest(other, ["counter", "local-counter"]) {
                    Some(near) => error.help(format!("did you mean `{near}`? A WAR of yours ends in .war")),
                    None => error.help("`counter`, `local-counter`, or the path of a WAR"),
                });
            }
        };
        let context = match &step.at {
            Some(at) => at.get_ref().clone(),
            None => context.map_err(|error| ScenarioError::at(span, error.to_string()))?,
        };
        self.contexts.retain(|(served, _)| *served != context);
        self.contexts.push((context.clone(), app.is_counter()));
        self.add(StepKind::Deploy { app, context }, step.say.as_ref());
        Ok(())
    }

    /// The context of a step: the one that it names, else the one that was deployed last.
    pub(super) fn context(&self, step: &StepTable, verb: Range<usize>) -> Result<ContextPath, ScenarioError> {
        match &step.at {
            Some(at) => self.served(at.get_ref(), at.span()).map(|()| at.get_ref().clone()),
            None => match self.contexts.last() {
                Some((context, _)) => Ok(context.clone()),
                None => Err(ScenarioError::at(verb, "no app is deployed yet").help("`deploy = \"counter\"` before it")),
            },
        }
    }

    pub(super) fn served(&self, context: &ContextPath, span: Range<usize>) -> Result<(), ScenarioError> {
        if self.contexts.iter().any(|(served, _)| served == context) {
            return Ok(());
        }
        Err(ScenarioError::at(span, format!("{context} is not deployed here")))
    }
}
