//! How session changes are sent.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `channelSendOptions`: bits of `org.apache.catalina.tribes.Channel`.
///
/// Read from a number (`6`), from one of `sync-ack` (6), `async` (8), `ack` (2), or from Tomcat's own
/// names (`sync,use_ack`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(into = "String")]
#[schemars(with = "NumberOrNames")]
pub struct SendOptions(u32);

/// The two forms in which send options are written.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for its schema")]
enum NumberOrNames {
    Number(u8),
    Names(String),
}

/// Takes the number as a number, too: `send-options = 8`.
impl<'de> Deserialize<'de> for SendOptions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = SendOptions;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("send options: a number from 0 to 127, or names as `sync-ack`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl SendOptions {
    /// 6: answered after the peer has processed the message.
    pub const SYNC_ACK: Self = Self(6);
    /// 8: queued; Tomcat's own default.
    pub const ASYNC: Self = Self(8);
    /// 2: answered on receipt, before processing.
    pub const ACK: Self = Self(2);
    const USE_ACK_BIT: u32 = 2;
    const SYNCHRONIZED_BIT: u32 = 4;
    const ASYNCHRONOUS_BIT: u32 = 8;

    /// The number, as in server.xml.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether the owner's request waits until each peer has processed what it wrote.
    /// 4 without 2 has no effect, and 8 makes the caller return at once whatever else is set (`Channel`).
    pub fn waits_for_the_peer(self) -> bool {
        let wanted = Self::USE_ACK_BIT | Self::SYNCHRONIZED_BIT;
        self.0 & wanted == wanted && self.0 & Self::ASYNCHRONOUS_BIT == 0
    }
}

impl Default for SendOptions {
    fn default() -> Self {
        Self::SYNC_ACK
    }
}

/// Send options that mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid send options `{0}`, expected sync-ack, async, ack, a number from 0 to 127, or names as Tomcat has them (use_ack, sync, async, secure, udp, multicast, byte_message)"
)]
pub struct SendOptionsError(String);

impl FromStr for SendOptions {
    type Err = SendOptionsError;

    fn from_str(text: &str) -> Result<Self, SendOptionsError> {
        let refuse = || SendOptionsError(text.to_owned());
        if let Ok(bits) = text.parse::<u32>() {
            return if bits < 128 { Ok(Self(bits)) } else { Err(refuse()) };
        }
        text.split(',').try_fold(Self(0), |sum, name| {
            let bits = match name.trim() {
                "sync-ack" => 6,
                "byte_message" | "byte" => 1,
                "use_ack" | "ack" => 2,
                "synchronized_ack" | "sync" => 4,
                "asynchronous" | "async" => 8,
                "secure" => 16,
                "udp" => 32,
                "multicast" => 64,
                _ => return Err(refuse()),
            };
            Ok(Self(sum.0 | bits))
        })
    }
}

impl fmt::Display for SendOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SYNC_ACK => f.pad("sync-ack"),
            Self::ASYNC => f.pad("async"),
            Self::ACK => f.pad("ack"),
            Self(bits) => write!(f, "{bits}"),
        }
    }
}

impl From<SendOptions> for String {
    fn from(options: SendOptions) -> Self {
        options.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_acknowledged_synchronous_sends_wait_for_the_peer() {
        for (text, waits) in [
            ("sync-ack", true),
            ("6", true),
            ("sync,use_ack", true),
            ("7", true),
            ("async", false),
            ("ack", false),
            ("4", false),
            ("14", false),
            ("0", false),
        ] {
            assert_eq!(text.parse::<SendOptions>().expect(text).waits_for_the_peer(), waits, "{text}");
        }
    }

    #[test]
    fn unknown_send_options_are_refused_where_tomcat_would_keep_its_default_silently() {
        for bad in ["", "syncack", "128", "-1", "sync ack"] {
            assert!(bad.parse::<SendOptions>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn the_number_may_be_written_as_a_number() {
        for text in ["8", "\"8\"", "\"async\""] {
            assert_eq!(serde_json::from_str::<SendOptions>(text).expect(text), SendOptions::ASYNC);
        }
        assert!(serde_json::from_str::<SendOptions>("128").is_err());
    }
}
