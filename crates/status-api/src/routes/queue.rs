//! `GET /v1/queue`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use api::{Queue, QueueEntries, SlotLimit, TenantQueue};
use domain::Priority;
use service::http::Caller;
use service::problem::Problem;
use service::queue_stats::{self, Slots};
use storage::queue_figures::{self, Backlog, MAX_COUNTED, TenantBacklog};

use crate::openapi::AllProblems;
use crate::state::State;

/// What waits, and who is there for it.
#[utoipa::path(
    get,
    path = "/v1/queue",
    operation_id = "get_queue",
    responses(
        (status = 200, description = "The queue.", content_type = "application/json", body = Queue),
        AllProblems
    )
)]
pub(crate) async fn get(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let stats = queue_stats::load(&state.database, &state.settings.worker).await?;
    let own = queue_figures::of_tenant(&state.database, &caller.tenant).await?;
    let total = stats.backlogs.into_iter();
    Ok(HttpResponse::Ok().json(Queue {
        total: total
            .filter_map(|(priority, backlog)| Some(of_all(priority, backlog?)))
            .collect(),
        tenant: TenantQueue {
            name: caller.tenant.as_str().to_owned(),
            entries: own.into_iter().map(of_one).collect(),
        },
        slots_wanted: stats.slots.map(|slots| slots.wanted),
        slots_demanded: stats.slots.map(|slots| slots.demanded),
        slots_limited_by: stats
            .slots
            .and_then(|slots| limit(slots, stats.workers.slots)),
        slots: stats.workers.slots,
        slots_taken: stats.workers.taken,
        workers: stats.workers.alive,
    }))
}

fn limit(slots: Slots, there: u64) -> Option<SlotLimit> {
    if slots.wanted > there {
        Some(SlotLimit::Workers)
    } else {
        (slots.demanded > slots.wanted).then_some(SlotLimit::ProviderLimits)
    }
}

fn of_all(priority: Priority, backlog: Backlog) -> QueueEntries {
    QueueEntries {
        priority,
        waiting: backlog.waiting,
        complete: true,
        in_flight: backlog.in_flight,
        oldest_seconds: backlog.oldest_seconds,
    }
}

fn of_one(backlog: TenantBacklog) -> QueueEntries {
    QueueEntries {
        priority: backlog.priority,
        waiting: backlog.waiting,
        complete: backlog.waiting < MAX_COUNTED,
        in_flight: backlog.in_flight,
        oldest_seconds: backlog.oldest_seconds,
    }
}
