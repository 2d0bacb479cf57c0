//! A panic as one log line.

use std::{any::Any, backtrace::Backtrace, panic, thread};

/// Logs panics in place of printing them.
pub(super) fn install() {
    panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            panic.location = location,
            panic.reason = reason(panic.payload()),
            panic.thread = thread::current().name(),
            panic.backtrace = (backtrace.status() == std::backtrace::BacktraceStatus::Captured)
                .then(|| backtrace.to_string()),
            "panicked"
        );
    }));
}

/// The beginning of the panic's message, up to the first value that is quoted in it: the message
/// of a slice out of bounds quotes the text, which may be a candidate's.
fn reason(payload: &dyn Any) -> &str {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or_default();
    message
        .split(['`', '\'', '"', '\n'])
        .next()
        .unwrap_or_default()
        .trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_not_part_of_the_reason() {
        let caught = panic::catch_unwind(|| "sécret".split_at(2).0.len());
        let reason = reason(&*caught.unwrap_err()).to_owned();
        assert!(!reason.contains("cret"), "{reason}");
    }
}
