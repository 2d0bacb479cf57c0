//! What becomes of a call that brings no reply: one table, applied row by row, printed in `docs/providers.md`.

mod base_resp;
mod error_details;
mod error_shapes;
mod html_page;
mod overflow;
mod plain;
mod rate;
mod retry_after;
mod table;

use std::time::Duration;

use judging::{Answer, Message};

pub(crate) use self::error_details::ErrorDetails;
pub(crate) use self::retry_after::retry_after;
pub use self::table::{Classification, Row, TABLE, Trigger, markdown};
use crate::error::{CallError, Complaint, ErrorKind};

/// What a call came to that brought no reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failed {
    /// The provider's typed no: it is recorded like a reply, and the strategy decides. What it says may mean something else
    /// that was sent, where there is a complaint.
    Answer(Answer, Option<Box<Complaint>>),
    /// An error.
    Error(CallError),
}

/// What an answer with a status other than success means, to a request with these messages.
pub(crate) fn of_status(
    status: u16,
    body: &[u8],
    retry_after: Option<Duration>,
    request: &[Message],
) -> Failed {
    let words = ErrorDetails::of(body);
    let message = format!("the provider answered {status}{}", words.instead());
    named(
        table::of_status(Some(status), &words, request),
        status,
        message,
        &words,
        (retry_after, request),
    )
}

/// What an error object inside an answer that claims success means, of a stream as well.
pub(crate) fn of_error_in_success(body: &[u8], request: &[Message]) -> Failed {
    let words = ErrorDetails::of(body);
    let message = "the provider answered 200 with an error inside".to_owned();
    let status = words.status();
    let becomes = match table::of_status(status, &words, request) {
        // What would be our fault with a 400 is the provider's when it says 200 and does not say which.
        Classification::Error(ErrorKind::Rejected) if status.is_none() => {
            Classification::Error(kind(Trigger::ErrorInSuccess))
        }
        becomes => becomes,
    };
    named(
        becomes,
        status.unwrap_or(200),
        message,
        &words,
        (None, request),
    )
}

/// What else can happen.
pub(crate) fn of(trigger: Trigger, message: impl Into<String>, said: &str) -> Failed {
    let error = CallError {
        was_begun: trigger != Trigger::NoRequest && trigger != Trigger::NoConnection,
        ..CallError::new(kind(trigger), message)
    };
    Failed::Error(error.quoting(said))
}

/// A stream that ended without a word about why its answer did.
pub(crate) fn unended() -> Failed {
    let message = "the provider's stream ended before its answer did";
    Failed::Error(CallError {
        is_unended: true,
        ..CallError::new(kind(Trigger::CutOff), message)
    })
}

/// Several choices of which nobody knows whose piece is whose: as good as a refusal of several.
pub(crate) fn mixed() -> Failed {
    let message = "the provider answered 200 with several choices that cannot be told apart";
    Failed::Error(CallError {
        complaint: Some(Box::new(Complaint {
            status: 400,
            param: "n".to_owned(),
            about: String::new(),
        })),
        ..CallError::new(kind(Trigger::NoAnswer), message)
    })
}

/// Several answers where one was asked for. Those that came as a stream may be one whose pieces cannot be told apart
/// from answers: in one piece it can.
pub(crate) fn several_answers(is_stream: bool) -> Failed {
    confused(
        "the provider answered 200 with several answers in one",
        is_stream,
    )
}

/// A stream that says two things of one text: a piece of it was lost. In one piece it may be whole.
pub(crate) fn contradicted_stream() -> Failed {
    confused(
        "the provider's stream contradicts itself: its pieces are not its whole text",
        true,
    )
}

fn confused(message: &str, is_stream: bool) -> Failed {
    let complaint = is_stream.then(|| Complaint {
        status: 400,
        param: "stream".to_owned(),
        about: "not supported".to_owned(),
    });
    Failed::Error(CallError {
        complaint: complaint.map(Box::new),
        is_confused: is_stream,
        ..CallError::new(kind(Trigger::NoAnswer), message)
    })
}

/// Whether a document is an error, whatever shape it has.
pub(crate) fn is_error(json: &[u8]) -> bool {
    ErrorDetails::of(json).is_error
}

/// A 200 with the page of something in between.
pub(crate) fn of_page(body: &[u8]) -> Option<Failed> {
    let words = ErrorDetails::of(body);
    words.is_page.then(|| {
        let message = format!("the provider answered 200{}", words.instead());
        of(Trigger::NoAnswer, message, &words.message)
    })
}

/// What kind of error something is that is no answer with a status.
pub(crate) fn kind(trigger: Trigger) -> ErrorKind {
    table::of(trigger)
}

fn named(
    becomes: Classification,
    status: u16,
    message: String,
    words: &ErrorDetails,
    (retry_after, request): (Option<Duration>, &[Message]),
) -> Failed {
    let is_for_sure = words.has_overflow_code() || words.say_overflow_for_sure(request);
    let complaint = Some(Box::new(Complaint {
        status,
        param: words.param.clone(),
        about: words.about(),
    }));
    match becomes {
        Classification::Answer(answer) => {
            Failed::Answer(answer(), complaint.filter(|_| !is_for_sure))
        }
        Classification::Error(kind) => Failed::Error(CallError {
            retry_after,
            complaint,
            ..CallError::new(kind, message).quoting(&words.message)
        }),
    }
}

#[cfg(test)]
mod tests;
