//! The state all workers share.

use std::sync::Arc;

use crate::cache::PrefixCache;
use crate::control::config::Config;
use crate::control::fault_state::FaultState;
use crate::ledger::Ledger;

/// The simulated provider.
#[derive(Debug)]
pub(crate) struct Simulator {
    /// Settings and faults.
    pub(crate) faults: FaultState,
    /// Counts and requests; shared with answers that outlive their handler.
    pub(crate) ledger: Arc<Ledger>,
    /// What models keep of prompts.
    pub(crate) cache: PrefixCache,
    /// Seed of all answers.
    pub(crate) seed: u64,
}

impl Simulator {
    /// With the settings of the command line.
    pub(crate) fn new(startup: Config, seed: u64) -> Self {
        Self {
            faults: FaultState::new(startup, seed),
            ledger: Arc::default(),
            cache: PrefixCache::default(),
            seed,
        }
    }
}
