//! Query parameters, read strictly: a misspelt filter must not look like one that matches everything.

use domain::State as Stage;
use jiff::Timestamp;
use service::http::{Parameters, wrong_parameter as wrong};
use service::problem::Problem;
use storage::evaluations::{Filter, Position};

use crate::cursor;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
const KNOWN: &str = "status, outcome, rubric, strategy, model, metadata.KEY, created_after, created_before, error_code, limit, cursor";

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) limit: u32,
    pub(crate) after: Option<Position>,
}

impl ListQuery {
    /// Reads the parameters of a list.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let mut query = Self {
            filter: Filter::default(),
            limit: DEFAULT_LIMIT,
            after: None,
        };
        for (key, value) in parameters.0 {
            query.take(&key, value)?;
        }
        Ok(query)
    }

    fn take(&mut self, key: &str, value: String) -> Result<(), Problem> {
        let filter = &mut self.filter;
        match key {
            "status" => {
                let state = Stage::from_status(&value);
                filter.state = Some(state.ok_or_else(|| {
                    wrong(
                        key,
                        "must be pending, running, succeeded, failed or cancelled",
                    )
                })?);
            }
            "outcome" if ["scored", "abstained", "unscorable"].contains(&value.as_str()) => {
                filter.outcome = Some(value);
            }
            "outcome" => return Err(wrong(key, "must be scored, abstained or unscorable")),
            "rubric" => filter.rubric = Some(value),
            "strategy" => filter.strategy = Some(value),
            "model" => filter.model = Some(value),
            "error_code" => filter.error_code = Some(value),
            "created_after" => filter.created_after = Some(time(key, &value)?),
            "created_before" => filter.created_before = Some(time(key, &value)?),
            "limit" => {
                let limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAX_LIMIT).contains(limit));
                self.limit = limit.ok_or_else(|| {
                    wrong(
                        key,
                        &format!("must be a whole number from 1 to {MAX_LIMIT}"),
                    )
                })?;
            }
            "cursor" => {
                self.after = Some(
                    cursor::read(&value)
                        .ok_or_else(|| wrong(key, "is not one that a list gave"))?,
                );
            }
            _ => match key.strip_prefix("metadata.") {
                Some(label) if !label.is_empty() => filter.metadata.push((label.to_owned(), value)),
                _ => return Err(wrong(key, &format!("is unknown; known here: {KNOWN}"))),
            },
        }
        Ok(())
    }
}

/// How long to wait for a change, in seconds; `None` when the reader does not want to.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(crate) fn wait(parameters: Parameters) -> Result<Option<f64>, Problem> {
    let mut wait = None;
    for (key, value) in parameters.0 {
        if key != "wait" {
            return Err(wrong(&key, "is unknown; known here: wait"));
        }
        let seconds = value
            .parse::<f64>()
            .ok()
            .filter(|seconds| (0.0..=86_400.0).contains(seconds));
        wait = Some(seconds.ok_or_else(|| wrong(&key, "must be a number of seconds"))?);
    }
    Ok(wait)
}

/// Behind which event a timeline begins.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(crate) fn after(parameters: Parameters) -> Result<i32, Problem> {
    let mut after = 0;
    for (key, value) in parameters.0 {
        if key != "after" {
            return Err(wrong(&key, "is not known; known is after"));
        }
        let number = value.parse::<i32>().ok().filter(|number| *number >= 0);
        after = number.ok_or_else(|| wrong(&key, "must be the seq of an event"))?;
    }
    Ok(after)
}

/// A time of RFC 3339. What lies beyond all that we can hold is as good as the last moment that we can.
fn time(key: &str, value: &str) -> Result<Timestamp, Problem> {
    let wrong = || wrong(key, "must be a time such as 2026-11-20T10:00:00Z");
    // A `+` that was not escaped reaches us as a blank.
    let value = value.replace(' ', "+");
    // Other years, and what may stand behind a time, are no RFC 3339.
    let year = value.get(..5).is_some_and(|start| {
        start.ends_with('-') && start.chars().filter(char::is_ascii_digit).count() == 4
    });
    if !year || value.ends_with(']') {
        return Err(wrong());
    }
    match value.parse() {
        Ok(time) => Ok(time),
        Err(_) if is_last_day(&value) => Ok(Timestamp::MAX),
        Err(_) => Err(wrong()),
    }
}

/// Whether it is a time of the last days that RFC 3339 can write, which are beyond [`Timestamp::MAX`].
fn is_last_day(value: &str) -> bool {
    // The same time of a day that there is in any case.
    let rest = value
        .strip_prefix("9999-12-30")
        .or_else(|| value.strip_prefix("9999-12-31"));
    rest.is_some_and(|rest| format!("9999-12-01{rest}").parse::<Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_any_of_rfc_3339_and_nothing_else() {
        for (text, expected) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
            ("2026-11-20t10:00:00.5z", "2026-11-20T10:00:00.5Z"),
            ("2026-11-20T10:00:00 01:00", "2026-11-20T09:00:00Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-30T21:00:00Z", "9999-12-30T21:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-30T22:00:00.999999999Z"),
            (
                "9999-12-31T23:59:59.999-23:59",
                "9999-12-30T22:00:00.999999999Z",
            ),
        ] {
            let time = time("created_before", text);
            assert_eq!(time, Ok(expected.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T10:00:00",
            "9999-12-31T24:59:59Z",
            "9999-12-31",
            "9999-12-32T00:00:00Z",
            "-009999-01-02T02:00:00Z",
            "+002026-11-20T10:00:00Z",
            "10000-01-01T00:00:00Z",
            "2026-11-20T10:00:00Z[UTC]",
            "20261120T100000Z",
        ] {
            assert!(time("created_before", text).is_err(), "{text}");
        }
    }
}
