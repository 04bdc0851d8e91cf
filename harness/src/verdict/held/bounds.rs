//! What a session must show, and may show at most.

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::verdict) enum By {
    /// An acknowledged write or another answer, by its operation.
    Answer(usize),
    /// A look, by the replica of the session.
    Look(usize),
}

/// A count that must be there at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::verdict) struct Floor {
    pub(in crate::verdict) count: i64,
    pub(in crate::verdict) by: By,
}

/// What an answer or a replica must show, and may show at most.
#[derive(Debug, Clone, Default)]
pub(in crate::verdict) struct Bounds {
    /// By what was acknowledged.
    pub(in crate::verdict) acknowledged: Option<Floor>,
    /// What a copy should hold: all that, and what its peers held when it joined them.
    pub(in crate::verdict) copied: Option<Floor>,
    /// By what a look, or an answer, had shown on this node; or had shown on another one before it was broken.
    pub(in crate::verdict) seen: Option<Floor>,
    /// Not more than this; `None` where nobody can know.
    pub(in crate::verdict) most: Option<i64>,
    /// Whether the node must know the session at all, with what its first request wrote.
    pub(in crate::verdict) knows: bool,
    /// What had been acknowledged somewhere and is not due here.
    pub(in crate::verdict) elsewhere: Option<Floor>,
    /// Why it is not due here, in words.
    pub(in crate::verdict) unpromised: Option<String>,
    /// Why the node need not have known of the session, or of its end, in words.
    pub(in crate::verdict) stranger: Option<String>,
    /// The operation that may have ended the session or taken its id, as far as this node is concerned.
    pub(in crate::verdict) doubt: Option<usize>,
}

/// The bounds of all that a session showed.
#[derive(Debug, Default)]
pub(in crate::verdict) struct Held {
    /// Whether two nodes counted at once, and none has counted alone since.
    pub(in crate::verdict) unsettled: bool,
    /// By the place of the answer among the session's answers.
    pub(in crate::verdict) answers: Vec<Bounds>,
    /// By the place of the loss among its losses.
    pub(in crate::verdict) losses: Vec<Bounds>,
    /// By the place of the replica among its replicas.
    pub(in crate::verdict) replicas: Vec<Bounds>,
}

impl Held {
    /// Somebody may have counted whose requests nobody knows.
    pub(in crate::verdict) fn forget_the_most(&mut self) {
        let all = self.answers.iter_mut().chain(&mut self.losses).chain(&mut self.replicas);
        all.for_each(|bounds| bounds.most = None);
    }
}
