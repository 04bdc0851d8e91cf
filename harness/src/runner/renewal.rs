//! How the reset of a cluster between two runs went.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::ClusterError;
use crate::model::RunId;

/// How the reset of a cluster went: how long it took, or why the cluster was ended instead.
pub type Renewal = Result<Duration, ClusterError>;

/// Hears how the reset of the cluster that a run had started went.
pub type RenewalListener = Arc<dyn Fn(&RunId, &Renewal) + Send + Sync>;
