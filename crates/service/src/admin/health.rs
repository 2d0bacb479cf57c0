//! Whether the service works, as its parts report it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

use super::outage::Outage;
use crate::metrics;

/// The health of the service; clones share it.
///
/// Not ready until every check that was named at the beginning has reported well, nor while a fault lasts. Other checks
/// are shown and logged, and keep nobody waiting. Whoever repeats something that fails reports it here with each try:
/// it is logged once for each change.
#[derive(Clone)]
pub struct Health(Arc<Mutex<State>>);

struct State {
    checks: Checks,
    watches: Vec<Watch>,
    live: Checks,
    is_draining: bool,
}

/// A check that is made anew for each probe.
struct Watch {
    name: String,
    check: Box<dyn Fn() -> Result<(), String> + Send>,
}

type Checks = BTreeMap<String, Check>;

/// A check, as it was reported last.
#[derive(Default)]
struct Check {
    /// `None` before the first report.
    last: Option<Result<(), String>>,
    /// Whether the service is not ready while this is not well.
    is_needed: bool,
    outage: Outage,
}

/// The answer to a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether the service should get work.
    pub ready: bool,
    /// Whether the service is about to end.
    pub draining: bool,
    /// What each check says.
    pub checks: BTreeMap<String, CheckReport>,
}

/// The answer to the question whether the process should go on living.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Liveness {
    /// Whether nothing hangs.
    pub live: bool,
    /// What each check says.
    pub checks: BTreeMap<String, CheckReport>,
}

/// What one check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Whether all is well.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

impl Health {
    /// Health that waits for the first report of each of these checks.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let needed = |name: &str| {
            let check = Check {
                is_needed: true,
                ..Check::default()
            };
            (name.to_owned(), check)
        };
        Self(Arc::new(Mutex::new(State {
            checks: names.into_iter().map(needed).collect(),
            watches: Vec::new(),
            live: Checks::new(),
            is_draining: false,
        })))
    }

    /// Reports on something that the service works with. The reason is shown to whoever reaches
    /// the admin address.
    pub fn set(&self, name: &str, result: Result<(), String>) {
        self.state().readiness_of(name).report(name, result);
    }

    /// Reports on something that the service does again and again: while it fails the service is not ready. It is not
    /// waited for at the start.
    pub fn fault(&self, name: &str, result: Result<(), String>) {
        let mut state = self.state();
        let check = state.readiness_of(name);
        check.is_needed = true;
        check.report(name, result);
    }

    /// Watches something that only a restart can mend. It is looked at by whoever answers the probe, so that
    /// a process in which every task hangs is found out as well; the look must not wait for anything.
    pub fn watch(&self, name: &str, check: impl Fn() -> Result<(), String> + Send + 'static) {
        self.state().watches.push(Watch {
            name: name.to_owned(),
            check: Box::new(check),
        });
    }

    /// From now on the service is not ready: it is about to end.
    pub fn begin_drain(&self) {
        self.state().is_draining = true;
    }

    /// Whether the service should get work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state().is_ready()
    }

    /// The answer of `/readyz`.
    #[must_use]
    pub fn readiness(&self) -> Report {
        let state = self.state();
        Report {
            ready: state.is_ready(),
            draining: state.is_draining,
            checks: reports(&state.checks),
        }
    }

    /// The answer of `/livez`.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        let State { watches, live, .. } = &mut *self.state();
        for watch in watches {
            let check = live.entry(watch.name.clone()).or_default();
            check.report_liveness(&watch.name, (watch.check)());
        }
        let checks = reports(live);
        Liveness {
            live: checks.values().all(|check| check.ok),
            checks,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_ready(&self) -> bool {
        let is_well = |check: &Check| matches!(check.last, Some(Ok(())));
        !self.is_draining
            && self
                .checks
                .values()
                .all(|check| !check.is_needed || is_well(check))
    }

    fn readiness_of(&mut self, name: &str) -> &mut Check {
        self.checks.entry(name.to_owned()).or_default()
    }
}

