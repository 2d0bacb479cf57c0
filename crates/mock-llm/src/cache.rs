//! A provider's cache of prefixes: what of a prompt it has seen before, and so charges less for.
//!
//! A prompt is a row of bytes, four of them a token: the schema of the answer, then the messages. An automatic cache keeps
//! whole blocks of it by itself; an explicit one keeps what ends at a block of content that is marked with `cache_control`.
//! What a request brings is kept once it is answered: requests of the same moment find nothing of each other.

mod prefix;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::cache::prefix::Prefix;
use crate::errors::ApiError;

/// Entries kept; beyond that those that are over are removed.
const ENTRIES: usize = 1 << 20;
/// Marks of one request that Anthropic takes.
const MARKS: usize = 4;

/// How a model's cache works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CacheSettings {
    /// Who says what is kept.
    pub(crate) kind: Kind,
    /// Tokens of the shortest prefix that is kept.
    pub(crate) minimum: u64,
    /// Tokens of a block of an automatic cache, of which only whole ones are found again.
    pub(crate) block: u64,
    /// How long something is kept after it was last used.
    pub(crate) lifetime_ms: u64,
    /// Whether the schema of the answer is a part of the prompt, before the messages.
    pub(crate) schema_first: bool,
}

/// Who says what is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The provider, as OpenAI and vLLM do; a request may name a `prompt_cache_key`, and finds what came under the same.
    #[default]
    Automatic,
    /// The request, by `cache_control` of blocks of content, as Anthropic has it.
    Explicit,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            kind: Kind::Automatic,
            minimum: 1_024,
            block: 128,
            lifetime_ms: 300_000,
            schema_first: true,
        }
    }
}

impl CacheSettings {
    /// Refuses what is no cache.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.block == 0 || self.minimum == 0 {
            return Err("`block` and `minimum` must be 1 or more".to_owned());
        }
        Ok(())
    }
}

/// Tokens of a prompt that the cache is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheUse {
    /// Out of the cache.
    pub(crate) read: u64,
    /// Into it; `None` where that costs nothing and is not told.
    pub(crate) written: Option<u64>,
}

/// What a request found, and what it leaves once it is answered.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) used: CacheUse,
    kept: Vec<u64>,
    lifetime: Duration,
}

/// What is kept, of all models.
#[derive(Debug, Default)]
pub(crate) struct PrefixCache {
    /// When each prefix is over, by its hash.
    ends: Mutex<HashMap<u64, Instant>>,
}

impl PrefixCache {
    /// What a request finds.
    ///
    /// # Errors
    /// It marks more than may be.
    pub(crate) fn look(&self, settings: &CacheSettings, ask: &Ask) -> Result<Lookup, ApiError> {
        let prefix = Prefix::of(ask, settings);
        match settings.kind {
            Kind::Automatic => Ok(self.look_for_blocks(settings, &prefix)),
            Kind::Explicit => self.look_for_marks(settings, &prefix),
        }
    }

    /// Keeps what an answered request brought.
    pub(crate) fn keep(&self, lookup: &Lookup) {
        let now = Instant::now();
        let mut ends = self.ends();
        if ends.len() > ENTRIES {
            ends.retain(|_, end| *end > now);
        }
        ends.extend(
            lookup
                .kept
                .iter()
                .map(|hash| (*hash, now + lookup.lifetime)),
        );
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.ends().clear();
    }

    fn look_for_blocks(&self, settings: &CacheSettings, prefix: &Prefix<'_>) -> Lookup {
        let hashes = prefix.hashes_of_blocks(settings.block);
        let held = {
            let (ends, now) = (self.ends(), Instant::now());
            let is_held = |hash: &&u64| ends.get(hash).is_some_and(|end| *end > now);
            hashes.iter().take_while(is_held).count()
        };
        let held = u64::try_from(held).unwrap_or(u64::MAX) * settings.block;
        let read = if held < settings.minimum { 0 } else { held };
        Lookup {
            used: CacheUse {
                read,
                written: None,
            },
            kept: hashes,
            lifetime: Duration::from_millis(settings.lifetime_ms),
        }
    }

    fn look_for_marks(
        &self,
        settings: &CacheSettings,
        prefix: &Prefix<'_>,
    ) -> Result<Lookup, ApiError> {
        let parts = prefix.parts();
        let marks = parts.iter().filter(|part| part.is_marked).count();
        if marks > MARKS {
            return Err(ApiError::body(format!(
                "A maximum of {MARKS} blocks with cache_control may be provided. Found {marks}."
            )));
        }
        let last = parts.iter().rposition(|part| part.is_marked);
        let within = last.and_then(|last| parts.get(..=last)).unwrap_or_default();
        let long_enough = || within.iter().filter(|part| part.tokens >= settings.minimum);
        let (ends, now) = (self.ends(), Instant::now());
        let is_held = |hash: u64| ends.get(&hash).is_some_and(|end| *end > now);
        let read = long_enough()
            .rfind(|part| is_held(part.hash))
            .map_or(0, |part| part.tokens);
        let marked: Vec<_> = long_enough().filter(|part| part.is_marked).collect();
        let written = marked
            .last()
            .map_or(0, |part| part.tokens.saturating_sub(read));
        Ok(Lookup {
            used: CacheUse {
                read,
                written: Some(written),
            },
            kept: marked.iter().map(|part| part.hash).collect(),
            lifetime: Duration::from_millis(settings.lifetime_ms),
        })
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
