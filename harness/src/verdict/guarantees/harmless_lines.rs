//! The lines of level WARNING and SEVERE that healthy servers log, each with the reason why it harms nothing. All were seen
//! in runs on TomEE 8.0.13 and 9.0.0 or Tomcat 9.0.117, 10.1.59 and 11.0.24.

/// A line that harms nothing where it belongs.
#[derive(Debug)]
pub(in crate::verdict) struct Harmless {
    /// A part of its message, which is the same in all versions.
    pub(in crate::verdict) text: &'static str,
    pub(in crate::verdict) near: Near,
    /// Why it harms nothing.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the reader of the list, and a test sees that it is there"))]
    pub(in crate::verdict) because: &'static str,
}

/// What a line must be near to be harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::verdict) enum Near {
    /// The start of a node, or an app that is being deployed.
    Start,
    /// A fault, its end, or the start of a node.
    Fault,
}

pub(in crate::verdict) const HARMLESS: &[Harmless] = &[
    Harmless {
        text: "'No matching context manager'",
        near: Near::Start,
        because: "the watcher deploys first and asks a peer for sessions that has not deployed yet",
    },
    Harmless {
        text: "Context manager doesn't exist",
        near: Near::Start,
        because: "the other side of the same: the peer is asked before it has deployed",
    },
    Harmless {
        text: "Creation of SecureRandom instance for session ID generation",
        near: Near::Start,
        because: "on a busy machine a context's first random number takes more than 100 ms",
    },
    Harmless {
        text: "Expected ContextBinding to have the method getThreadName()",
        near: Near::Start,
        because: "TomEE 8.0.13 says so at each healthy start",
    },
    Harmless {
        text: "even though we weren't notified",
        near: Near::Fault,
        because: "a member is found again by its answer before its membership message has come",
    },
    Harmless {
        text: "Member send is failing for",
        near: Near::Fault,
        because: "the first send to a dead peer fails, which is how it is noticed",
    },
    Harmless {
        text: "Unable to send message through cluster sender",
        near: Near::Fault,
        because: "normal in the detection gap: the request is answered rightly all the same",
    },
    Harmless {
        text: "broadcast received 0 replies, probably a timeout",
        near: Near::Fault,
        because: "BackupManager asks its peers, and the only one is dead or not there yet",
    },
    Harmless {
        text: "Received 0 replies, probably a timeout",
        near: Near::Fault,
        because: "static members ask each other who is there, and on a busy machine a starting peer answers too late",
    },
    Harmless {
        text: "Unable to replicate backup key",
        near: Near::Fault,
        because: "the backup is dead, and the next write chooses another one",
    },
    Harmless {
        text: "Unable to replicate proxy key",
        near: Near::Fault,
        because: "a node that is to know where the session is, is dead",
    },
    Harmless {
        text: "Unable to send AbstractReplicatedMap.ping message",
        near: Near::Fault,
        because: "the peer is dead and not yet evicted",
    },
    Harmless {
        text: "Unable to replicate out data for an AbstractReplicatedMap",
        near: Near::Fault,
        because: "the peer is dead and not yet evicted",
    },
    Harmless {
        text: "Notified member is not registered in the membership",
        near: Near::Fault,
        because: "a map hears of a member before the channel does, or after",
    },
    Harmless {
        text: "Probable cause: Keep alive socket closed",
        near: Near::Fault,
        because: "the peer that held the connection is dead",
    },
    Harmless {
        text: "Unable to send ACK back through channel",
        near: Near::Fault,
        because: "the peer that waited for it is dead",
    },
    Harmless {
        text: "Unable to send back reply in RpcChannel",
        near: Near::Fault,
        because: "the peer that asked is dead",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_reason_and_is_there_once() {
        for (place, line) in HARMLESS.iter().enumerate() {
            assert!(line.because.len() > 10, "{}", line.text);
            let twin = HARMLESS.iter().skip(place + 1).find(|other| other.text.contains(line.text));
            assert!(twin.is_none(), "{twin:?}");
        }
    }
}
