//! From a scenario to the plans of its runs: one for each cell of its matrix.

use std::fmt;

use toml::Spanned;

use super::file::{Allow, ClusterTable};
use super::{Scenario, ScenarioError, steps};
use crate::model::cluster_element::{BackupManager, DeltaManager};
use crate::model::front::Sticky;
use crate::model::plan::App;
use crate::model::refusal::nearest;
use crate::model::written::Written;
use crate::model::{ExpectedViolation, Guarantee, ManagerKind, NodeName, Plan, StepKind, Topology};

/// A matrix has at most this many cells.
const MOST_CELLS: usize = 64;
/// The place of what does not stand in the file.
const NOWHERE: std::ops::Range<usize> = 0..0;
/// The keys of `[cluster]` that can be said with a word.
const KEYS: [&str; 6] = ["nodes", "server", "manager", "membership", "send-options", "timing"];

/// One combination of a matrix: `manager=backup nodes=3`; empty where nothing is varied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell(Vec<(&'static str, String)>);

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
        f.pad(&words.join(" "))
    }
}

/// One run of a scenario.
#[derive(Debug, Clone)]
pub struct CellPlan {
    /// Which combination of the matrix it is.
    pub cell: Cell,
    /// What is done.
    pub plan: Plan,
}

impl ClusterTable {
    /// Says one key by a word, as in `nodes=4`.
    ///
    /// # Errors
    /// There is no such key, or its value is another.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ScenarioError> {
        fn read<T: serde::de::DeserializeOwned>(key: &str, value: &str) -> Result<Option<T>, ScenarioError> {
            let text = serde_json::Value::String(value.to_owned());
            serde_json::from_value(text)
                .map(Some)
                .map_err(|error| ScenarioError::nowhere(format!("invalid `{key}`: {error}")))
        }
        match key {
            "nodes" => {
                let nodes = value
                    .parse()
                    .map_err(|_| ScenarioError::nowhere(format!("invalid `nodes`: `{value}`, expected 2 to 8")))?;
                // A word of the command line has no place in the file.
                self.nodes = Some(Spanned::new(NOWHERE, nodes));
            }
            "server" => self.server = read(key, value)?,
            "manager" => self.manager = read(key, value)?,
            "membership" => self.membership = read(key, value)?,
            "send-options" => self.send_options = read(key, value)?,
            "timing" => self.timing = read(key, value)?,
            other => {
                let error = ScenarioError::nowhere(format!("unknown parameter `{other}`"));
                return Err(match nearest(other, KEYS) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("one of {}", KEYS.join(", "))),
                });
            }
        }
        Ok(())
    }

    /// This table, with what `other` says in the place of its own.
    fn under(&self, other: &Self) -> Self {
        Self {
            nodes: other.nodes.clone().or_else(|| self.nodes.clone()),
            server: other.server.clone().or_else(|| self.server.clone()),
            manager: other.manager.or(self.manager),
            membership: other.membership.or(self.membership),
            send_options: other.send_options.or(self.send_options),
            timing: other.timing.or(self.timing),
            sticky: other.sticky.or(self.sticky),
            ..self.clone()
        }
    }

    fn topology(&self, base: &Topology) -> Result<Topology, ScenarioError> {
        let (count, place) = match &self.nodes {
            Some(nodes) => (*nodes.get_ref(), nodes.span()),
            None => (base.nodes.len(), NOWHERE),
        };
        let mut topology = Topology::of(count).map_err(|error| match place {
            NOWHERE => ScenarioError::nowhere(error.to_string()),
            place => ScenarioError::at(place, error.to_string()),
        })?;
        self.jvm_routes.apply(&mut topology);
        topology.ports = self.ports;
        topology.server = self.server.clone().unwrap_or_else(|| base.server.clone());
        topology.timing = self.timing.unwrap_or(base.timing);
        topology.cluster = base.cluster.clone();
        let cluster = &mut topology.cluster;
        cluster.manager = self.manager.unwrap_or(cluster.manager);
        cluster.membership = self.membership.unwrap_or(cluster.membership);
        cluster.send_options = self.send_options.unwrap_or(cluster.send_options);
        cluster.container = self.container.unwrap_or(cluster.container);
        cluster.lacks_farm_temp |= self.lacks_farm_temp;
        if self.elements != super::file::ClusterTable::default().elements {
            cluster.elements = self.elements.clone();
        }
        topology.jvm = base.jvm.clone();
        topology.jvm.args = self.jvm_args.iter().chain(&base.jvm.args).cloned().collect();
        topology.jvm.libs.extend(self.libs.iter().cloned());
        topology.jvm.env = self.env.clone().into_iter().chain(topology.jvm.env).collect();
        topology.jvm.of_scenario = !self.jvm_args.is_empty() || !self.libs.is_empty() || !self.env.is_empty();
        Ok(topology)
    }
}

