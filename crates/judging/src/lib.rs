//! Judging as pure functions: prompts, strategies, reply reading, aggregation.
//!
//! The one entry point is [`next`]: from a plan, the candidate and the replies so far to either the next
//! calls or the finished assessment. Nothing here does I/O, reads a clock, draws a random number or looks at
//! a setting; that is what makes an evaluation resumable anywhere and a recorded one replayable.

mod call;
mod evidence;
mod prompt;
mod reply;
mod score;
mod strategy;

pub use call::{Answer, JudgeCall, Message, Reply, ReplyFormat, Role, StepKey, Usage};
pub use strategy::{Next, Replies, is_usable, next, prompt_version, steps_planned};
