//! Waiting for a condition with a bound, instead of sleeping.

use std::fmt::Display;
use std::panic::Location;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep, timeout_at};

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// What a polled condition may say: `bool`, `Option<T>` or `Result<T, E>`.
pub trait Answer {
    /// What the caller gets once the condition holds.
    type Value;

    /// The value, or why not yet.
    ///
    /// # Errors
    ///
    /// The condition does not hold; the text says what it was instead.
    fn answer(self) -> Result<Self::Value, String>;
}

impl Answer for bool {
    type Value = ();

    fn answer(self) -> Result<(), String> {
        self.then_some(()).ok_or_else(|| "false".to_owned())
    }
}

impl<T> Answer for Option<T> {
    type Value = T;

    fn answer(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl<T, E: Display> Answer for Result<T, E> {
    type Value = T;

    fn answer(self) -> Result<T, String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

/// Asks `condition` again and again until it holds, for at most `bound`.
///
/// # Errors
///
/// It did not hold in time. The error names the caller's file and line and the last answer.
#[track_caller]
pub fn eventually<F, Fut>(
    bound: Duration,
    condition: F,
) -> impl Future<Output = Result<<Fut::Output as Answer>::Value>>
where
    F: FnMut() -> Fut,
    Fut: Future<Output: Answer>,
{
    poll(bound, condition, Location::caller())
}

async fn poll<F, Fut>(
    bound: Duration,
    mut condition: F,
    place: &'static Location<'static>,
) -> Result<<Fut::Output as Answer>::Value>
where
    F: FnMut() -> Fut,
    Fut: Future<Output: Answer>,
{
    let deadline = Instant::now() + bound;
    let mut pause = FIRST_PAUSE;
    let mut last = None;
    for tries in 1_u32.. {
        match timeout_at(deadline, pin!(condition())).await {
            Ok(answer) => match answer.answer() {
                Ok(value) => return Ok(value),
                Err(why) => last = Some(why),
            },
            Err(_elapsed) => {
                let last = last.as_deref().unwrap_or("none: the first try never ended");
                bail!(
                    "{place}: not within {bound:?} ({tries} tries, the last one never ended); last answer: {last}"
                );
            }
        }
        if Instant::now() + pause >= deadline {
            let last = last.unwrap_or_default();
            bail!("{place}: not within {bound:?} ({tries} tries); last answer: {last}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    bail!("{place}: not within {bound:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_the_value_once_it_is_there() {
        let mut calls = 0;
        let value = eventually(Duration::from_secs(5), || {
            calls += 1;
            let now = calls;
            async move { (now == 3).then_some("three") }
        })
        .await
        .unwrap();
        assert_eq!(value, "three");
    }

    #[tokio::test]
    async fn names_the_caller_and_the_last_answer() {
        let error = eventually(Duration::from_millis(50), async || {
            Err::<(), _>("still 503")
        })
        .await
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("poll.rs:") && error.contains("still 503"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_condition_that_hangs_is_bounded_too() {
        let error = eventually(Duration::from_millis(50), std::future::pending::<bool>)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("never ended"), "{error}");
    }
}
