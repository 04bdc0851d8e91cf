//! Apps: what is deployed where.

use std::ops::Range;

use toml::Spanned;

use super::Sequence;
use crate::model::scenario::ScenarioError;
use crate::model::scenario::file::StepTable;
use crate::model::scenario::named_app::named_app;
use crate::model::step::{Delivery, Through};
use crate::model::{ContextPath, Role, StepKind, Target};

impl Sequence<'_> {
    pub(super) fn deploy(&mut self, app: &Spanned<String>, step: &StepTable) -> Result<(), ScenarioError> {
        let verb = app.span();
        let (app, context) = named_app(app, &self.topology.server)?;
        let context = step.at.as_ref().map_or(context, |at| at.get_ref().clone());
        let delivery = self.delivery(step, verb)?;
        if delivery.detach {
            self.detached.insert(context.clone());
        } else {
            self.detached.remove(&context);
        }
        self.contexts.retain(|(served, _)| *served != context);
        self.contexts.push((context.clone(), app.clone()));
        self.add(StepKind::Deploy { app, context, delivery }, step.say.as_ref());
        Ok(())
    }

    pub(super) fn undeploy(&mut self, context: &Spanned<ContextPath>, step: &StepTable) -> Result<(), ScenarioError> {
        self.served(context.get_ref(), context.span())?;
        let delivery = self.delivery(step, context.span())?;
        if delivery.version.is_none() {
            self.contexts.retain(|(served, _)| served != context.get_ref());
        }
        self.add(StepKind::Undeploy { context: context.get_ref().clone(), delivery }, step.say.as_ref());
        Ok(())
    }

    /// On which way an app comes or goes.
    fn delivery(&self, step: &StepTable, verb: Range<usize>) -> Result<Delivery, ScenarioError> {
        let through = step.through.as_ref().map(|through| *through.get_ref()).unwrap_or_default();
        let detach = step.detach.as_ref().is_some_and(|detach| *detach.get_ref());
        let watcher = self.topology.watcher();
        let is_watcher = |target: &Target| target.node() == Some(watcher) || target.role() == Some(Role::Watcher);
        let watches = self.living.as_ref().is_none_or(|living| living.contains(watcher));
        if through == Through::Farm && !watches && !detach {
            return Err(ScenarioError::at(
                verb,
                format!("{watcher}, which watches the farm's folder, does not run here"),
            )
            .help(format!("`restart = \"{watcher}\"` before it, or `through = \"copy\"`")));
        }
        let on = match &step.on {
            None => None,
            // Where the farm's folder is: it says nothing new, and reads better.
            Some(on) if through == Through::Farm && is_watcher(on.get_ref()) => None,
            Some(on) if through == Through::Farm => {
                let message = format!("the farm's folder is on {watcher}, and the farm brings an app to every node");
                return Err(ScenarioError::at(on.span(), message).help("`through = \"copy\"` puts it on one node"));
            }
            Some(on) => match on.get_ref() {
                Target::Node(node) => {
                    self.must_live(on)?;
                    Some(node.clone())
                }
                Target::Role(role) => return Err(ScenarioError::at(on.span(), format!("{role} is no node's name"))),
            },
        };
        if let Some(version) = &step.version {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if version.get_ref().is_empty() || !version.get_ref().chars().all(fits) {
                return Err(ScenarioError::at(version.span(), "a version is letters, digits and . - _"));
            }
        }
        let version = step.version.as_ref().map(|version| version.get_ref().clone());
        let slowly = step.slowly.as_ref().map(|slowly| *slowly.get_ref());
        if let (Some(aged), Some(_)) = (&step.aged, slowly) {
            return Err(ScenarioError::at(aged.span(), "what is written slowly has the time of its last piece"));
        }
        let aged = step.aged.as_ref().map(|aged| *aged.get_ref());
        Ok(Delivery { through, version, on, slowly, aged, detach })
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