impl Scenario {
    /// Its runs. `base` is what the settings say of the cluster, of which the scenario says what it cares about.
    ///
    /// # Errors
    /// What it says cannot be done on that cluster.
    pub fn plans(&self, base: &Topology) -> Result<Vec<CellPlan>, ScenarioError> {
        self.plans_with(base, &ClusterTable::default())
    }

    /// Its runs, with what the command line says of the cluster in the place of what the scenario says.
    ///
    /// # Errors
    /// What it says cannot be done on that cluster.
    pub fn plans_with(&self, base: &Topology, said: &ClusterTable) -> Result<Vec<CellPlan>, ScenarioError> {
        let cells = self.cells(said)?;
        let root = self.root()?;
        let steps = self.written(root.as_ref());
        let plans = cells.into_iter().map(|(cell, table)| {
            let own = self.file.cluster.under(&table).in_folder(&self.folder);
            let mut topology = own.under(said).topology(base)?;
            self.differ(&mut topology)?;
            self.put_in_front(&mut topology, base, table.sticky)?;
            self.leave_out_other_managers(&mut topology);
            Ok(CellPlan { plan: self.plan(topology, &steps)?, cell })
        });
        plans.collect()
    }

    /// Puts a balancer before the nodes, where the scenario or the command line says so.
    fn put_in_front(
        &self,
        topology: &mut Topology,
        base: &Topology,
        sticky: Option<Sticky>,
    ) -> Result<(), ScenarioError> {
        topology.front = self.file.front.clone().map(Box::new).or_else(|| base.front.clone());
        let Some(front) = &mut topology.front else {
            return match sticky {
                Some(_) => Err(ScenarioError::nowhere("`sticky` in [matrix] needs a table `[front]`")),
                None => Ok(()),
            };
        };
        front.sticky = sticky.unwrap_or(front.sticky);
        match front.mistake(&topology.nodes.iter().map(|node| &node.name).collect()) {
            Some(mistake) => Err(ScenarioError::nowhere(format!("[front]: {mistake}"))),
            None => Ok(()),
        }
    }

    /// Gives single nodes what they have otherwise than the others.
    fn differ(&self, topology: &mut Topology) -> Result<(), ScenarioError> {
        for (name, changes) in &self.file.node {
            let all = topology.names().map(NodeName::to_string).collect::<Vec<_>>().join(", ");
            let unknown =
                |node: &NodeName| ScenarioError::at(name.span(), format!("no node `{node}`: the cluster has {all}"));
            if let Some(peer) = changes.peers.iter().flatten().find(|peer| topology.node(peer).is_none()) {
                return Err(unknown(peer));
            }
            let Some(node) = topology.nodes.iter_mut().find(|node| node.name == *name.get_ref()) else {
                return Err(unknown(name.get_ref()));
            };
            node.changes = changes.clone().in_folder(&self.folder);
        }
        Ok(())
    }

    /// A matrix of Managers may say something about the elements of each; a cell has those of its own Manager.
    fn leave_out_other_managers(&self, topology: &mut Topology) {
        let used = |kind| topology.nodes.iter().any(|node| node.changes.manager == Some(kind));
        let others = self.file.matrix.manager.iter().copied();
        let others: Vec<_> = others.filter(|kind| *kind != topology.cluster.manager && !used(*kind)).collect();
        let nodes = topology.nodes.iter_mut().filter_map(|node| node.changes.elements.as_deref_mut());
        for elements in nodes.chain([&mut topology.cluster.elements]) {
            for other in &others {
                match other {
                    ManagerKind::Delta => elements.delta_manager = DeltaManager::default(),
                    ManagerKind::Backup => elements.backup_manager = BackupManager::default(),
                }
            }
        }
    }

