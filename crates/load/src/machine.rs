//! How busy the machine is, from `/proc/stat` (proc(5)).

use std::fs;

use serde::Serialize;

/// Ticks since the start of the machine.
pub(crate) struct Ticks {
    idle: u64,
    waiting: u64,
    stolen: u64,
    all: u64,
}

/// Shares of the time of all cores.
#[derive(Debug, Serialize)]
pub(crate) struct Busy {
    /// At work.
    pub(crate) busy: f64,
    /// Idle while something waited for a disk.
    pub(crate) disk_wait: f64,
    /// Ready to work while the host of a virtual machine did something else.
    pub(crate) stolen: f64,
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
            stolen: *ticks.get(7)?,
            all: ticks.iter().sum(),
        })
    }

    /// Since then.
    #[expect(clippy::cast_precision_loss, reason = "ticks of minutes")]
    pub(crate) fn busy(&self) -> Option<Busy> {
        let now = Self::now()?;
        let all = now.all.checked_sub(self.all).filter(|all| *all > 0)? as f64;
        let share = |now: u64, then: u64| now.saturating_sub(then) as f64 / all;
        let waiting = share(now.waiting, self.waiting);
        let stolen = share(now.stolen, self.stolen);
        Some(Busy {
            busy: 1.0 - share(now.idle, self.idle) - waiting - stolen,
            disk_wait: waiting,
            stolen,
        })
    }
}