impl Check {
    fn report(&mut self, check: &str, result: Result<(), String>) {
        let is_first = self.last.is_none();
        let is_change = self
            .outage
            .note(result.as_ref().copied().map_err(String::as_str));
        metrics::check_failing(check).set(f64::from(u8::from(result.is_err())));
        match &result {
            Ok(()) if is_change || is_first => tracing::info!(check, "check passes"),
            Err(reason) if is_change => tracing::error!(check, reason, "check fails"),
            Ok(()) | Err(_) => {}
        }
        self.last = Some(result);
    }

    /// As [`Check::report`], of something that only a restart mends: the reason says for how long, and so is never the same.
    fn report_liveness(&mut self, check: &str, result: Result<(), String>) {
        if self.outage.note(result.as_ref().map(drop).map_err(|_| "")) {
            match &result {
                Ok(()) => tracing::info!(check, "alive again"),
                Err(reason) => tracing::error!(check, reason, "hangs"),
            }
        }
        self.last = Some(result);
    }
}

fn reports(checks: &Checks) -> BTreeMap<String, CheckReport> {
    let report = |last: &Option<Result<(), String>>| match last {
        Some(Ok(())) => CheckReport {
            ok: true,
            reason: None,
        },
        Some(Err(reason)) => CheckReport {
            ok: false,
            reason: Some(reason.clone()),
        },
        None => CheckReport {
            ok: false,
            reason: Some("not checked yet".to_owned()),
        },
    };
    checks
        .iter()
        .map(|(name, check)| (name.clone(), report(&check.last)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn ready_only_when_every_named_check_has_passed() {
        let health = Health::new(["postgres", "redis"]);
        assert!(!health.is_ready());
        health.set("postgres", Ok(()));
        assert_eq!(
            health
                .readiness()
                .checks
                .get("redis")
                .unwrap()
                .reason
                .as_deref(),
            Some("not checked yet")
        );
        assert!(!health.is_ready());
        health.set("redis", Ok(()));
        assert!(health.is_ready());
        health.set("redis", Err("connection refused".to_owned()));
        assert!(!health.is_ready());
    }

    #[test]
    fn what_is_not_needed_is_shown_and_keeps_nobody_waiting() {
        let health = Health::new(["postgres"]);
        health.set("redis", Err("connection refused".to_owned()));
        health.set("postgres", Ok(()));
        assert!(health.is_ready());
        assert!(!health.readiness().checks.get("redis").unwrap().ok);
    }

    #[test]
    fn a_fault_keeps_the_service_from_being_ready_while_it_lasts() {
        let health = Health::new(["postgres"]);
        health.set("postgres", Ok(()));
        health.fault("relay", Ok(()));
        assert!(health.is_ready());
        health.fault("relay", Err("the stream is full".to_owned()));
        assert!(!health.is_ready());
        health.fault("relay", Ok(()));
        assert!(health.is_ready());
    }

    #[test]
    fn draining_is_for_good() {
        let health = Health::new(["redis"]);
        health.begin_drain();
        health.set("redis", Ok(()));
        assert!(!health.is_ready());
        assert!(health.readiness().draining);
    }

    #[test]
    fn a_watch_is_looked_at_anew_each_time() {
        let health = Health::new([]);
        assert!(health.liveness().live);
        let is_stuck = Arc::new(AtomicBool::new(true));
        let watched = Arc::clone(&is_stuck);
        health.watch("loop", move || {
            if watched.load(Ordering::Relaxed) {
                Err("stuck".to_owned())
            } else {
                Ok(())
            }
        });
        let stuck = health.liveness();
        assert!(!stuck.live);
        let reason = stuck.checks.get("loop").unwrap().reason.as_deref();
        assert_eq!(reason, Some("stuck"));
        is_stuck.store(false, Ordering::Relaxed);
        assert!(health.liveness().live);
    }
}
