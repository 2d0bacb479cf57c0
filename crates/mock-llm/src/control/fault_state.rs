//! The configuration in force, and what it decides for each request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cache::CacheSettings;
use crate::control::config::Config;
use crate::control::rule::{Fault, FaultRule, RequestView};
use crate::rng::SeededRng;

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The rule that applies.
    pub(crate) rule: Option<FaultRule>,
    /// Parameters that are overlooked, whichever rule applies.
    pub(crate) ignored: Vec<String>,
    /// Time before the first byte.
    pub(crate) latency: Duration,
    /// Time between two events.
    pub(crate) chunk_delay: Duration,
    /// How the model's cache works, if it has one.
    pub(crate) cache: Option<CacheSettings>,
    /// Whether the model has the flex tier.
    pub(crate) has_flex: bool,
}

/// Holds the configuration.
#[derive(Debug)]
pub(crate) struct FaultState {
    startup: Config,
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    config: Config,
    /// Applications of each rule.
    used: Vec<u64>,
    /// Requests since the configuration was set: chance depends on it and on the seed alone.
    counter: u64,
}

impl State {
    fn begin(config: Config) -> Self {
        Self {
            used: vec![0; config.faults.len()],
            config,
            counter: 0,
        }
    }
}

impl FaultState {
    /// With the settings of the command line.
    pub(crate) fn new(startup: Config, seed: u64) -> Self {
        let state = Mutex::new(State::begin(startup.clone()));
        Self {
            startup,
            seed,
            state,
        }
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> Config {
        self.state().config.clone()
    }

    /// Puts another configuration in force; counts of `times` and of chance begin anew.
    pub(crate) fn replace(&self, config: Config) {
        *self.state() = State::begin(config);
    }

    /// Back to the settings of the command line.
    pub(crate) fn restore(&self) -> Config {
        self.replace(self.startup.clone());
        self.startup.clone()
    }

    /// Changes parts of the configuration; counts go on unless the rules change.
    pub(crate) fn patch(&self, body: &[u8]) -> Result<Config, String> {
        let mut state = self.state();
        let config = state.config.patched(body)?;
        if config.faults != state.config.faults {
            state.used = vec![0; config.faults.len()];
        }
        state.config = config.clone();
        Ok(config)
    }

    /// Decides a request: the first rule that concerns it, is not used up, and is lucky. Rules that only make
    /// parameters overlooked let the search go on.
    pub(crate) fn decide(&self, view: RequestView<'_>) -> Decision {
        let mut state = self.state();
        let State {
            config,
            used,
            counter,
        } = &mut *state;
        let number = usize::try_from(*counter).unwrap_or(usize::MAX);
        *counter += 1;
        let rng = SeededRng::of([self.seed.to_be_bytes().as_slice()]).nth(number);
        let mut rule = None;
        let mut ignored = Vec::new();
        for (index, (candidate, used)) in config.faults.iter().zip(used).enumerate() {
            let applies = candidate.conditions.times.is_none_or(|times| *used < times)
                && rng.on("fault").nth(index).unit() < candidate.conditions.probability
                && candidate.concerns(view);
            if !applies {
                continue;
            }
            *used += 1;
            if matches!(candidate.fault, Fault::Ignore { .. }) {
                ignored.extend(candidate.met(view.document));
            } else {
                rule = Some(candidate.clone());
                break;
            }
        }
        Decision {
            rule,
            ignored,
            latency: config.latency_ms.draw(rng.on("latency")),
            chunk_delay: Duration::from_millis(config.chunk_delay_ms),
            cache: view.model.and_then(|model| config.cache_of(model)).cloned(),
            has_flex: config.flex.iter().any(|model| Some(&**model) == view.model),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::FaultState;
    use crate::control::config::Config;
    use crate::control::rule::RequestView;

    fn hits(board: &FaultState, requests: usize) -> Vec<bool> {
        let view = RequestView {
            path: "/v1/chat/completions",
            model: Some("m"),
            body: "",
            document: None,
            turns: &[],
            streams: false,
        };
        (0..requests)
            .map(|_| board.decide(view).rule.is_some())
            .collect()
    }

    #[test]
    fn chance_repeats_and_rules_are_used_up() {
        let config = Config::read(br#"{"faults":[{"fault":"hang","probability":0.5}]}"#).unwrap();
        let board = FaultState::new(config.clone(), 1);
        let first = hits(&board, 200);
        board.replace(config);
        assert_eq!(first, hits(&board, 200));
        assert!((60..140).contains(&first.iter().filter(|hit| **hit).count()));
        board.replace(Config::read(br#"{"faults":[{"fault":"hang","times":2}]}"#).unwrap());
        assert_eq!(hits(&board, 4), [true, true, false, false]);
        board.replace(Config::read(br#"{"faults":[{"fault":"hang","model":"other"}]}"#).unwrap());
        assert_eq!(hits(&board, 1), [false]);
    }
}
