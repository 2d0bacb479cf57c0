//! Once a day each provider is asked for its models, by whichever worker comes first: a judge that is configured and gone, or has
//! a date at which it goes, is told before evaluations fail.

use std::time::Duration;

use providers::{ModelList, ModelListRecord};
use storage::model_lists;

use crate::worker::Worker;

/// How often it looks whether somebody should ask, and takes what others were told.
const RUN_INTERVAL: Duration = Duration::from_secs(30);
/// How long a list holds.
const TTL: Duration = Duration::from_secs(24 * 3600);
/// Between two tries at one that cannot be read.
const RETRY: Duration = Duration::from_secs(3600);

/// Asks until the process is asked to stop.
pub(crate) async fn run(worker: Worker) {
    loop {
        let asked = run_once(&worker).await;
        worker.report_optional(
            "model lists",
            "it is not known which models are gone",
            &asked,
        );
        if !worker.pause(RUN_INTERVAL).await {
            return;
        }
    }
}

async fn run_once(worker: &Worker) -> storage::Result<()> {
    let mut read = Vec::new();
    for (provider, address) in worker.engine.providers.addresses() {
        if model_lists::claim(&worker.database, &provider, &address, RETRY).await? {
            match worker.engine.providers.list_models(&provider).await {
                Ok(models) => {
                    let models = models.as_ref();
                    model_lists::store(&worker.database, &provider, &address, models, TTL).await?;
                    read.push(provider);
                }
                // It does not keep anybody from judging.
                Err(error) => tracing::info!(provider, %error, "the list of models cannot be read"),
            }
        }
    }
    let records = model_lists::load::<ModelList>(&worker.database).await?;
    worker
        .engine
        .providers
        .import_model_lists(records.into_iter().map(|row| ModelListRecord {
            provider: row.provider,
            address: row.address,
            at: row.read_at,
            list: row.models,
        }));
    warn(worker, &read);
    Ok(())
}

/// Says which of the judges that the settings name are gone, or will be, at the providers whose lists were just read.
fn warn(worker: &Worker, read: &[String]) {
    let providers = &worker.engine.providers;
    for (provider, model) in providers.configured(&worker.settings.judge.scoring_model) {
        let listing = read
            .contains(&provider)
            .then(|| providers.listing(&provider, &model));
        let Some(listing) = listing.flatten() else {
            continue;
        };
        if let Some(at) = listing.retires_at {
            tracing::warn!(provider, model, retires_at = %at, "a judge model has a date at which its provider takes it off");
        } else if !listing.is_listed {
            tracing::warn!(
                provider,
                model,
                "a judge model is not in its provider's list of models"
            );
        }
    }
}