    fn plan(&self, topology: Topology, steps: &[Written<'_>]) -> Result<Plan, ScenarioError> {
        let steps = steps::steps(steps, &topology)?;
        let at_least = self.file.at_least.unwrap_or(1).max(1);
        let expected = self.file.expect_violation.iter().map(|violation| ExpectedViolation {
            violation: *violation,
            at_least,
            trials: self.file.trials.unwrap_or(1).max(at_least),
        });
        let mut plan = Plan::new(self.file.name.clone(), topology, vec![], steps);
        plan.expect_violations = expected.collect();
        plan.allow = self.file.allow.iter().copied().map(Allow::allowed).collect();
        plan.harmless.clone_from(&self.file.harmless);
        plan.at_most = self.file.at_most.clone();
        plan.steps_in_folder(&self.folder);
        plan.prepare_machines();
        plan.append_final_read();
        self.can_be_decided(&plan)?;
        plan.guarantees = self.file.guarantees.clone().unwrap_or_else(|| {
            let all = Guarantee::COMMON.into_iter();
            let asked = all.filter(|guarantee| plan.asks_after_a_fault(true) || !guarantee.is_about_sessions());
            // Nothing can be known of joiners where none comes back.
            let restarts = plan.steps.iter().any(|step| matches!(step.kind, StepKind::Restart { .. }));
            // An app that one node alone was given is not to be everywhere.
            let one = plan
                .steps
                .iter()
                .any(|step| matches!(&step.kind, StepKind::Deploy { delivery, .. } if delivery.on.is_some()));
            let asked = asked
                .filter(|guarantee| restarts || *guarantee != Guarantee::StateTransferred)
                .filter(|guarantee| !one || *guarantee != Guarantee::DeployedEverywhere);
            // Without a WAR of the user's there is nothing to know; what is seen to be lost is reported anyway.
            let own = plan.steps.iter().any(|step| matches!(&step.kind, StepKind::Deploy { app: App::War(_), .. }));
            let after_a_fault = own && plan.asks_after_a_fault(false);
            let joiners = Some(Guarantee::StateTransferred)
                .filter(|_| after_a_fault && restarts && !plan.asks_after_a_fault(true));
            let any_app = Guarantee::ANY_APP.into_iter().filter(|_| after_a_fault);
            let routes = Some(Guarantee::IdentityKept).filter(|_| after_a_fault && !plan.asks_after_a_fault(true));
            asked.chain(joiners).chain(routes).chain(any_app).collect()
        });
        Ok(plan)
    }

    /// Refuses a guarantee that only the counter app shows where an app of the user's is all that is asked.
    fn can_be_decided(&self, plan: &Plan) -> Result<(), ScenarioError> {
        let any = |fits: fn(&StepKind) -> bool| plan.steps.iter().any(|step| fits(&step.kind));
        let own = any(|kind| matches!(kind, StepKind::Deploy { app: App::War(_), .. }));
        let counts = any(|kind| matches!(kind, StepKind::Request { .. } | StepKind::Traffic { .. }));
        let asked = self.file.guarantees.iter().flatten().filter(|_| own && !counts);
        match asked.into_iter().find(|guarantee| guarantee.needs_the_counter()) {
            Some(guarantee) => {
                let own = Guarantee::ANY_APP.map(|guarantee| format!("`{guarantee}`")).join(", ");
                let message = format!("guarantee `{guarantee}` is shown by the counter app alone, which no step asks");
                Err(ScenarioError::nowhere(message).help(format!("of an app of your own: {own}")))
            }
            None => Ok(()),
        }
    }

    fn cells(&self, said: &ClusterTable) -> Result<Vec<(Cell, ClusterTable)>, ScenarioError> {
        let matrix = &self.file.matrix;
        let mut cells = vec![(Cell::default(), ClusterTable::default())];
        let nodes = matrix.nodes.iter().map(|nodes| (nodes.get_ref().to_string(), nodes.clone())).collect::<Vec<_>>();
        vary(&mut cells, "nodes", &nodes, said.nodes.is_some(), |table, nodes| table.nodes = Some(nodes));
        vary(&mut cells, "server", &named(&matrix.server), said.server.is_some(), |table, server| {
            table.server = Some(server);
        });
        vary(&mut cells, "manager", &named(&matrix.manager), said.manager.is_some(), |table, manager| {
            table.manager = Some(manager);
        });
        vary(&mut cells, "membership", &named(&matrix.membership), said.membership.is_some(), |table, membership| {
            table.membership = Some(membership);
        });
        vary(
            &mut cells,
            "send-options",
            &named(&matrix.send_options),
            said.send_options.is_some(),
            |table, options| {
                table.send_options = Some(options);
            },
        );
        vary(&mut cells, "timing", &named(&matrix.timing), said.timing.is_some(), |table, timing| {
            table.timing = Some(timing);
        });
        vary(&mut cells, "sticky", &named(&matrix.sticky), said.sticky.is_some(), |table, sticky| {
            table.sticky = Some(sticky);
        });
        if cells.len() > MOST_CELLS {
            return Err(ScenarioError::nowhere(format!(
                "the matrix has {} cells, expected at most {MOST_CELLS}",
                cells.len()
            )));
        }
        Ok(cells)
    }
}

/// Values, each with its name.
fn named<T: Clone + fmt::Display>(values: &[T]) -> Vec<(String, T)> {
    values.iter().map(|value| (value.to_string(), value.clone())).collect()
}

/// Multiplies the cells by the values of one key, unless the command line says the key.
fn vary<T: Clone>(
    cells: &mut Vec<(Cell, ClusterTable)>,
    key: &'static str,
    values: &[(String, T)],
    said: bool,
    set: impl Fn(&mut ClusterTable, T),
) {
    // One cell too many is enough to be refused; the rest need not be made.
    if values.is_empty() || said || cells.len() > MOST_CELLS {
        return;
    }
    let varied = cells.iter().flat_map(|(cell, table)| {
        values.iter().map(|(name, value)| {
            let (mut cell, mut table) = (cell.clone(), table.clone());
            cell.0.push((key, name.clone()));
            set(&mut table, value.clone());
            (cell, table)
        })
    });
    *cells = varied.collect();
}
