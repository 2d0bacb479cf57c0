//! Letting go of an evaluation: for good with a failure, or back into the queue.

use std::sync::LazyLock;
use std::time::Duration;

use domain::failure::{Failure, FailureCode};
use domain::mask::mask;
use domain::state::Event;
use domain::timeline::Cause;
use tokio_postgres::types::Json;

use super::transition::{By, To, Transition};
use crate::database::Database;
use crate::error::Result;
use crate::ownership::Ownership;

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequeueResult {
    /// It is queued again.
    Queued,
    /// That was one handled failure too many: it failed with `attempts_exhausted`.
    Exhausted,
    /// It was no longer ours; nothing changed.
    Lost,
}

/// Ends an evaluation without an assessment. False: it is no longer ours, and nothing changed.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn fail(
    database: &Database,
    ownership: &Ownership,
    failure: &Failure,
    cause: &Cause,
) -> Result<bool> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Owner,
            to: To::Always(Event::Fail),
            set: "error_code = $4, error_message = $5",
            with: "",
            detail: "jsonb_build_object('code', c.error_code) || $6::jsonb",
            select: "c.id",
        };
        transition.sql()
    });
    let message = presentable(&failure.message);
    let code = failure.code.as_str();
    let written = ownership
        .write(
            database,
            &SQL,
            0,
            vec![
                Box::new(code),
                Box::new(message),
                Box::new(Json(cause.clone())),
            ],
        )
        .await?;
    Ok(written.is_some())
}

/// A handled failure that an evaluation is put aside for.
#[derive(Debug, Clone, Copy)]
pub struct Backoff<'r> {
    /// How long it rests.
    pub delay: Duration,
    /// Why, for people.
    pub reason: &'r str,
    /// Why, for the timeline.
    pub cause: &'r Cause,
    /// The number of this failure, from 1, counted since it last got on.
    pub failures: u32,
    /// With this number it fails.
    pub most: u32,
}

/// Gives an evaluation back after a handled failure, to run again later, or fails it when there were too
/// many.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn requeue_after_failure(
    database: &Database,
    ownership: &Ownership,
    aside: &Backoff<'_>,
) -> Result<RequeueResult> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Owner,
            to: To::Either {
                when: "$8::int >= $6",
                then: Event::Fail,
                otherwise: Event::Release,
            },
            set: "
                failures = $8, next_run_at = now() + make_interval(secs => $4),
                error_code = CASE WHEN $8::int >= $6 THEN $7 END,
                error_message = CASE WHEN $8::int >= $6 THEN $5 END",
            with: "",
            detail: "jsonb_strip_nulls(jsonb_build_object(
                'code', c.error_code, 'failures', $8::int, 'failures_allowed', $6::int,
                'due_at', CASE WHEN c.state = 'queued' THEN c.next_run_at END)) || $9::jsonb",
            select: "c.state",
        };
        transition.sql()
    });
    let int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (most, failures) = (int(aside.most), int(aside.failures));
    let reason = presentable(aside.reason);
    let code = FailureCode::AttemptsExhausted.as_str();
    let delay = aside.delay.as_secs_f64();
    let row = ownership
        .write(
            database,
            &SQL,
            0,
            vec![
                Box::new(delay),
                Box::new(reason),
                Box::new(most),
                Box::new(code),
                Box::new(failures),
                Box::new(Json(aside.cause.clone())),
            ],
        )
        .await?;
    Ok(match row.map(|row| row.get::<_, String>(0)).as_deref() {
        None => RequeueResult::Lost,
        Some("failed") => RequeueResult::Exhausted,
        Some(_) => RequeueResult::Queued,
    })
}

/// Gives an evaluation back untouched, with nothing counted against it: its worker leaves, or cannot follow
/// its plan. It is due after `delay`; without one it keeps its place in the queue.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn requeue_uncharged(
    database: &Database,
    ownership: &Ownership,
    delay: Duration,
    cause: &Cause,
) -> Result<bool> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let transition = Transition {
            by: By::Owner,
            to: To::Always(Event::Release),
            set: "
                attempts = e.attempts - 1,
                next_run_at = CASE WHEN $4::float8 > 0 THEN now() + make_interval(secs => $4) ELSE e.next_run_at END",
            with: "",
            detail: "jsonb_build_object('due_at', c.next_run_at) || $5::jsonb",
            select: "c.id",
        };
        transition.sql()
    });
    let delay = delay.as_secs_f64();
    let written = ownership
        .write(
            database,
            &SQL,
            0,
            vec![Box::new(delay), Box::new(Json(cause.clone()))],
        )
        .await?;
    Ok(written.is_some())
}

/// As a message may be kept and shown: PostgreSQL takes no NUL, and a provider's words may quote anything.
fn presentable(text: &str) -> String {
    mask(text).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_kept_without_personal_data_and_nul() {
        let said = "the provider said: no such user jane@example.com\0";
        assert_eq!(
            presentable(said),
            "the provider said: no such user [email]\u{fffd}"
        );
    }
}
