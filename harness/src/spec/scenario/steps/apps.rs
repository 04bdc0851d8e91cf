//! Apps: what is deployed where.

use std::ops::Range;

use toml::Spanned;

use super::Story;
use crate::spec::scenario::ScenarioError;
use crate::spec::scenario::file::StepTable;
use crate::spec::scenario::named_app::named_app;
use crate::spec::{ContextPath, StepKind};

impl Story<'_> {
    pub(super) fn deploy(&mut self, app: &Spanned<String>, step: &StepTable) -> Result<(), ScenarioError> {
        let (app, context) = named_app(app, &self.topology.server)?;
        let context = step.at.as_ref().map_or(context, |at| at.get_ref().clone());
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
