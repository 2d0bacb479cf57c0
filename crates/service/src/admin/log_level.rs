//! `/log-level`: which events are logged, changed while the process runs.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Bytes, Data},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    problem::Problem,
    telemetry::{LevelsError, LogLevels},
};

/// How long another filter holds where nothing is said, in seconds.
const DEFAULT_SECONDS: u32 = 15 * 60;
/// How long it may hold at most, in seconds: nobody remembers to take a filter back.
const MAX_SECONDS: u32 = 24 * 3600;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    filter: String,
    #[serde(default = "default_seconds")]
    seconds: u32,
}

const fn default_seconds() -> u32 {
    DEFAULT_SECONDS
}

/// What holds.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    filter: &'a str,
    configured: &'a str,
    /// Null while the filter is that of the settings.
    restored_at: Option<Timestamp>,
}

pub(super) async fn get(levels: Data<LogLevels>) -> HttpResponse {
    shown(&levels)
}

pub(super) async fn put(levels: Data<LogLevels>, body: Bytes) -> Result<HttpResponse, Problem> {
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        let expected = r#"expected {"filter": "info,engine=debug", "seconds": 900}"#;
        Problem::invalid_field("", format!("{expected}: {error}"))
    })?;
    if !(1..=MAX_SECONDS).contains(&wanted.seconds) {
        let message = format!("must be from 1 to {MAX_SECONDS}");
        return Err(Problem::invalid_field("/seconds", message));
    }
    let duration = Duration::from_secs(wanted.seconds.into());
    match levels.replace(&wanted.filter, duration) {
        Ok(_) => Ok(shown(&levels)),
        Err(LevelsError::Filter(error)) => {
            Err(Problem::invalid_field("/filter", error.to_string()))
        }
        Err(error @ LevelsError::Ended(_)) => Err(Problem::internal(error)),
    }
}

pub(super) async fn delete(levels: Data<LogLevels>) -> Result<HttpResponse, Problem> {
    levels.restore().map_err(Problem::internal)?;
    Ok(shown(&levels))
}

fn shown(levels: &LogLevels) -> HttpResponse {
    let in_place = levels.in_place();
    let filter = in_place.as_ref().map(|held| held.filter.as_str());
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(Shown {
            filter: filter.unwrap_or_else(|| levels.configured()),
            configured: levels.configured(),
            restored_at: in_place.as_ref().map(|held| held.until),
        })
}
