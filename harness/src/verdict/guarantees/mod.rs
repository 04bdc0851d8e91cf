//! The guarantees, one file each: from a view of the history to a judgement.

mod judgement;
mod lag;
mod survival;

mod cluster_forms;
mod deployed_everywhere;
mod manager_as_configured;
mod members_agree;

mod acknowledged_writes;
mod complete_session;
pub(super) mod identity_kept;
mod replicated_writes;
mod risen;
pub(super) mod state_transferred;

mod answer_bodies;
mod answer_growth;
mod answer_pairs;
mod answer_site;
mod answer_stalled;
mod answer_taken;
mod answer_undone;
mod answer_words;
pub(super) mod answers_kept;
mod app_routes;
mod attributes_replicated;
mod attributes_survive;
mod copies_under_way;
mod habits;
mod lacking;
mod last_answers;
pub(super) mod never_answered;
mod no_session;
mod page_effects;
mod session_gone;
mod session_kept;
mod session_moves;
mod session_tests;
mod values_of_another;

mod clean_logs;
mod expiry;
mod front_answers;
mod front_sticks;
pub(super) mod harmless_lines;
mod no_phantom_session;
mod no_stale_read;
mod replication_waits;

pub(super) use judgement::Judgement;

use super::view::View;
use crate::model::Guarantee;

/// How a guarantee stands in a view.
pub(super) fn of(guarantee: Guarantee, view: &View<'_>) -> Judgement {
    match guarantee {
        Guarantee::ClusterForms => cluster_forms::judge(view),
        Guarantee::DeployedEverywhere => deployed_everywhere::judge(view),
        Guarantee::ManagerAsConfigured => manager_as_configured::judge(view),
        Guarantee::MembersAgree => members_agree::judge(view),
        Guarantee::StateTransferred => state_transferred::judge(view),
        Guarantee::ReplicatedWritesSurvive => replicated_writes::judge(view),
        Guarantee::AcknowledgedWritesSurvive => acknowledged_writes::judge(view),
        Guarantee::CompleteSession => complete_session::judge(view),
        Guarantee::IdentityKept => identity_kept::judge(view),
        Guarantee::ReplicationWaits => replication_waits::judge(view),
        Guarantee::NoStaleRead => no_stale_read::judge(view),
        Guarantee::NoPhantomSession => no_phantom_session::judge(view),
        Guarantee::Expiry => expiry::judge(view),
        Guarantee::SessionKept => session_kept::judge(view),
        Guarantee::AttributesReplicated => attributes_replicated::judge(view),
        Guarantee::AttributesSurvive => attributes_survive::judge(view),
        Guarantee::AnswersKept => answers_kept::judge(view),
        Guarantee::FrontAnswers => front_answers::judge(view),
        Guarantee::FrontSticks => front_sticks::judge(view),
        Guarantee::CleanLogs => clean_logs::judge(view),
    }
}
