//! Judging as pure functions: prompts, strategies, reply reading, aggregation.
//!
//! The one entry point is [`next`]: from a plan, the candidate and the replies so far to either the next
//! calls or the finished assessment. Nothing here does I/O, reads a clock, draws a random number or looks at
//! a setting; that is what makes an evaluation resumable anywhere and a recorded one replayable.

mod ask;
mod call;
mod context;
mod evidence;
mod interval;
mod mark;
mod position;
mod prompt;
pub mod reading;
mod reply;
mod score;
mod strategy;

pub use call::{Answer, JudgeCall, Message, Reply, ReplyFormat, Role, StepKey, Token, Usage};
pub use mark::removed as without_mark;
pub use strategy::{
    Next, Replies, calls_at_once, made_steps, next, next_of, prompt_version, stage, steps_planned,
    steps_prompt_version, unusable_steps, writes_prompt,
};
