//! `[auth]`: who may call the public APIs.

use serde::{Deserialize, Serialize};

use super::{
    section::section,
    value::{DisplayValue, Setting, quoted},
};

section! {
    /// Who may call the public APIs.
    pub struct Auth in "auth" {
        /// `keys`: callers show an API key; `off`: everybody who reaches the address may call.
        mode: AuthMode = AuthMode::Keys;
        /// Allows `mode = "off"` on an address that is not loopback.
        allow_public: bool = false;
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

impl Setting for AuthMode {
    const EXPECTED: &'static str = "`keys` or `off`";

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "keys" => Ok(Self::Keys),
            "off" => Ok(Self::Off),
            _ => Err(format!("{} is neither", quoted(text))),
        }
    }

    fn display(&self) -> Option<DisplayValue> {
        let text = match self {
            Self::Keys => "keys",
            Self::Off => "off",
        };
        Some(DisplayValue::Text(text.to_owned()))
    }
}
