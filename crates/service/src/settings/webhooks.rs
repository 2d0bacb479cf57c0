//! `[webhooks]`: where webhooks may be sent, and how.

use std::time::Duration;

use webhooks::{AllowedNetworks, Policy};

use super::section::section;

section! {
    /// Where webhooks may be sent, and how. Give all three services the same.
    pub struct Webhooks in "webhooks" {
        /// Ranges of addresses beside the public internet that webhooks may be sent to: CIDR notation, separated by commas.
        allowed_networks: AllowedNetworks = AllowedNetworks::default();
        /// Takes `http` URLs beside `https` ones. Evaluations are then readable on the way.
        allow_http: bool = false;
        /// How long a receiver may take, from the look-up of its name to the end of its answer.
        timeout: Duration = Duration::from_secs(15);
    }
}

impl Webhooks {
    /// What the operator allows.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            allow_http: self.allow_http,
            allowed_networks: self.allowed_networks.clone(),
        }
    }
}
