//! The budget: how many runs this machine bears at one time.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::host::memory::{NODE_MEBIBYTES, free_mebibytes};

/// How many runs may go on at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// As many as memory and processors bear.
    Auto,
    /// So many, whatever they need.
    Count(NonZeroUsize),
}

impl Default for Jobs {
    /// One after the other.
    fn default() -> Self {
        Self::Count(NonZeroUsize::MIN)
    }
}

/// A word that is no number of jobs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid number of jobs {0:?}, expected auto or a number from 1")]
pub struct JobsError(String);

impl FromStr for Jobs {
    type Err = JobsError;

    fn from_str(text: &str) -> Result<Self, JobsError> {
        match text {
            "auto" => Ok(Self::Auto),
            number => number.parse().map(Self::Count).map_err(|_| JobsError(text.to_owned())),
        }
    }
}

impl fmt::Display for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

/// What may be at one time. One run is always allowed, however large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Clusters.
    pub runs: usize,
    /// Nodes of all of them together: each is a JVM of some 300 MB.
    pub nodes: usize,
    /// Nodes that start: a JVM keeps a core busy until it is ready. The nodes of one cluster start together all the same.
    pub starts: usize,
}

impl Budget {
    /// Whatever is asked for.
    pub const UNLIMITED: Self = Self { runs: usize::MAX, nodes: usize::MAX, starts: usize::MAX };

    /// The budget for a number of jobs, on this machine as it is now.
    pub fn of(jobs: Jobs) -> Self {
        match jobs {
            Jobs::Count(count) => Self { runs: count.get(), nodes: usize::MAX, starts: usize::MAX },
            Jobs::Auto => {
                let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
                Self::on(cores, free_mebibytes())
            }
        }
    }

    /// How many clusters may be at one time: as many may be reset as are used.
    pub fn clusters(&self) -> usize {
        self.runs.saturating_mul(2)
    }

    /// Three clusters on two cores: a scenario waits for half of its time, for its farm or a membership. Where a system does not
    /// say how much memory it has, one at a time.
    fn on(cores: usize, mebibytes: Option<u64>) -> Self {
        let nodes = mebibytes.map_or(0, |free| usize::try_from(free / NODE_MEBIBYTES).unwrap_or(usize::MAX));
        Self { runs: cores + cores.div_ceil(2), nodes, starts: cores }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_a_number_or_auto() {
        assert_eq!("auto".parse(), Ok(Jobs::Auto));
        assert_eq!("3".parse::<Jobs>().expect("three").to_string(), "3");
        for bad in ["", "0", "-1", "1.5", "Auto", "many"] {
            assert!(bad.parse::<Jobs>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn the_budget_follows_cores_and_memory() {
        assert_eq!(Budget::on(2, Some(24_000)), Budget { runs: 3, nodes: 80, starts: 2 });
        assert_eq!(Budget::on(16, Some(1_300)), Budget { runs: 24, nodes: 4, starts: 16 });
        assert_eq!(Budget::on(1, None), Budget { runs: 2, nodes: 0, starts: 1 });
        let three = Budget::of("3".parse().expect("three"));
        assert_eq!((three.runs, three.nodes), (3, usize::MAX));
    }
}
