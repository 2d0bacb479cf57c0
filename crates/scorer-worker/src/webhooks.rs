//! Webhooks: every worker sends those that are due.
//!
//! The rows were written with the ends of evaluations (`storage::webhook_deliveries`). A dead or slow receiver delays no other:
//! what is sent to one target side by side is bounded ([`targets`]), each target's deliveries are looked for by themselves, and
//! who fails is left alone for a while.

mod delivery;
mod message;
mod targets;
mod tenants;
mod transport;

use std::sync::Arc;
use std::time::{Duration, Instant};

use storage::webhook_deliveries;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::webhooks::targets::{Admission, Targets};
use crate::webhooks::tenants::Tenants;
use crate::webhooks::transport::Transport;
use crate::worker::Worker;

/// How often is looked for what is due.
const INTERVAL: Duration = Duration::from_millis(250);
/// After a look that found nothing the pause is so many times what it took, so that looks at many targets cost PostgreSQL a
/// bounded part.
const REST: u32 = 5;
/// What becomes due in the longest pause is hardly late.
const MAX_INTERVAL: Duration = Duration::from_secs(1);
/// Deliveries that one process has under way. Each holds its body, which is as large as an assessment.
const MAX_IN_FLIGHT: usize = 512;
/// Deliveries that one look takes: those that a worker has taken and not sent when it dies wait for its lease.
const BATCH: usize = 8;
/// Of them, those to one target.
const BATCH_OF_TARGET: u32 = 4;
/// How much longer than a receiver may take a worker is waited for before somebody else tries.
const LEASE_MARGIN: Duration = Duration::from_secs(15);

/// What sends.
struct Sender {
    worker: Worker,
    transport: Transport,
    targets: Targets,
    tenants: Tenants,
}

/// Sends until the process is asked to stop; then what is under way may take as long as an evaluation's call.
pub(crate) async fn run(worker: Worker) {
    let transport = match Transport::new(&worker.settings.webhooks) {
        Ok(transport) => transport,
        Err(error) => {
            worker.report::<(), _>("webhooks", "webhooks cannot be sent", &Err(error));
            return;
        }
    };
    let sender = Arc::new(Sender {
        worker,
        transport,
        targets: Targets::default(),
        tenants: Tenants::default(),
    });
    let worker = &sender.worker;
    let mut sending = JoinSet::new();
    loop {
        let begun = Instant::now();
        let taken = take(&sender, &mut sending).await;
        worker.report_optional("webhooks", "webhooks are not sent", &taken);
        while sending.try_join_next().is_some() {}
        let pause = match taken {
            // There may be more, of the same targets.
            Ok(taken) if taken >= BATCH_OF_TARGET as usize => Duration::ZERO,
            Ok(1..) => INTERVAL,
            Ok(0) | Err(_) => (begun.elapsed() * REST).clamp(INTERVAL, MAX_INTERVAL),
        };
        // A target that had as many as it may is looked at again as soon as one of them has ended.
        let is_full = !sender.targets.busy(Instant::now()).is_empty();
        let goes_on = tokio::select! {
            goes_on = worker.pause(pause) => goes_on,
            Some(_) = sending.join_next(), if is_full => true,
        };
        if !goes_on {
            break;
        }
    }
    let rest = async { while sending.join_next().await.is_some() {} };
    if tokio::time::timeout(worker.settings.worker.drain, rest)
        .await
        .is_err()
    {
        sending.shutdown().await;
        // What was broken off is sent by another worker.
        if let Err(error) = webhook_deliveries::release(&worker.database, worker.id, None).await {
            tracing::debug!(%error, "webhooks under way are left to their lease");
        }
    }
}

/// Takes what is due, and sends it in the background; says how many those were.
async fn take(sender: &Arc<Sender>, sending: &mut JoinSet<()>) -> storage::Result<usize> {
    let worker = &sender.worker;
    let free = MAX_IN_FLIGHT.saturating_sub(sending.len()).min(BATCH);
    if free == 0 {
        return Ok(0);
    }
    let busy = sender.targets.busy(Instant::now());
    let due = webhook_deliveries::lease(
        &worker.database,
        worker.id,
        u32::try_from(free).unwrap_or(u32::MAX),
        BATCH_OF_TARGET,
        &busy,
        &sender.tenants.full(),
        worker.settings.webhooks.timeout + LEASE_MARGIN,
    )
    .await?;
    let ids: Vec<Uuid> = due.iter().map(|each| each.lease.id).collect();
    let messages = match message::prepare(&worker.database, due).await {
        Ok(messages) => messages,
        Err(error) => {
            // Nothing of it is on its way: it has not to wait for the lease.
            webhook_deliveries::release(&worker.database, worker.id, Some(&ids)).await?;
            return Err(error);
        }
    };
    for message in messages {
        // Counted from now on, so that the next look knows of it.
        let targets = &sender.targets;
        let admission = match message.outgoing() {
            Ok(_) => targets.begin(message.delivery.target, Instant::now()),
            Err(_) => Admission::Skip,
        };
        let under_way = sender.tenants.begin(&message.delivery.tenant);
        let sent = delivery::deliver(Arc::clone(sender), message, admission);
        sending.spawn(async move {
            sent.await;
            drop(under_way);
        });
    }
    Ok(ids.len())
}
