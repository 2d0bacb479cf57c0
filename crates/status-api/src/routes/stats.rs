//! `GET /v1/stats`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use api::{Stats, StatsInterval};
use jiff::{SignedDuration, Timestamp};
use service::http::{Caller, Parameters};
use service::problem::Problem;
use storage::stats::{self, Interval, Selection};

use crate::figures;
use crate::openapi::ListProblems;
use crate::query::{self, wrong};
use crate::state::State;

/// So many intervals are told at most.
const MAX_HOURS: i64 = 14 * 24;
pub(super) const MAX_DAYS: i64 = 400;
const KNOWN: &str = "rubric, strategy, model, created_after, created_before, interval";

/// Figures of evaluations over time.
///
/// Without `created_after` they begin with the first evaluation, or 14 days (by the hour) or 400 days (by the day) before
/// their end; more than that is refused.
#[utoipa::path(
    get,
    path = "/v1/stats",
    operation_id = "get_stats",
    params(
        ("rubric" = Option<String>, Query, description = "`name@version`, or a name for all its versions."),
        ("strategy" = Option<String>, Query, description = "The strategy's name."),
        ("model" = Option<String>, Query, description = "The model asked for."),
        ("created_after" = Option<Timestamp>, Query, description = "Posted after this, or in the hour that begins with it."),
        ("created_before" = Option<Timestamp>, Query, description = "Posted before this; without it, up to now."),
        ("interval" = Option<StatsInterval>, Query, description = "`day` without it."),
    ),
    responses(
        (status = 200, description = "The figures.", content_type = "application/json", body = Stats),
        ListProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let query = Query::read(parameters)?;
    let (database, tenant) = (&state.database, &caller.tenant);
    // Nothing is posted behind it, and intervals without anything would count.
    let to = query
        .created_before
        .unwrap_or(Timestamp::MAX)
        .min(next_hour());
    let begin = stats::begin(database, tenant).await?.unwrap_or(to);
    let most = SignedDuration::from_secs(query.most() * query.interval.seconds());
    let earliest = to.saturating_sub(most).unwrap_or(Timestamp::MIN);
    let from = match query.created_after {
        None => begin.max(earliest),
        Some(after) => match begin.max(behind(after)) {
            from if from < earliest => {
                let time = format!("is more than {} intervals before the end", query.most());
                return Err(wrong("created_after", &time));
            }
            from => from,
        },
    };
    let within = [from.min(to), to];
    let found = stats::load(database, tenant, &query.selection, query.interval, within).await?;
    Ok(HttpResponse::Ok().json(figures::stats(query.interval, found)))
}

/// What is asked for.
struct Query {
    selection: Selection,
    created_after: Option<Timestamp>,
    created_before: Option<Timestamp>,
    interval: Interval,
}

impl Query {
    fn read(parameters: Parameters) -> Result<Self, Problem> {
        let mut query = Self {
            selection: Selection::default(),
            created_after: None,
            created_before: None,
            interval: Interval::Day,
        };
        for (key, value) in parameters.0 {
            match key.as_str() {
                "rubric" => query.selection.rubric = Some(value),
                "strategy" => query.selection.strategy = Some(value),
                "model" => query.selection.model = Some(value),
                "created_after" => query.created_after = Some(query::time(&key, &value)?),
                "created_before" => query.created_before = Some(query::time(&key, &value)?),
                "interval" => {
                    query.interval = match value.as_str() {
                        "hour" => Interval::Hour,
                        "day" => Interval::Day,
                        _ => return Err(wrong(&key, "must be hour or day")),
                    };
                }
                _ => return Err(wrong(&key, &format!("is unknown; known here: {KNOWN}"))),
            }
        }
        Ok(query)
    }

    fn most(&self) -> i64 {
        match self.interval {
            Interval::Hour => MAX_HOURS,
            Interval::Day => MAX_DAYS,
        }
    }
}

/// The end of the current hour: the clocks of this machine and of PostgreSQL may differ.
pub(super) fn next_hour() -> Timestamp {
    let hour = Interval::Hour.seconds();
    let next = (Timestamp::now().as_second().div_euclid(hour) + 1) * hour;
    Timestamp::from_second(next).unwrap_or(Timestamp::MAX)
}

/// The first moment behind a time, to the microsecond, as the database has it; a whole hour is taken as it is.
fn behind(time: Timestamp) -> Timestamp {
    let is_hour =
        time.as_nanosecond() % (i128::from(Interval::Hour.seconds()) * 1_000_000_000) == 0;
    if is_hour {
        return time;
    }
    Timestamp::from_microsecond(time.as_microsecond() + 1).unwrap_or(Timestamp::MAX)
}
