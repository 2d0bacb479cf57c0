//! `[retention]`: what is removed, and when.

use super::section::section;

section! {
    /// What scorer-worker removes, counted from the end of an evaluation.
    pub struct Retention in "retention" {
        /// Days after which the payload of an ended evaluation is removed; its result stays, but it
        /// cannot be run again. 0 keeps payloads as long as records.
        payload_days: u32 = 30, range 0..=36_500;
        /// Days after which an ended evaluation is removed altogether: the same payload is then a
        /// new evaluation. 0 keeps records for ever.
        record_days: u32 = 365, range 0..=36_500;
    }
}
