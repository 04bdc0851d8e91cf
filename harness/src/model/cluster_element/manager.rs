//! `<Manager>`: the template of each distributable context's session manager.
//!
//! Tomcat copies a fixed list of attributes from the template to the contexts and drops the others without a word
//! (`cloneFromTemplate`), documented ones too; what a context really runs is read from its MBean.

use crate::model::SendOptions;

macro_rules! managers {
    ($( $(#[$doc:meta])* $name:ident = $class:literal {
        $( $(#[$field_doc:meta])* $field:ident: $type:ty = $attribute:literal, )*
    } )*) => {$(
        element! {
            $(#[$doc])*
            $name = "Manager", $class {
                /// A name that distinguishes it from others on the node.
                name: String = "name",
                /// Call attribute listeners for what comes from peers.
                notify_listeners_on_replication: bool = "notifyListenersOnReplication",
                /// Background passes between two looks for expired sessions.
                process_expires_frequency: u32 = "processExpiresFrequency",
                /// Class of the random numbers in session ids.
                secure_random_class: String = "secureRandomClass",
                /// Provider of the random numbers.
                secure_random_provider: String = "secureRandomProvider",
                /// Algorithm of the random numbers.
                secure_random_algorithm: String = "secureRandomAlgorithm",
                /// Send each action of a request, and not only the last for each attribute.
                record_all_actions: bool = "recordAllActions",
                /// The most sessions; -1 for no limit.
                max_active_sessions: i32 = "maxActiveSessions",
                /// Pattern of the names of attributes that replicate.
                session_attribute_name_filter: String = "sessionAttributeNameFilter",
                /// Pattern of the classes of values that replicate.
                session_attribute_value_class_name_filter: String = "sessionAttributeValueClassNameFilter",
                /// Warn of an attribute that a filter holds back.
                warn_on_session_attribute_filter_failure: bool = "warnOnSessionAttributeFilterFailure",
                /// Keep the notes of a login in the session (9.0 and 10.0 only). Tomcat drops it from this template.
                persist_authentication_notes: bool = "persistAuthenticationNotes",
                $( $(#[$field_doc])* $field: $type = $attribute, )*
            }
            holding {
                /// How session ids are made.
                session_id_generator: SessionIdGenerator,
            }
        }
    )*};
}

managers! {
    /// Each session on each member.
    DeltaManager = "org.apache.catalina.ha.session.DeltaManager" {
        /// Count sessions and messages.
        enable_statistics: bool = "enableStatistics",
        /// End the sessions of all nodes when this one stops.
        expire_sessions_on_shutdown: bool = "expireSessionsOnShutdown",
        /// Call session listeners for what comes from peers.
        notify_session_listeners_on_replication: bool = "notifySessionListenersOnReplication",
        /// Call container listeners for what comes from peers.
        notify_container_listeners_on_replication: bool = "notifyContainerListenersOnReplication",
        /// Seconds to wait for the state at a start; -1 for ever, 0 not at all.
        state_transfer_timeout: i32 = "stateTransferTimeout",
        /// Send the state in one piece.
        send_all_sessions: bool = "sendAllSessions",
        /// Sessions in a piece of the state.
        send_all_sessions_size: i32 = "sendAllSessionsSize",
        /// Milliseconds between two pieces.
        send_all_sessions_wait_time: i32 = "sendAllSessionsWaitTime",
        /// Drop messages older than the state.
        state_timestamp_drop: bool = "stateTimestampDrop",
    }

    /// Each session on its node and on one other.
    BackupManager = "org.apache.catalina.ha.session.BackupManager" {
        /// How the map's messages are sent; the topology's send options, if not said.
        map_send_options: SendOptions = "mapSendOptions",
        /// Milliseconds of a transfer between nodes.
        rpc_timeout: i64 = "rpcTimeout",
        /// Milliseconds of a ping between maps.
        access_timeout: i64 = "accessTimeout",
        /// Fail the context when replication cannot start.
        terminate_on_start_failure: bool = "terminateOnStartFailure",
    }
}

element! {
    /// `<SessionIdGenerator>`: how session ids are made.
    SessionIdGenerator = "SessionIdGenerator", "org.apache.catalina.util.StandardSessionIdGenerator" {
        /// The route in ids; the Engine's, if not said.
        jvm_route: String = "jvmRoute",
        /// Bytes of an id.
        session_id_length: u32 = "sessionIdLength",
    }
}
