//! The providers of judge models, as the settings have them now.

use std::sync::Arc;

use domain::deployment_state::{BreakerState, DeploymentState};
use providers::Providers;
use service::metrics::{self, DeploymentGauges};
use service::run::Context;
use service::settings::{self, ANY_MODEL, Routing, Settings};

use crate::worker::Worker;

/// Prepares the providers; nothing is sent yet.
pub(crate) fn build_providers(settings: &Settings) -> anyhow::Result<Providers> {
    Ok(Providers::new(complete(settings, &settings.routing))?)
}

/// Takes edits of the settings file until the process is asked to stop. Running plans keep their routes.
pub(crate) async fn apply_settings_changes(context: Context, worker: Worker) {
    let mut routings = settings::watch::start(&context);
    while let Some(Ok(())) = worker
        .shutdown
        .run_until_cancelled(routings.changed())
        .await
    {
        let routing = Arc::clone(&routings.borrow_and_update());
        match worker
            .engine
            .providers
            .replace(complete(&worker.settings, &routing))
        {
            Ok(()) => tracing::info!(
                providers = routing.providers.len(),
                models = routing.models.len(),
                "new providers and models are in use"
            ),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(
                    error,
                    "the changed providers cannot be used, those before stay"
                );
            }
        }
    }
}

/// Says how the deployments are.
pub(crate) fn export_deployment_states(states: &[DeploymentState]) {
    for found in states {
        metrics::deployment(
            &found.provider,
            &found.model,
            DeploymentGauges {
                breaker: match found.state {
                    BreakerState::Closed | BreakerState::Paused => 0.0,
                    BreakerState::HalfOpen => 1.0,
                    BreakerState::Open => 2.0,
                },
                is_listed: found.listing.map(|listing| listing.is_listed),
                retires_at: found
                    .listing
                    .and_then(|listing| Some(listing.retires_at?.as_second())),
            },
        );
    }
}

fn complete(settings: &Settings, routing: &Routing) -> Routing {
    metrics::models_of_settings(models(settings, routing));
    settings.provider.complete(routing)
}

/// The models that the settings name, as their providers do.
fn models(settings: &Settings, routing: &Routing) -> Vec<String> {
    let mut models = vec![settings.judge.scoring_model.clone()];
    for (name, deployments) in &routing.models {
        let named = deployments
            .iter()
            .map(|route| route.model.as_ref().unwrap_or(name));
        models.extend(named.filter(|model| *model != ANY_MODEL).cloned());
    }
    models
}
