//! How busy the machine is, from `/proc/stat` (proc(5)).

use std::fs;

use serde::Serialize;

/// Ticks since the start of the machine.
pub(crate) struct Ticks {
    idle: u64,
    waiting: u64,
    all: u64,
}

/// Shares of the time of all cores.
#[derive(Debug, Serialize)]
pub(crate) struct Busy {
    /// At work.
    pub(crate) busy: f64,
    /// Idle while something waited for a disk.
    pub(crate) disk_wait: f64,
}

impl Ticks {
    /// `None` on a machine that has no such file.
    pub(crate) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/stat").ok()?;
        let line = stat.lines().next()?;
        // user nice system idle iowait irq softirq steal
        let ticks: Vec<u64> = line
            .split_whitespace()
            .skip(1)
            .take(8)
            .filter_map(|word| word.parse().ok())
            .collect();
        Some(Self {
            idle: *ticks.get(3)?,
            waiting: *ticks.get(4)?,
            all: ticks.iter().sum(),
        })
    }

    /// Since then.
    #[expect(clippy::cast_precision_loss, reason = "ticks of minutes")]
    pub(crate) fn busy(&self) -> Option<Busy> {
        let now = Self::now()?;
        let all = now.all.checked_sub(self.all).filter(|all| *all > 0)? as f64;
        let waiting = now.waiting.saturating_sub(self.waiting) as f64 / all;
        let idle = now.idle.saturating_sub(self.idle) as f64 / all;
        Some(Busy {
            busy: 1.0 - idle - waiting,
            disk_wait: waiting,
        })
    }
}
