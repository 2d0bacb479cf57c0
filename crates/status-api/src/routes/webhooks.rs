//! `GET /v1/webhooks/deliveries` and `POST /v1/webhooks/deliveries/{id}/redeliver`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use api::{Page, WebhookDelivery, WebhookStatus, WebhookTry};
use domain::EvaluationId;
use service::http::{Caller, Parameters};
use service::problem::{Problem, ProblemCode};
use storage::evaluations::Position;
use storage::webhook_deliveries::{
    self, DeliveryPosition, DeliveryState, Redelivery, StoredDelivery,
};
use uuid::Uuid;

use crate::cursor;
use crate::openapi::{ListProblems, WishProblems};
use crate::query::DeliveryQuery;
use crate::state::State;

/// Webhooks, the newest first: what was sent, how often, and what was answered.
#[utoipa::path(
    get,
    path = "/v1/webhooks/deliveries",
    operation_id = "list_webhook_deliveries",
    params(
        ("status" = Option<WebhookStatus>, Query, description = "How far they are."),
        ("evaluation_id" = Option<EvaluationId>, Query, description = "Of which evaluation."),
        ("limit" = Option<u32>, Query, description = "How many at most; absent: 50.", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses(
        (status = 200, description = "A page.", content_type = "application/json", body = Page<WebhookDelivery>),
        ListProblems
    )
)]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let DeliveryQuery {
        filter,
        limit,
        after,
    } = DeliveryQuery::read(parameters)?;
    let after = after.map(|after| DeliveryPosition {
        created_at: after.created_at,
        id: after.id.0,
    });
    let found = webhook_deliveries::list(&state.database, &caller.tenant, filter, limit + 1, after);
    let mut found = found.await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| {
        cursor::write(Position {
            created_at: last.created_at,
            id: EvaluationId(last.id),
        })
    });
    Ok(HttpResponse::Ok().json(Page {
        items: found.into_iter().map(shown).collect(),
        next_cursor,
    }))
}

/// Has a webhook sent once more, under the same id.
///
/// Whatever became of it: its tries begin anew, and a target that had answered 410 is asked again. What is being sent now is
/// left alone.
#[utoipa::path(
    post,
    path = "/v1/webhooks/deliveries/{id}/redeliver",
    operation_id = "redeliver_webhook",
    params(("id" = Uuid, Path, description = "The delivery's id: `webhook-id`.")),
    responses(
        (status = 202, description = "It will be sent.", content_type = "application/json", body = WebhookDelivery),
        WishProblems
    )
)]
pub(crate) async fn redeliver(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let none = || Problem::new(ProblemCode::NotFound).with_detail("there is no such delivery");
    let (database, tenant) = (&state.database, &caller.tenant);
    match webhook_deliveries::redeliver(database, tenant, *id).await? {
        Redelivery::Due => {}
        Redelivery::Unknown => return Err(none()),
        Redelivery::Superseded => {
            return Err(Problem::new(ProblemCode::Conflict).with_detail(
                "its evaluation has run again since, and its message was not kept: nothing is sent",
            ));
        }
    }
    let found = webhook_deliveries::find(database, tenant, *id).await?;
    Ok(HttpResponse::Accepted().json(shown(found.ok_or_else(none)?)))
}

fn shown(stored: StoredDelivery) -> WebhookDelivery {
    WebhookDelivery {
        id: stored.id,
        evaluation_id: stored.evaluation,
        event: stored.event,
        url: stored.url,
        status: match stored.state {
            DeliveryState::Pending => WebhookStatus::Pending,
            DeliveryState::Delivered => WebhookStatus::Delivered,
            DeliveryState::Failed => WebhookStatus::Failed,
            DeliveryState::Disabled => WebhookStatus::Disabled,
        },
        tries: stored.tries,
        next_at: stored.next_at,
        last_try_at: stored.last_try_at,
        last_status: stored.last_status,
        last_error: stored.last_error,
        created_at: stored.created_at,
        finished_at: stored.finished_at,
        log: stored
            .log
            .into_iter()
            .map(|each| WebhookTry {
                at: each.at,
                status: each.status,
                error: each.error,
                took_ms: each.took_ms,
            })
            .collect(),
    }
}
