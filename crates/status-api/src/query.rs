//! Query parameters, read strictly: a misspelt filter must not look like one that matches everything.

use domain::State as Stage;
use jiff::Timestamp;
use service::problem::{Problem, ProblemCode};
use storage::evaluations::{Filter, Position};

use crate::cursor;

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;
const KNOWN: &str = "status, outcome, rubric, strategy, model, metadata.KEY, created_after, created_before, error_code, limit, cursor";

/// What a list is asked for.
#[derive(Debug)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) limit: u32,
    pub(crate) after: Option<Position>,
}

impl ListQuery {
    /// Reads the pairs of a query string.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut query = Self {
            filter: Filter::default(),
            limit: DEFAULT_LIMIT,
            after: None,
        };
        for (key, value) in pairs {
            query.take(&key, value)?;
        }
        Ok(query)
    }

    fn take(&mut self, key: &str, value: String) -> Result<(), Problem> {
        let filter = &mut self.filter;
        if value.contains('\0') {
            return Err(wrong(key, "must not contain U+0000"));
        }
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
                    .filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
                self.limit = limit.ok_or_else(|| {
                    wrong(
                        key,
                        &format!("must be a whole number from 1 to {LARGEST_LIMIT}"),
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
pub(crate) fn wait(pairs: Vec<(String, String)>) -> Result<Option<f64>, Problem> {
    let mut wait = None;
    for (key, value) in pairs {
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

fn time(key: &str, value: &str) -> Result<Timestamp, Problem> {
    // A `+` that was not escaped reaches us as a blank.
    value
        .replace(' ', "+")
        .parse()
        .map_err(|_| wrong(key, "must be a time such as 2026-11-20T10:00:00Z"))
}

fn wrong(key: &str, problem: &str) -> Problem {
    Problem::new(ProblemCode::InvalidQuery).with_detail(format!("`{key}` {problem}"))
}
