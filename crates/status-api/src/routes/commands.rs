//! `POST /v1/evaluations/cancel`, `POST /v1/evaluations/retry` and `GET /v1/commands/{id}`.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use api::{Command, CommandKind, CommandPreview, CommandStatus};
use service::http::{Caller, Parameters};
use service::problem::{Problem, ProblemCode};
use storage::bulk_commands::{self, BulkCommand, BulkKind};
use storage::evaluations::Filter;
use uuid::Uuid;

use crate::openapi::{BulkProblems, ReadProblems};
use crate::query::{CommandQuery, FilterParameters};
use crate::state::State;

/// Takes all evaluations back that match.
///
/// Those that have not ended and were posted before the command, the newest first, in small batches; it goes on whatever
/// becomes of the process that was asked. A command that names no filter is refused.
#[utoipa::path(
    post,
    path = "/v1/evaluations/cancel",
    operation_id = "cancel_evaluations",
    params(
        FilterParameters,
        ("dry_run" = Option<bool>, Query, description = "Only count."),
    ),
    responses(
        (status = 200, description = "How many it would be, for `dry_run`.", content_type = "application/json", body = CommandPreview),
        (status = 202, description = "The command, which goes on by itself.", content_type = "application/json", body = Command, headers(("Location" = String, description = "Where its progress is."))),
        BulkProblems
    )
)]
pub(crate) async fn cancel(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    begin(&state, &caller, BulkKind::Cancel, parameters).await
}

/// Has all evaluations run again that match.
///
/// Those that failed, were cancelled or came out unscorable, have their payload still, and were posted before the command;
/// the newest first, in small batches, none twice; it goes on whatever becomes of the process that was asked. A command that
/// names no filter is refused.
#[utoipa::path(
    post,
    path = "/v1/evaluations/retry",
    operation_id = "retry_evaluations",
    params(
        FilterParameters,
        ("dry_run" = Option<bool>, Query, description = "Only count."),
    ),
    responses(
        (status = 200, description = "How many it would be, for `dry_run`.", content_type = "application/json", body = CommandPreview),
        (status = 202, description = "The command, which goes on by itself.", content_type = "application/json", body = Command, headers(("Location" = String, description = "Where its progress is."))),
        BulkProblems
    )
)]
pub(crate) async fn retry(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    begin(&state, &caller, BulkKind::Retry, parameters).await
}

async fn begin(
    state: &State,
    caller: &Caller,
    kind: BulkKind,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let CommandQuery {
        filter,
        parameters,
        dry_run,
    } = CommandQuery::read(parameters)?;
    if filter == Filter::default() {
        return Err(Problem::new(ProblemCode::InvalidRequest).with_detail(
            "name a filter: a command for every evaluation there is, is most likely a mistake",
        ));
    }
    let (database, tenant) = (&state.database, &caller.tenant);
    let matched = bulk_commands::count(database, tenant, kind, &filter).await?;
    if dry_run {
        return Ok(HttpResponse::Ok().json(CommandPreview { matched }));
    }
    if kind == BulkKind::Retry {
        state.quota.look(tenant).await?;
    }
    let command = bulk_commands::begin(database, tenant, kind, &parameters, matched).await?;
    tracing::info!(command = %command.id, kind = kind.as_str(), matched, "command given");
    state.commands.notify_one();
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/v1/commands/{}", command.id)))
        .json(shown(&command)))
}

/// How far a command is.
#[utoipa::path(
    get,
    path = "/v1/commands/{id}",
    operation_id = "get_command",
    params(("id" = Uuid, Path, description = "The command's id.")),
    responses(
        (status = 200, description = "The command.", content_type = "application/json", body = Command),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let found = bulk_commands::find(&state.database, &caller.tenant, *id).await?;
    let command = found.ok_or_else(|| {
        Problem::new(ProblemCode::NotFound).with_detail(format!("there is no command {id}"))
    })?;
    Ok(HttpResponse::Ok().json(shown(&command)))
}

fn shown(command: &BulkCommand) -> Command {
    Command {
        id: command.id,
        command: match command.kind {
            BulkKind::Cancel => CommandKind::Cancel,
            BulkKind::Retry => CommandKind::Retry,
        },
        status: match command.finished_at {
            None => CommandStatus::Running,
            Some(_) => CommandStatus::Finished,
        },
        matched: command.matched,
        done: command.done,
        created_at: command.created_at,
        finished_at: command.finished_at,
    }
}
