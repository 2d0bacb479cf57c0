//! What was learned of providers' endpoints, shared by all workers: a refusal that taught one of them is not asked for
//! by the others, nor after a restart.

use std::collections::HashMap;
use std::time::Duration;

use providers::{Capabilities, CapabilityRecord};
use storage::endpoint_capabilities::{self, CapabilityRow};

use crate::worker::Worker;

/// How often lessons are exchanged.
const EXCHANGE_INTERVAL: Duration = Duration::from_secs(10);
/// The newest lessons are enough.
const MAX_RECORDS: u32 = 1_000;

/// What the database has, by endpoint.
type LastWritten = HashMap<(String, String, String), Capabilities>;

/// Exchanges lessons until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    let mut has_heard = false;
    loop {
        let exchanged = exchange(&worker).await;
        // Each worker learns by itself then.
        worker.report_optional("endpoints", "lessons are not exchanged", &exchanged);
        if let Ok(lessons) = exchanged
            && !has_heard
        {
            tracing::info!(lessons, "heard what endpoints take");
            has_heard = true;
        }
        if !worker.pause(EXCHANGE_INTERVAL).await {
            return;
        }
    }
}

/// Says how many others had.
async fn exchange(worker: &Worker) -> storage::Result<usize> {
    let database = &worker.database;
    let known: Vec<CapabilityRow<Capabilities>> =
        endpoint_capabilities::load(database, CapabilityRecord::RECORD_TTL, MAX_RECORDS).await?;
    let mut kept = LastWritten::new();
    let lessons: Vec<CapabilityRecord> = known
        .into_iter()
        .map(|learned| CapabilityRecord {
            provider: learned.provider,
            address: learned.address,
            model: learned.model,
            abilities: learned.abilities,
            age: learned.age,
        })
        .collect();
    kept.extend(lessons.iter().map(|lesson| (key(lesson), lesson.abilities)));
    worker.engine.providers.import(lessons);
    for lesson in worker.engine.providers.capability_records() {
        if kept.get(&key(&lesson)) != Some(&lesson.abilities) {
            let learned = CapabilityRow {
                provider: lesson.provider,
                address: lesson.address,
                model: lesson.model,
                abilities: lesson.abilities,
                age: lesson.age,
            };
            endpoint_capabilities::store(database, &learned, CapabilityRecord::RECORD_TTL).await?;
        }
    }
    Ok(kept.len())
}

fn key(lesson: &CapabilityRecord) -> (String, String, String) {
    let CapabilityRecord {
        provider,
        address,
        model,
        ..
    } = lesson;
    (provider.clone(), address.clone(), model.clone())
}
