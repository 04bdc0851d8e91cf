//! Faults, and what undoes them.

use toml::Spanned;

use super::Sequence;
use super::asks::client;
use crate::model::fault::{Fault, FaultError};
use crate::model::plan::App;
use crate::model::scenario::ScenarioError;
use crate::model::scenario::file::StepTable;
use crate::model::scenario::named_app::named_app;
use crate::model::{ContextPath, FaultKind, FaultParams, Membership, NodeName, Role, StepKind, Target, Unpacked};

impl Sequence<'_> {
    pub(super) fn fault(
        &mut self,
        kind: FaultKind,
        target: &Spanned<Target>,
        step: &StepTable,
    ) -> Result<(), ScenarioError> {
        let node = target.get_ref();
        self.must_live(target)?;
        if matches!(node.role(), Some(Role::Rotate | Role::Sticky | Role::Victim)) {
            return Err(ScenarioError::at(target.span(), format!("{node} is no node to break")));
        }
        if let Some(lasting) = &step.lasting {
            if !kind.is_undone_in_place() {
                return Err(ScenarioError::at(lasting.span(), format!("a {kind} cannot be undone after a time"))
                    .help("`restart` brings a node back"));
            }
            if lasting.get_ref().0 == 0 {
                return Err(ScenarioError::at(lasting.span(), format!("a {kind} for no time hits nothing")));
            }
        }
        let mut lasting = node.node().into_iter().flat_map(|node| self.lasts_on(node));
        if let Some(before) = lasting.find(|before| kind.clashes_with(**before)) {
            return Err(ScenarioError::at(target.span(), format!("the {before} of {node} still lasts"))
                .help(format!("`heal = \"{node}\"` before it")));
        }
        let FaultParams { percent, by, delay } = extent(kind, target, step)?;
        self.heartbeats(kind, target)?;
        let of_session = node.role().is_some_and(Role::is_of_a_session);
        let kind_of_step = StepKind::Fault {
            kind,
            node: node.clone(),
            client: if of_session { Some(client(step)?) } else { step.client.clone() },
            percent,
            by,
            delay,
            lasting: step.lasting.as_ref().map(|lasting| *lasting.get_ref()),
        };
        match (node.node(), kind.is_undone_in_place()) {
            (Some(name), true) if step.lasting.is_none() => {
                self.undoable.entry(name.clone()).or_default().push(kind);
            }
            (Some(name), false) => {
                if let Some(living) = &mut self.living {
                    living.remove(name);
                }
            }
            (None, false) => self.living = None,
            _ => {}
        }
        self.add(kind_of_step, step.say.as_ref());
        Ok(())
    }

    /// Only multicast membership has heartbeats that can be cut and leave the sessions' way open.
    fn heartbeats(&self, kind: FaultKind, target: &Spanned<Target>) -> Result<(), ScenarioError> {
        let membership = self.topology.cluster.membership;
        if kind == FaultKind::MembershipPartition && membership != Membership::Multicast {
            return Err(ScenarioError::at(
                target.span(),
                format!("membership {membership} sends no heartbeats of its own"),
            )
            .help("`membership = \"multicast\"` in [cluster], or `tribes-partition`"));
        }
        Ok(())
    }

    /// What lasts on a node.
    pub(super) fn lasts_on(&self, node: &NodeName) -> &[FaultKind] {
        self.undoable.get(node).map_or(&[], Vec::as_slice)
    }

    /// The node whose fault still lasts, where that is one of these.
    pub(super) fn lasting(&self, kinds: impl Fn(FaultKind) -> bool) -> Option<(&NodeName, FaultKind)> {
        let all = self.undoable.iter().flat_map(|(node, all)| all.iter().map(move |kind| (node, *kind)));
        all.into_iter().find(|(_, kind)| kinds(*kind))
    }

    pub(super) fn must_live(&self, target: &Spanned<Target>) -> Result<(), ScenarioError> {
        match (target.get_ref().node(), &self.living) {
            (Some(node), Some(living)) if !living.contains(node) => {
                Err(ScenarioError::at(target.span(), format!("{node} does not run here")).help("restart it before"))
            }
            (_, Some(living)) if living.is_empty() => {
                Err(ScenarioError::at(target.span(), "no node runs here any more"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn heal(&mut self, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        if let Some(node) = target.get_ref().node()
            && self.living.is_some()
            && self.undoable.remove(node).is_none()
        {
            return Err(ScenarioError::at(target.span(), format!("nothing was done to {node} that can be undone"))
                .help("`restart` brings a dead node back"));
        }
        self.add(StepKind::Heal { node: target.get_ref().clone() }, step.say.as_ref());
        Ok(())
    }

    pub(super) fn restart(&mut self, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        if let Some((node, kind)) = self.lasting(FaultKind::cuts) {
            let message =
                format!("the {kind} of {node} still lasts: a node that starts would take over one side's sessions");
            return Err(ScenarioError::at(target.span(), message).help(format!("`heal = \"{node}\"` before it")));
        }
        match (target.get_ref(), &mut self.living) {
            (Target::Node(node), Some(living)) => {
                if !living.insert(node.clone()) {
                    return Err(ScenarioError::at(target.span(), format!("{node} runs here already"))
                        .help("`stop` or `kill` it before"));
                }
            }
            (Target::Role(Role::Victim) | Target::Node(_), _) => {}
            (Target::Role(role), _) => {
                return Err(ScenarioError::at(target.span(), format!("the {role} runs already"))
                    .help("`victim` is the node that was broken last"));
            }
        }
        let (mut changes, mut app) = (None, None);
        if let Some(with) = &step.with {
            let table = with.get_ref();
            changes = table.changes();
            if let Some(war) = &table.war {
                let (new, own) = named_app(war, &self.topology.server)?;
                // The name of a file says nothing of where its app is served; an app of ours has one place.
                let own = Some(own).filter(|_| !matches!(new, App::War(_)));
                app = Some((new, self.replaced(table.at.as_ref(), own, war)?));
            } else if let Some(at) = &table.at {
                return Err(ScenarioError::at(at.span(), "`at` is not valid without `war`"));
            }
            if changes.is_none() && app.is_none() {
                return Err(ScenarioError::at(with.span(), "nothing is changed"));
            }
        }
        let unpacked = unpacked(step)?;
        self.add(StepKind::Restart { node: target.get_ref().clone(), changes, app, unpacked }, step.say.as_ref());
        Ok(())
    }

    /// The context of the app whose archive is replaced: the one that is named, else its own, else the only one.
    fn replaced(
        &self,
        at: Option<&Spanned<ContextPath>>,
        own: Option<ContextPath>,
        war: &Spanned<String>,
    ) -> Result<ContextPath, ScenarioError> {
        if let Some(at) = at {
            return self.served(at.get_ref(), at.span()).map(|()| at.get_ref().clone());
        }
        if let Some(own) = own.filter(|own| self.contexts.iter().any(|(served, _)| served == own)) {
            return Ok(own);
        }
        match self.contexts.as_slice() {
            [(context, _)] => Ok(context.clone()),
            [] => Err(ScenarioError::at(war.span(), "no app is deployed here that could be replaced")),
            several => {
                let all: Vec<String> = several.iter().map(|(context, _)| context.to_string()).collect();
                let message = format!("missing `at`: apps are deployed at {}", all.join(", "));
                Err(ScenarioError::at(war.span(), message).help(format!("`at = \"{}\"` beside `war`", all[0])))
            }
        }
    }

    /// One node after the other is ended and started again.
    pub(super) fn rolling_restart(&mut self, how: &Spanned<FaultKind>, step: &StepTable) -> Result<(), ScenarioError> {
        for (node, fault) in self.end_of_each("rolling", how)? {
            self.add(fault, step.say.as_ref());
            self.add(StepKind::restart(node), step.say.as_ref());
        }
        Ok(())
    }

    /// All nodes are ended, and then started at one time.
    pub(super) fn cold_restart(&mut self, how: &Spanned<FaultKind>, step: &StepTable) -> Result<(), ScenarioError> {
        for (_, fault) in self.end_of_each("cold", how)? {
            self.add(fault, step.say.as_ref());
        }
        self.add(StepKind::StartAgain, step.say.as_ref());
        Ok(())
    }

    /// The end of each node, where all run and none has a fault that lasts.
    fn end_of_each(&self, word: &str, how: &Spanned<FaultKind>) -> Result<Vec<(NodeName, StepKind)>, ScenarioError> {
        let kind = *how.get_ref();
        if !matches!(kind, FaultKind::Stop | FaultKind::Kill) {
            return Err(ScenarioError::at(how.span(), format!("a {word} restart stops or kills"))
                .help(format!("`{word}-restart = \"stop\"`")));
        }
        if let Some((node, before)) = self.lasting(|_| true) {
            return Err(ScenarioError::at(how.span(), format!("the {before} of {node} still lasts"))
                .help(format!("`heal = \"{node}\"` before it")));
        }
        if self.living.as_ref().is_none_or(|living| living.len() < self.topology.nodes.len()) {
            return Err(ScenarioError::at(how.span(), "not every node runs here").help("restart it before"));
        }
        Ok(self.topology.names().map(|node| (node.clone(), StepKind::fault(kind, node.clone()))).collect())
    }
}

/// What becomes of what a node had unpacked of the archive that is replaced.
fn unpacked(step: &StepTable) -> Result<Unpacked, ScenarioError> {
    let with = step.with.as_ref().map(Spanned::get_ref);
    match with.and_then(|with| with.unpacked.as_ref().map(|unpacked| (unpacked, &with.war))) {
        Some((unpacked, None)) => Err(ScenarioError::at(unpacked.span(), "`unpacked` is not valid without `war`")),
        Some((unpacked, Some(_))) => Ok(*unpacked.get_ref()),
        None => Ok(Unpacked::default()),
    }
}

/// How much of a fault, where it has a measure.
fn extent(kind: FaultKind, target: &Spanned<Target>, step: &StepTable) -> Result<FaultParams, ScenarioError> {
    let extent = FaultParams {
        percent: step.percent.as_ref().map(|percent| *percent.get_ref()),
        by: step.by.as_ref().map(|by| *by.get_ref()),
        delay: step.delay.as_ref().map(|delay| *delay.get_ref()),
    };
    let refused = |error: FaultError| {
        let given = match error.parameter() {
            "percent" => step.percent.as_ref().map(Spanned::span),
            "by" => step.by.as_ref().map(Spanned::span),
            _ => step.delay.as_ref().map(Spanned::span),
        };
        ScenarioError::at(given.unwrap_or_else(|| target.span()), error.to_string())
    };
    Fault::of(kind, extent).map(|_| extent).map_err(refused)
}
