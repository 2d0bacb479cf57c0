//! Figures of the queue for the autoscaler; the state of the breakers and of the limiter.

use service::metrics;
use service::queue_stats::{self, REFRESH_INTERVAL};

use storage::{deployment_states, provider_loads};

use crate::provider_config;
use crate::worker::Worker;

/// Exports them until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    loop {
        let counted = queue_stats::load(&worker.database, &worker.settings.worker).await;
        worker.report_optional("figures", "the queue is not counted", &counted);
        queue_stats::export(counted.as_ref().ok());
        // They also change with time alone.
        let model = &worker.settings.judge.scoring_model;
        worker.engine.refresh_circuits(model).await;
        let states = worker.engine.providers.deployment_states(model);
        provider_config::export_deployment_states(&states);
        let published = deployment_states::publish(&worker.database, worker.id, &states).await;
        worker.report_optional(
            "deployments",
            "others do not know how providers are",
            &published,
        );
        let loads = worker.engine.providers.loads();
        let published = provider_loads::publish(&worker.database, worker.id, &loads).await;
        worker.report_optional(
            "providers",
            "others do not know what providers are asked for",
            &published,
        );
        metrics::limiter_is_local().set(f64::from(u8::from(worker.engine.limiter.is_local())));
        if let Ok(stats) = &counted {
            let alive = u32::try_from(stats.workers.alive).unwrap_or(u32::MAX);
            worker.engine.limiter.set_workers(alive);
        }
        if !worker.pause(REFRESH_INTERVAL).await {
            return;
        }
    }
}
