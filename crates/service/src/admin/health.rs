//! Whether the service works, as its parts report it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

/// The health of the service; clones share it.
///
/// Not ready until every check that was named at the beginning has reported well. Other checks are shown and
/// logged, and keep nobody waiting.
#[derive(Clone, Debug)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    needed: Vec<String>,
    checks: Checks,
    live: Checks,
    is_draining: bool,
}

/// What each check reported last; `None` before its first report.
type Checks = BTreeMap<String, Option<Result<(), String>>>;

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

/// What one check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Whether all is well.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Health that waits for the first report of each of these checks.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let needed: Vec<String> = names.into_iter().map(str::to_owned).collect();
        Self(Arc::new(Mutex::new(State {
            checks: needed.iter().map(|name| (name.clone(), None)).collect(),
            needed,
            live: Checks::new(),
            is_draining: false,
        })))
    }

    /// Reports on something that the service works with. The reason is shown to whoever reaches
    /// the admin address.
    pub fn set(&self, name: &str, result: Result<(), String>) {
        report("readiness", &mut self.state().checks, name, result);
    }

    /// Reports on something that only a restart can mend.
    pub fn set_live(&self, name: &str, result: Result<(), String>) {
        report("liveness", &mut self.state().live, name, result);
    }

    /// From now on the service is not ready: it is about to end.
    pub fn begin_drain(&self) {
        self.state().is_draining = true;
    }

    /// Whether the service should get work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let state = self.state();
        !state.is_draining
            && state
                .needed
                .iter()
                .all(|name| matches!(state.checks.get(name), Some(Some(Ok(())))))
    }

    /// Whether the service may go on living.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self
            .state()
            .live
            .values()
            .any(|last| matches!(last, Some(Err(_))))
    }

    /// The answer of `/readyz`.
    #[must_use]
    pub fn readiness(&self) -> Report {
        let ready = self.is_ready();
        let state = self.state();
        Report {
            ready,
            draining: state.is_draining,
            checks: reports(&state.checks),
        }
    }

    /// What each liveness check says, for `/livez`.
    #[must_use]
    pub fn liveness(&self) -> BTreeMap<String, CheckReport> {
        reports(&self.state().live)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        .map(|(name, last)| (name.clone(), report(last)))
        .collect()
}

/// Takes a report; logs only when it turns, not each time it is repeated.
fn report(kind: &str, checks: &mut Checks, name: &str, result: Result<(), String>) {
    let was_ok = checks.get(name).and_then(Option::as_ref).map(Result::is_ok);
    match &result {
        Ok(()) if was_ok != Some(true) => tracing::info!(check = name, kind, "check passes"),
        Err(reason) if was_ok != Some(false) => {
            tracing::warn!(check = name, kind, reason, "check fails");
        }
        Ok(()) | Err(_) => {}
    }
    checks.insert(name.to_owned(), Some(result));
}

#[cfg(test)]
mod tests {
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
        assert!(health.is_live());
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
    fn draining_is_for_good() {
        let health = Health::new(["redis"]);
        health.begin_drain();
        health.set("redis", Ok(()));
        assert!(!health.is_ready());
        assert!(health.readiness().draining);
    }

    #[test]
    fn a_failed_liveness_check_can_recover() {
        let health = Health::new([]);
        health.set_live("loop", Err("stuck".to_owned()));
        assert!(!health.is_live());
        health.set_live("loop", Ok(()));
        assert!(health.is_live());
    }
}
