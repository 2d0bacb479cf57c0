//! Query parameters, read strictly: a misspelt filter must not look like one that matches everything.

mod audit;
mod check;
mod filter;
mod time;

use domain::EvaluationId;
use service::http::Parameters;
pub(crate) use service::http::wrong_parameter as wrong;
use service::problem::Problem;
use storage::evaluations::{Filter, Position};
use storage::webhook_deliveries::{DeliveryFilter, DeliveryState};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor;

pub(crate) use audit::AuditQuery;
pub(crate) use check::{Against, CheckQuery};
pub(crate) use filter::FilterParameters;
pub(crate) use time::time;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// What a list of evaluations is asked for.
#[derive(Debug, PartialEq)]
pub struct ListQuery {
    /// Those that match.
    pub filter: Filter,
    /// So many of them at most.
    pub limit: u32,
    /// Those behind this place.
    pub after: Option<Position>,
}

impl ListQuery {
    /// Reads the parameters of a list.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub fn read(parameters: Parameters) -> Result<Self, Problem> {
        let (mut limit, mut after) = (DEFAULT_LIMIT, None);
        let filter = filter::read(parameters, "limit, cursor", |key, value| {
            match key {
                "limit" => limit = page_limit(value)?,
                "cursor" => after = Some(position(value)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            filter,
            limit,
            after,
        })
    }
}

/// What a command for all that match is asked for.
#[derive(Debug)]
pub(crate) struct CommandQuery {
    pub(crate) filter: Filter,
    /// The filters as they were given.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) dry_run: bool,
}

impl CommandQuery {
    /// Reads the parameters of a command.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let mut given = parameters.0.clone();
        given.retain(|(key, _)| key != "dry_run");
        let mut dry_run = false;
        let filter = filter::read(parameters, "dry_run", |key, value| {
            if key == "dry_run" {
                dry_run = filter::truth(key, value)?;
            }
            Ok(key == "dry_run")
        })?;
        Ok(Self {
            filter,
            parameters: given,
            dry_run,
        })
    }
}

/// What an export is asked for.
#[derive(Debug)]
pub(crate) struct ExportQuery {
    pub(crate) filter: Filter,
    pub(crate) format: ExportFormat,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum ExportFormat {
    /// A line of JSON for each evaluation.
    Jsonl,
    /// A row for each evaluation.
    Csv,
}

impl ExportQuery {
    /// Reads the parameters of an export.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let mut format = ExportFormat::Jsonl;
        let filter = filter::read(parameters, "format", |key, value| {
            match (key, value) {
                ("format", "jsonl") => format = ExportFormat::Jsonl,
                ("format", "csv") => format = ExportFormat::Csv,
                ("format", _) => return Err(wrong(key, "must be jsonl or csv")),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self { filter, format })
    }
}

/// What a list without filters is asked for.
#[derive(Debug)]
pub(crate) struct PageQuery {
    pub(crate) limit: u32,
    pub(crate) after: Option<Position>,
}

impl PageQuery {
    /// Reads the parameters of a list.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let (mut limit, mut after) = (DEFAULT_LIMIT, None);
        for (key, value) in parameters.0 {
            match key.as_str() {
                "limit" => limit = page_limit(&value)?,
                "cursor" => after = Some(position(&value)?),
                _ => return Err(wrong(&key, "is unknown; known here: limit, cursor")),
            }
        }
        Ok(Self { limit, after })
    }
}

/// What a list of webhooks is asked for.
#[derive(Debug)]
pub(crate) struct DeliveryQuery {
    pub(crate) filter: DeliveryFilter,
    pub(crate) limit: u32,
    pub(crate) after: Option<Position>,
}

impl DeliveryQuery {
    /// Reads the parameters of a list of webhooks.
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub(crate) fn read(parameters: Parameters) -> Result<Self, Problem> {
        let mut query = Self {
            filter: DeliveryFilter::default(),
            limit: DEFAULT_LIMIT,
            after: None,
        };
        for (key, value) in parameters.0 {
            match key.as_str() {
                "limit" => query.limit = page_limit(&value)?,
                "cursor" => query.after = Some(position(&value)?),
                "status" => {
                    let state = DeliveryState::parse(&value);
                    let expected = "must be pending, delivered, failed or disabled";
                    query.filter.state = Some(state.ok_or_else(|| wrong(&key, expected))?);
                }
                "evaluation_id" => {
                    let id = Uuid::parse_str(&value);
                    let id = id.map_err(|_| wrong(&key, "must be the id of an evaluation"))?;
                    query.filter.evaluation = Some(EvaluationId(id));
                }
                _ => {
                    return Err(wrong(
                        &key,
                        "is unknown; known here: status, evaluation_id, limit, cursor",
                    ));
                }
            }
        }
        Ok(query)
    }
}

fn page_limit(value: &str) -> Result<u32, Problem> {
    let limit = value.parse().ok();
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            wrong(
                "limit",
                &format!("must be a whole number from 1 to {MAX_LIMIT}"),
            )
        })
}

/// The size of a sample.
fn sample(value: &str, most: u32) -> Result<u32, Problem> {
    let size = value.parse().ok();
    size.filter(|size| (1..=most).contains(size))
        .ok_or_else(|| {
            wrong(
                "sample",
                &format!("must be a whole number from 1 to {most}"),
            )
        })
}

fn position(value: &str) -> Result<Position, Problem> {
    cursor::read(value).ok_or_else(|| wrong("cursor", "is not one that a list gave"))
}

/// How long to wait for a change, in seconds; `None` when the reader does not want to.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(crate) fn wait(parameters: Parameters) -> Result<Option<f64>, Problem> {
    only("wait", parameters, |value| {
        let seconds = value.parse::<f64>().ok();
        seconds
            .filter(|seconds| (0.0..=86_400.0).contains(seconds))
            .ok_or("must be a number of seconds")
    })
}

/// The criterion that is asked about; `None`: the whole.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(crate) fn criterion(parameters: Parameters) -> Result<Option<String>, Problem> {
    only("criterion", parameters, |value| Ok(value.to_owned()))
}

/// Behind which event a timeline begins.
///
/// # Errors
/// 400 `invalid_query` that names the parameter.
pub(crate) fn after(parameters: Parameters) -> Result<i32, Problem> {
    let after = only("after", parameters, |value| {
        let seq = value.parse::<i32>().ok();
        seq.filter(|seq| *seq >= 0)
            .ok_or("must be the seq of an event")
    })?;
    Ok(after.unwrap_or_default())
}

/// The only parameter that there may be, as `read` reads it.
fn only<T>(
    name: &str,
    parameters: Parameters,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, Problem> {
    let mut found = None;
    for (key, value) in parameters.0 {
        if key != name {
            return Err(wrong(&key, &format!("is unknown; known here: {name}")));
        }
        found = Some(read(&value).map_err(|problem| wrong(&key, problem))?);
    }
    Ok(found)
}
