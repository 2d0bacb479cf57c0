//! The task that looks again and again.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Routing, SettingsError},
    CheckResult, Watcher,
};
use crate::{metrics, run::Context};

/// How often the files are looked at: a few small ones, and an operator waits for what an edit does.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Watches on a task of the service; the receiver has what holds now, at first what was read at the
/// start. Ends with the service.
#[must_use]
pub fn start(context: &Context) -> watch::Receiver<Arc<Routing>> {
    let routing = Arc::new(context.settings.routing.clone());
    let (sender, receiver) = watch::channel(routing);
    context.tasks.spawn(watch(
        context.watcher.clone(),
        sender,
        CHECK_INTERVAL,
        context.shutdown.clone(),
    ));
    receiver
}

/// Looks once in every period until `shutdown`, and sends what was read anew and is another routing.
pub async fn watch(
    mut watcher: Watcher,
    routings: watch::Sender<Arc<Routing>>,
    every: Duration,
    shutdown: CancellationToken,
) {
    metrics::settings_refused().set(0.0);
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown
        .run_until_cancelled(interval.tick())
        .await
        .is_some()
    {
        let look = tokio::task::spawn_blocking(move || {
            let look = watcher.check();
            (watcher, look)
        });
        // A file system that hangs must not keep the process.
        let Some(looked) = shutdown.run_until_cancelled(look).await else {
            return;
        };
        let Ok((back, look)) = looked else {
            tracing::error!("the settings file is not watched any more");
            return;
        };
        watcher = back;
        match look {
            CheckResult::Same => {}
            CheckResult::Changed {
                routing,
                at_next_start,
            } => accept(&routings, routing, &at_next_start),
            CheckResult::Refused(error) => refuse(&error),
        }
    }
}

fn accept(routings: &watch::Sender<Arc<Routing>>, routing: Arc<Routing>, at_next_start: &[String]) {
    metrics::settings_refused().set(0.0);
    let is_new = routings.send_if_modified(|current| {
        let is_new = *current != routing;
        *current = routing;
        is_new
    });
    tracing::info!(routing_changed = is_new, "the settings were read anew");
    if !at_next_start.is_empty() {
        tracing::warn!(
            settings = at_next_start.join(", "),
            "changed settings take effect at the next start"
        );
    }
}

fn refuse(error: &SettingsError) {
    metrics::settings_refused().set(1.0);
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(
        error,
        "the changed settings were refused, what was read before holds"
    );
}
