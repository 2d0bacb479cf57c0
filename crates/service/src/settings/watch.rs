//! Whether the settings file has changed while the process runs.
//!
//! `[providers]` and `[models]` are taken over at once; all other settings at the next start. An edit
//! that is wrong changes nothing but a log line and a gauge.

mod task;
mod watcher;

pub use self::{
    task::{start, watch},
    watcher::{CheckResult, Watcher},
};
