//! Who an evaluation belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a tenant: part of every id and of every row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenant(String);

impl Tenant {
    /// The tenant of every request while API keys are off.
    pub const DEFAULT: &'static str = "default";

    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 128;

    /// A tenant by a name that somebody gives it.
    ///
    /// # Errors
    /// What is wrong with the name: it is empty, longer than [`Tenant::MAX_NAME`], has a control character, or white space at
    /// an end. The name begins every id's preimage and ends with a line feed there, so none may hold one.
    pub fn parse(name: &str) -> Result<Self, &'static str> {
        if name.is_empty() {
            Err("must not be empty")
        } else if name.len() > Self::MAX_NAME {
            Err("must have at most 128 bytes")
        } else if name.chars().any(char::is_control) {
            Err("must not hold control characters")
        } else if name.trim() != name {
            Err("must not begin or end with white space")
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// The tenant as it stands in a row that we wrote.
    #[must_use]
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_bounded_and_has_no_control_characters() {
        for name in ["default", "team a", "équipe", &"a".repeat(128)] {
            assert_eq!(
                Tenant::parse(name).map(|tenant| tenant.to_string()),
                Ok(name.to_owned())
            );
        }
        for name in ["", " a", "a\n", "a\nb", "a\0", "\u{85}", &"a".repeat(129)] {
            assert!(Tenant::parse(name).is_err(), "{name:?}");
        }
    }
}
