//! `<Membership>` in its three kinds, and the members of a static list.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

element! {
    /// `<Membership>` by multicast heartbeats.
    McastService = "Membership", "org.apache.catalina.tribes.membership.McastService" {
        /// The group's address; that of the run, if not said.
        address: String = "address",
        /// The group's port; that of the run, if not said.
        port: u16 = "port",
        /// Milliseconds between heartbeats.
        frequency: i64 = "frequency",
        /// Milliseconds without a heartbeat after which a member is gone.
        drop_time: i64 = "dropTime",
        /// Address of the interface to use.
        bind: String = "bind",
        /// Time to live of heartbeats, 0 to 255.
        ttl: u8 = "ttl",
        /// Logical group, for `DomainFilterInterceptor`.
        domain: String = "domain",
        /// Milliseconds of `SO_TIMEOUT`; 0 or less takes `frequency`.
        so_timeout: i32 = "soTimeout",
        /// Open a new socket after errors.
        recovery_enabled: bool = "recoveryEnabled",
        /// How many errors come before that.
        recovery_counter: u32 = "recoveryCounter",
        /// Milliseconds between attempts.
        recovery_sleep_time: i64 = "recoverySleepTime",
        /// Keep heartbeats from other nodes on this machine.
        local_loopback_disabled: bool = "localLoopbackDisabled",
    }
}

element! {
    /// `<Membership>` from a list, the same on each node (Tomcat 9.0.11 and newer).
    StaticMembershipService = "Membership", "org.apache.catalina.tribes.membership.StaticMembershipService" {
        /// Milliseconds to connect to a member.
        connect_timeout: i32 = "connectTimeout",
        /// Milliseconds without a sign of life after which a member is gone.
        expiration_time: i64 = "expirationTime",
        /// Milliseconds to wait for a member's answer.
        rpc_timeout: i64 = "rpcTimeout",
        /// Ping from a thread of its own and not from the channel's heartbeat.
        use_thread: bool = "useThread",
        /// Milliseconds between pings of that thread.
        ping_interval: i64 = "pingInterval",
    }
    holding {
        /// The node itself. Not needed where it is in the list, which is how the harness writes it.
        local_member: LocalMember,
        /// The list; all nodes, if not said.
        members: Vec<Member>,
    }
}

element! {
    /// `<Membership>` from a cloud's DNS or API.
    CloudMembershipService = "Membership", "org.apache.catalina.tribes.membership.cloud.CloudMembershipService" {
        /// `kubernetes`, `dns` or a class.
        membership_provider_class_name: String = "membershipProviderClassName",
        /// Milliseconds to connect to the provider.
        connect_timeout: i32 = "connectTimeout",
        /// Milliseconds to read from the provider.
        read_timeout: i32 = "readTimeout",
        /// Milliseconds after which a member that is listed no more is gone.
        expiration_time: i64 = "expirationTime",
    }
}

element! {
    /// A peer in a static list.
    Member = "Member", "org.apache.catalina.tribes.membership.StaticMember" {
        /// Its host name or address. Names are resolved once, when server.xml is read.
        host: String = "host",
        /// Its receiver's port.
        port: u16 = "port",
        /// Its receiver's secure port; -1 for none.
        secure_port: i32 = "securePort",
        /// Its logical group.
        domain: String = "domain",
        /// Its identity; must differ from all others.
        unique_id: UniqueId = "uniqueId",
    }
}

element! {
    /// The node itself in a static list.
    LocalMember = "LocalMember", "org.apache.catalina.tribes.membership.StaticMember" {
        /// Taken from the receiver, if not said.
        host: String = "host",
        /// Taken from the receiver, if not said.
        port: u16 = "port",
        /// Taken from the receiver, if not said.
        secure_port: i32 = "securePort",
        /// Its logical group.
        domain: String = "domain",
        /// Its identity; must be what the peers' lists say.
        unique_id: UniqueId = "uniqueId",
    }
}

/// A member's identity: 16 signed bytes, written `{0,0,…,1}`.
/// Any other number of bytes keeps the node from starting (`StaticMember.setUniqueId`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct UniqueId([i8; 16]);

/// A text that is no identity of a member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unique id {0:?} is not 16 numbers from -128 to 127 in braces, such as {{0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}}"
)]
pub struct UniqueIdError(String);

impl UniqueId {
    /// The identity of the node at `index`, counted from 0, as the harness gives them out.
    pub fn nth(index: usize) -> Self {
        let mut bytes = [0; 16];
        // A cluster has at most 8 nodes.
        bytes[15] = i8::try_from(index + 1).unwrap_or(i8::MAX);
        Self(bytes)
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "{{{}}}", bytes.join(","))
    }
}

impl FromStr for UniqueId {
    type Err = UniqueIdError;

    fn from_str(text: &str) -> Result<Self, UniqueIdError> {
        let refuse = || UniqueIdError(text.to_owned());
        let inner = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(refuse)?;
        let bytes: Vec<i8> = inner
            .split(',')
            .map(|byte| byte.trim().parse().map_err(|_| refuse()))
            .collect::<Result<_, UniqueIdError>>()?;
        bytes.try_into().map(Self).map_err(|_| refuse())
    }
}

impl TryFrom<String> for UniqueId {
    type Error = UniqueIdError;
    fn try_from(text: String) -> Result<Self, UniqueIdError> {
        text.parse()
    }
}

impl From<UniqueId> for String {
    fn from(id: UniqueId) -> Self {
        id.to_string()
    }
}
