//! `[worker]`: how scorer-worker works.

use std::time::Duration;

use super::section::section;

section! {
    /// How scorer-worker works.
    pub struct Worker in "worker" {
        /// Evaluations that one process runs at once.
        slots: usize = 1_000, range 1..=100_000;
        /// Evaluations of one tenant that all processes together run at once; 0: as many as there are slots. The next one of a tenant
        /// that has so many starts within `worker.relay` of the end of another. Give all processes the same.
        tenant_slots: u32 = 0, range 0..=1_000_000;
        /// Bytes of payloads that one process holds at once. An evaluation takes 64 KiB and three times its payload, and
        /// twice its payload for each further call at once; an eighth is kept for those that pass a larger one.
        payload_budget: u64 = 256 << 20, range (1 << 20)..=(1 << 40);
        /// How often a process says that it is alive.
        heartbeat: Duration = Duration::from_secs(10);
        /// How old a process's last heartbeat may be before its evaluations are claimed by others.
        /// At least three heartbeats.
        lease: Duration = Duration::from_secs(30);
        /// How often lost and due work is looked for.
        sweep: Duration = Duration::from_secs(5);
        /// How often the stream is topped up from the backlog.
        relay: Duration = Duration::from_secs(1);
        /// Entries that the stream holds at most for each priority; the backlog stays in PostgreSQL.
        stream_window: u64 = 1_000, range 1..=1_000_000;
        /// How long one evaluation may run in all when the request sets no deadline. Waiting for a worker's slot or
        /// memory does not count.
        evaluation_timeout: Duration = Duration::from_mins(30);
        /// Handled failures before an evaluation is given up as `attempts_exhausted`.
        max_attempts: u32 = 5, range 1..=100;
        /// Worker deaths before an evaluation is given up as `poison`, the last with nothing else in that worker.
        max_crashes: u32 = 3, range 1..=100;
        /// How long a loop may take for one turn before `/livez` says that it hangs. Longer than
        /// `worker.heartbeat` and one statement and one command at their bounds.
        liveness_turn: Duration = Duration::from_mins(1);
        /// How long nothing may be taken from the stream, although it has entries and slots and memory are free,
        /// before `/livez` says so. Not shorter than `worker.liveness_turn`.
        liveness_take: Duration = Duration::from_mins(2);
        /// How long evaluations under way may take to reach a safe point once the process is asked
        /// to stop. What is left then is requeued within 3 s more.
        drain: Duration = Duration::from_secs(25);
    }
}
