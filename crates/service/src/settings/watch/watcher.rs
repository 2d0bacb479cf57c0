//! One look at the files.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::super::{
    Routing, Settings, SettingsError,
    files::Files,
    load::{Loaded, load_from},
};
use crate::ServiceName;

/// Knows what the settings were read from and what stood there.
#[derive(Clone)]
pub struct Watcher {
    service: ServiceName,
    env: Arc<BTreeMap<String, String>>,
    /// What the process runs with, but for what was taken over since.
    started: Arc<Loaded>,
    /// What was read the last time, also when it was refused.
    seen: Files,
}

/// What a look found.
#[derive(Clone, Debug)]
pub enum CheckResult {
    /// Nothing that was not known before.
    Same,
    /// The files say something else, and nothing wrong.
    Changed {
        /// What they say now. May be as before: another setting has changed, or a comment.
        routing: Arc<Routing>,
        /// The other settings that are not those the process was started with, as `section.key`:
        /// they take effect at the next start.
        at_next_start: Vec<String>,
    },
    /// The files say something wrong, or cannot be read. What was read before holds.
    Refused(SettingsError),
}

impl Watcher {
    /// Reads the settings as [`load`](super::super::load()) does, and remembers what stood where.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, unknown, missing or contradictory.
    pub fn open(
        service: ServiceName,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let env = env.into_iter().collect();
        let mut seen = Files::default();
        let started = load_from(service, &env, &mut seen, None)?;
        Ok(Self {
            service,
            env: Arc::new(env),
            started: Arc::new(started),
            seen,
        })
    }

    /// The settings as they were at the beginning.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.started.settings
    }

    /// Compares the settings file and the files with keys with what stood there at the last look;
    /// if they differ, reads and checks all layers anew. Blocks on the file system.
    pub fn check(&mut self) -> CheckResult {
        if self.seen.are_unchanged() {
            return CheckResult::Same;
        }
        let mut files = Files::default();
        let provider = &self.started.settings.provider;
        let loaded = load_from(self.service, &self.env, &mut files, Some(provider));
        // Somebody writes at this moment: half a file may be a valid one. The next look decides.
        if !files.are_unchanged() {
            return CheckResult::Same;
        }
        self.seen = files;
        match loaded {
            Ok(loaded) => CheckResult::Changed {
                at_next_start: self.differing(&loaded),
                routing: Arc::new(loaded.settings.routing),
            },
            Err(error) => CheckResult::Refused(error),
        }
    }

    fn differing(&self, now: &Loaded) -> Vec<String> {
        let given =
            |loaded: &Loaded, path: &str| loaded.givens.get(path).map(|given| given.value.clone());
        let entries = self.started.settings.entries();
        entries
            .iter()
            .zip(now.settings.entries())
            .filter(|(then, now_entry)| {
                let path = then.path();
                // What is shown of two secrets says nothing; `60s` and `1m` are the same.
                given(&self.started, &path) != given(now, &path)
                    && (then.secret || then.value != now_entry.value)
            })
            .map(|(then, _)| then.path())
            .collect()
    }
}

// The environment and what was given may hold secrets.
impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher")
            .field("service", &self.service)
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
