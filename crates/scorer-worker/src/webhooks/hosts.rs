//! What is under way to each host, and whether it is asked at all.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use webhooks::Circuit;

/// Deliveries to one host at once.
const MAX_OF_HOST: usize = 128;
/// To one of which none has ended lately.
const MAX_OF_SLOW_HOST: usize = 16;
/// What "lately" is.
const SLOW_AFTER: Duration = Duration::from_secs(2);
/// Hosts that are remembered although nothing is under way.
const MAX_HOSTS: usize = 10_000;

/// The hosts of this process.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Host>>);

#[derive(Debug)]
struct Host {
    circuit: Circuit,
    in_flight: usize,
    /// When a delivery last ended; before any has, when the first began.
    last_end: Instant,
}

/// Whether a delivery is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is; [`Hosts::end`] is due.
    Send,
    /// Too many failed just before.
    CircuitOpen,
}

impl Hosts {
    /// Hosts to which no more may be sent now.
    pub(super) fn busy(&self, now: Instant) -> Vec<String> {
        let hosts = self.hosts();
        let is_busy = |host: &Host| {
            let is_slow = now.saturating_duration_since(host.last_end) >= SLOW_AFTER;
            host.in_flight >= MAX_OF_HOST || is_slow && host.in_flight >= MAX_OF_SLOW_HOST
        };
        let busy = hosts.iter().filter(|(_, host)| is_busy(host));
        busy.map(|(name, _)| name.clone()).collect()
    }

    /// A delivery is about to be sent.
    pub(super) fn begin(&self, name: &str, now: Instant) -> Admission {
        let mut hosts = self.hosts();
        if hosts.len() >= MAX_HOSTS {
            hosts.retain(|_, host| host.in_flight > 0);
        }
        let host = hosts.entry(name.to_owned()).or_insert_with(|| Host {
            circuit: Circuit::default(),
            in_flight: 0,
            last_end: now,
        });
        if !host.circuit.try_acquire(now) {
            return Admission::CircuitOpen;
        }
        if host.in_flight == 0 {
            host.last_end = now;
        }
        host.in_flight += 1;
        Admission::Send
    }

    /// It has ended; `answered` says whether the host did, with a status below 500.
    pub(super) fn end(&self, name: &str, answered: bool, now: Instant) {
        let mut hosts = self.hosts();
        let Some(host) = hosts.get_mut(name) else {
            return;
        };
        host.in_flight = host.in_flight.saturating_sub(1);
        host.last_end = now;
        host.circuit.report(answered, now);
        if host.in_flight == 0 && host.circuit.is_clean() {
            hosts.remove(name);
        }
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_hangs_gets_little_and_one_that_answers_much() {
        let (hosts, now) = (Hosts::default(), Instant::now());
        for _ in 0..MAX_OF_SLOW_HOST {
            assert_eq!(hosts.begin("slow", now), Admission::Send);
            assert_eq!(hosts.begin("quick", now), Admission::Send);
        }
        assert!(hosts.busy(now).is_empty(), "they may answer yet");
        let later = now + SLOW_AFTER;
        assert_eq!(hosts.begin("quick", later), Admission::Send);
        hosts.end("quick", true, later);
        assert_eq!(hosts.busy(later), ["slow"]);
        while !hosts.busy(later).contains(&"quick".to_owned()) {
            assert_eq!(hosts.begin("quick", later), Admission::Send);
        }
        assert_eq!(hosts.hosts()["quick"].in_flight, MAX_OF_HOST);
    }

    #[test]
    fn a_host_that_only_fails_is_left_alone_and_then_probed() {
        let (hosts, now) = (Hosts::default(), Instant::now());
        let mut sent = 0;
        while hosts.begin("dead", now) == Admission::Send {
            hosts.end("dead", false, now);
            sent += 1;
        }
        assert_eq!(sent, 10);
        let later = now + Duration::from_secs(5);
        assert_eq!(hosts.begin("dead", later), Admission::Send);
        assert_eq!(hosts.begin("dead", later), Admission::CircuitOpen);
        hosts.end("dead", true, later);
        assert!(hosts.hosts().is_empty(), "nothing is known against it");
    }
}
