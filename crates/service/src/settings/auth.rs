//! `[auth]`: who may call the public APIs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{section::section, value::either};

section! {
    /// Who may call the public APIs.
    pub struct Auth in "auth" {
        /// `keys`: callers show an API key; `off`: everybody who reaches the address may call.
        mode: AuthMode = AuthMode::Keys;
        /// Allows `mode = "off"` on an address that is not loopback.
        allow_public: bool = false;
        /// How long keys that are known go on while PostgreSQL cannot be asked for them; others are answered 503.
        grace: Duration = Duration::from_mins(15);
    }
}

/// How callers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// By API keys.
    Keys,
    /// Not at all.
    Off,
}

either!(AuthMode: Keys "keys", Off "off");
