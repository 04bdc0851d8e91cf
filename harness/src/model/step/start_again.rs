//! All nodes that do not run start at one time: the second half of a `cold-restart`.

use crate::model::refusal::Refusal;
use crate::model::state::State;

/// What a progress line says of it.
pub(super) const TITLE: &str = "start all nodes again at one time";

pub(super) fn apply(state: &mut State<'_>) -> Result<(), Refusal> {
    super::restart::must_not_be_cut(state)?;
    state.nodes.living = Some(state.topology.names().cloned().collect());
    Ok(())
}
