//! The life of a process.

use std::{future::Future, process::ExitCode, sync::Arc, time::Duration};

use tokio::runtime::{Builder, Runtime};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Context, exit, open_files};
use crate::{
    ServiceName,
    admin::{self, Health},
    http, metrics,
    settings::{Settings, SettingsError, watch::Watcher},
    shutdown::{self, Signals},
    telemetry::{self, LogLevels, Output, Telemetry},
};

/// What `run` may take beyond the drain, which it keeps to by itself.
const OVERRUN: Duration = Duration::from_secs(1);
/// How long the last tasks that do not matter (upkeep, admin address) may take to end. With this, [`OVERRUN`] and the
/// last spans (2 s) a process is gone 4 s after its drain; a worker 7 s, with [`shutdown::HAND_BACK`]. The chart
/// (`templates/_checks.tpl`) and `docker-compose.yml` give it that time.
const LAST_TASKS: Duration = Duration::from_secs(1);

/// Serves until a signal, or until `run` ends by itself.
pub(super) fn serve<F, Fut>(service: ServiceName, watcher: Watcher, run: F) -> ExitCode
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let settings = watcher.settings().clone();
    once(
        service,
        settings,
        Output::Stdout,
        |settings, levels| async move {
            run_until_shutdown(service, settings, levels, watcher, run)
                .await
                .map(|()| ExitCode::SUCCESS)
        },
    )
}

/// Runs one piece of work within a runtime and with telemetry.
pub(super) fn once<G, Fut>(
    service: ServiceName,
    settings: Settings,
    output: Output,
    work: G,
) -> ExitCode
where
    G: FnOnce(Settings, LogLevels) -> Fut,
    Fut: Future<Output = anyhow::Result<ExitCode>>,
{
    let (runtime, telemetry) = match start(service, &settings, output) {
        Ok(started) => started,
        Err(error) => return exit::early(1, &format_args!("{error:#}")),
    };
    let code = runtime.block_on(async {
        let code = work(settings, telemetry.levels())
            .await
            .unwrap_or_else(|error| failed(&error));
        telemetry.shutdown().await;
        code
    });
    // A blocking call that hangs must not keep the process.
    runtime.shutdown_background();
    code
}

fn start(
    service: ServiceName,
    settings: &Settings,
    output: Output,
) -> anyhow::Result<(Runtime, Telemetry)> {
    let runtime = Builder::new_multi_thread()
        .thread_name(service.as_str())
        .enable_all()
        .build()?;
    // The exporter wants a runtime round it.
    let guard = runtime.enter();
    let telemetry = telemetry::init_with_output(service, settings, output)?;
    drop(guard);
    Ok((runtime, telemetry))
}

fn failed(error: &anyhow::Error) -> ExitCode {
    tracing::error!(error = error.as_ref() as &dyn std::error::Error, "failed");
    if error.is::<SettingsError>() {
        ExitCode::from(exit::USAGE)
    } else {
        ExitCode::FAILURE
    }
}

async fn run_until_shutdown<F, Fut>(
    service: ServiceName,
    settings: Settings,
    levels: LogLevels,
    watcher: Watcher,
    run: F,
) -> anyhow::Result<()>
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let signals = Signals::install()?;
    let listener = http::bind(settings.admin.addr)?;
    let drain = if service.is_public() {
        settings.http.drain
    } else {
        settings.worker.drain + shutdown::HAND_BACK
    };
    let context = Context {
        service,
        settings: Arc::new(settings),
        health: Health::new(service.needs().iter().copied()),
        shutdown: CancellationToken::new(),
        tasks: TaskTracker::new(),
        watcher,
        metrics: metrics::install()?,
    };
    metrics::begin(service);
    let Context {
        health,
        shutdown,
        tasks,
        metrics,
        ..
    } = context.clone();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
    open_files::raise_limit();

    // These outlive `run`: while it drains, /readyz must say so and a second signal must work.
    let stop = CancellationToken::new();
    let companions = TaskTracker::new();
    companions.spawn(metrics.clone().run_upkeep(stop.clone()));
    companions.spawn(levels.clone().restore_in_time(stop.clone()));
    companions.spawn(handle_signals(
        signals,
        health.clone(),
        shutdown.clone(),
        stop.clone(),
    ));
    let admin = admin::serve(listener, health.clone(), metrics, levels, stop.clone());
    companions.spawn({
        let shutdown = shutdown.clone();
        async move {
            if let Err(error) = admin.await {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "the admin address failed");
                shutdown.cancel();
            }
        }
    });

    let mut result = None;
    let work = async {
        result = Some(run(context).await);
        // `run` may have ended by itself, or failed.
        health.begin_drain();
        shutdown.cancel();
        tasks.close();
        tasks.wait().await;
    };
    tokio::select! {
        () = work => {}
        () = drain_deadline(&shutdown, drain) => {
            tracing::warn!(tasks = tasks.len(), "work did not end in time");
        }
    }
    stop.cancel();
    shutdown::wait_for(&companions, LAST_TASKS).await;
    tracing::info!("stopped");
    result.unwrap_or_else(|| Err(anyhow::anyhow!("did not stop within {drain:?}")))
}

/// Ends when the drain after the first signal is over: both `run` and its tasks share it.
async fn drain_deadline(shutdown: &CancellationToken, drain: Duration) {
    shutdown.cancelled().await;
    tokio::time::sleep(drain + OVERRUN).await;
}

/// Turns the first signal into an orderly end, the second into an immediate one.
async fn handle_signals(
    mut signals: Signals,
    health: Health,
    shutdown: CancellationToken,
    stop: CancellationToken,
) {
    let Some(signal) = stop.run_until_cancelled(signals.next()).await else {
        return;
    };
    tracing::info!(signal, "asked to stop");
    health.begin_drain();
    shutdown.cancel();
    if let Some(signal) = stop.run_until_cancelled(signals.urgent()).await {
        tracing::warn!(signal, "asked again: stopping at once");
        #[expect(
            clippy::disallowed_methods,
            reason = "the second signal means now, even when a task blocks its thread"
        )]
        std::process::exit(exit::INTERRUPTED);
    }
}
