//! What may happen to an evaluation besides being judged: cancelled, run again, too late, overtaken, put off,
//! given up, refused, forgotten, watched.

mod agreement;
mod asking;
mod cancel;
mod deadline;
mod events;
mod fairness;
mod key_holder;
mod keys;
mod newer;
mod poison;
mod progress;
mod refusals;
mod retention;
mod retry;
mod sessions;
mod studies;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
mod wakes;
