//! `<Interceptor>`: the stack between the cluster and the wire, in the order of server.xml.

use super::{LocalMember, Member};

choice! {
    /// One interceptor of the stack.
    Interceptor {
        /// Lets only members of one domain in.
        DomainFilter(DomainFilterInterceptor),
        /// Encrypts messages.
        Encrypt(EncryptInterceptor),
        /// Cuts large messages.
        Fragmentation(FragmentationInterceptor),
        /// Compresses messages.
        Gzip(GzipInterceptor),
        /// Sends asynchronous messages from a queue.
        MessageDispatch(MessageDispatchInterceptor),
        /// Elects a coordinator without blocking.
        NonBlockingCoordinator(NonBlockingCoordinator),
        /// Keeps the order of messages.
        Order(OrderInterceptor),
        /// Elects a coordinator.
        SimpleCoordinator(SimpleCoordinator),
        /// Adds members from a list; the way before `StaticMembershipService`.
        StaticMembership(StaticMembershipInterceptor),
        /// Verifies that a suspect member is gone.
        TcpFailureDetector(TcpFailureDetector),
        /// Pings members.
        TcpPing(TcpPingInterceptor),
        /// Logs how much is sent.
        Throughput(ThroughputInterceptor),
        /// Delivers a message when all members have it.
        TwoPhaseCommit(TwoPhaseCommitInterceptor),
        /// One of the user's own.
        Custom(CustomInterceptor),
    }
}

custom! {
    /// An interceptor that Tomcat does not bring; its jar belongs into `lib/`.
    CustomInterceptor = "Interceptor",
}

macro_rules! interceptors {
    ($( $(#[$doc:meta])* $name:ident = $class:literal {
        $( $(#[$field_doc:meta])* $field:ident: $type:ty = $attribute:literal, )*
    } )*) => {$(
        element! {
            $(#[$doc])*
            $name = "Interceptor", $class {
                /// The flag that a message must have to concern this interceptor; 0 for every message.
                option_flag: u32 = "optionFlag",
                $( $(#[$field_doc])* $field: $type = $attribute, )*
            }
        }
    )*};
}

interceptors! {
    /// Lets only members of one domain in.
    DomainFilterInterceptor = "org.apache.catalina.tribes.group.interceptors.DomainFilterInterceptor" {
        /// The domain.
        domain: String = "domain",
        /// One log line for this many messages of other domains.
        log_interval: i32 = "logInterval",
    }

    /// Encrypts messages with a key that all members share. Belongs in front of `TcpFailureDetector`.
    EncryptInterceptor = "org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" {
        /// Algorithm, mode and padding.
        encryption_algorithm: String = "encryptionAlgorithm",
        /// The key in hexadecimal.
        encryption_key: String = "encryptionKey",
        /// Milliseconds by which a message's time may differ.
        replay_window_time: i64 = "replayWindowTime",
        /// How many messages are remembered against replay.
        replay_window_message_count: i32 = "replayWindowMessageCount",
    }

    /// Cuts large messages.
    FragmentationInterceptor = "org.apache.catalina.tribes.group.interceptors.FragmentationInterceptor" {
        /// Milliseconds for which fragments are kept.
        expire: i64 = "expire",
        /// Bytes from which a message is cut.
        max_size: i32 = "maxSize",
    }

    /// Compresses messages.
    GzipInterceptor = "org.apache.catalina.tribes.group.interceptors.GzipInterceptor" {
    }

    /// Sends asynchronous messages from a queue.
    MessageDispatchInterceptor = "org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor" {
        /// When the queue is full, send at once instead of failing.
        always_send: bool = "alwaysSend",
        /// Bytes of the queue.
        max_queue_size: i64 = "maxQueueSize",
        /// The most threads. With more than one, messages may overtake each other.
        max_threads: i32 = "maxThreads",
        /// Threads that are kept.
        max_spare_threads: i32 = "maxSpareThreads",
        /// Milliseconds until an idle thread ends.
        keep_alive_time: i64 = "keepAliveTime",
    }

    /// Elects a coordinator without blocking.
    NonBlockingCoordinator = "org.apache.catalina.tribes.group.interceptors.NonBlockingCoordinator" {
    }

    /// Keeps the order of messages.
    OrderInterceptor = "org.apache.catalina.tribes.group.interceptors.OrderInterceptor" {
    }

    /// Elects a coordinator.
    SimpleCoordinator = "org.apache.catalina.tribes.group.interceptors.SimpleCoordinator" {
    }

    /// Verifies that a suspect member is gone.
    TcpFailureDetector = "org.apache.catalina.tribes.group.interceptors.TcpFailureDetector" {
        /// Milliseconds to connect to a suspect.
        connect_timeout: i64 = "connectTimeout",
        /// Send a suspect a message.
        perform_send_test: bool = "performSendTest",
        /// Wait for a suspect's answer. Without it a hung member counts as alive for ever.
        perform_read_test: bool = "performReadTest",
        /// Milliseconds to wait for it.
        read_test_timeout: i64 = "readTestTimeout",
        /// Seconds after which a suspect is forgotten; negative never forgets.
        remove_suspects_timeout: i32 = "removeSuspectsTimeout",
    }

    /// Pings members.
    TcpPingInterceptor = "org.apache.catalina.tribes.group.interceptors.TcpPingInterceptor" {
        /// Milliseconds between pings of the thread.
        interval: i64 = "interval",
        /// Ping from a thread of its own and not from the channel's heartbeat.
        use_thread: bool = "useThread",
    }

    /// Logs how much is sent.
    ThroughputInterceptor = "org.apache.catalina.tribes.group.interceptors.ThroughputInterceptor" {
        /// Messages between two reports.
        interval: i32 = "interval",
    }

    /// Delivers a message when all members have it.
    TwoPhaseCommitInterceptor = "org.apache.catalina.tribes.group.interceptors.TwoPhaseCommitInterceptor" {
    }
}

element! {
    /// Adds members from a list. Where the topology's membership is static and this is in the stack, it takes the
    /// place of `StaticMembershipService`: no `<Membership>` is written, and `channelStartOptions` becomes 3.
    StaticMembershipInterceptor = "Interceptor",
        "org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor" {
        /// The flag that a message must have to concern this interceptor; 0 for every message.
        option_flag: u32 = "optionFlag",
    }
    holding {
        /// The node itself; with its own identity, if not said.
        local_member: LocalMember,
        /// The others; all other nodes, if not said.
        members: Vec<Member>,
    }
}
