//! `cargo xtask up`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::interrupt::Interrupt;
use crate::launch::{Launched, Running, Wish, launch};
use crate::paint::{Paint, say};
use crate::state::State;

/// How often the services are looked after.
const LOOK: Duration = Duration::from_secs(1);

/// Run the whole system on this machine, until Ctrl-C.
///
/// PostgreSQL and Redis run privately with their data in target/stack; nothing of the system's own servers is touched.
/// Without OPENAI_BASE_URL or OPENAI_API_KEY in the environment, and without a settings file (AUTORATER_CONFIG) that has
/// `[models]`, a simulated provider judges. Variables that begin with AUTORATER_, OPENAI_ or OTEL_, and SCORING_MODEL and
/// RUST_LOG, reach the services.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many workers.
    #[arg(long, default_value_t = 1, value_name = "N")]
    workers: usize,
    /// Build and run the release profile.
    #[arg(long)]
    release: bool,
    /// Begin with empty data.
    #[arg(long)]
    reset: bool,
}

pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let mut interrupt = Interrupt::catch()?;
    let wish = Wish {
        workers: args.workers,
        release: args.release,
        reset: args.reset,
        show_logs: true,
    };
    match launch(&wish, &mut interrupt).await? {
        Launched::Theirs(state) => {
            say(format!(
                "the stack is already running (pid {}); `cargo xtask down` stops it",
                state.pid
            ));
            say(addresses(&state, Paint::for_stdout()));
        }
        Launched::Interrupted => say("stopped"),
        Launched::Ours(running) => {
            say(addresses(&running.state, Paint::for_stdout()));
            look_after(&running, &mut interrupt).await;
            say("stopping; Ctrl-C again stops at once");
            tokio::select! {
                stopped = running.stop() => stopped?,
                // Dropping what runs kills it.
                () = interrupt.wait() => {}
            }
            say("stopped");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts a service again when it ends, as an orchestrator would, until we are asked to stop.
async fn look_after(running: &Running, interrupt: &mut Interrupt) {
    let paint = Paint::for_stdout();
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = interrupt.wait() => return,
            _ = look.tick() => {}
        }
        let workers = running.stack.workers();
        let services = running
            .stack
            .ingest()
            .iter()
            .chain(running.stack.status())
            .chain(running.stack.mock());
        for service in services.chain(workers.iter().map(AsRef::as_ref)) {
            let process = service.process();
            let Some(status) = process.exit_status() else {
                continue;
            };
            say(paint.red(format!(
                "{} ended with {status}; starting it again",
                process.name()
            )));
            if let Err(error) = service.start_again() {
                say(paint.red(format!("{error:#}")));
            }
        }
    }
}

/// Where everything is, and something to paste.
fn addresses(state: &State, paint: Paint) -> String {
    let rows = [
        ("dashboard", &state.status_url),
        ("ingest-api", &state.ingest_url),
        ("status-api", &state.status_url),
        ("provider", &state.mock_url),
        ("PostgreSQL", &state.database_url),
        ("Redis", &state.redis_url),
    ];
    let mut text = format!("\n{}\n\n", paint.bold("autorater is ready"));
    for (name, url) in rows {
        let url = if url.is_empty() {
            "as set by OPENAI_BASE_URL / OPENAI_API_KEY, or by the settings file"
        } else {
            url
        };
        text.push_str(&format!("  {} {url}\n", paint.green(format!("{name:<14}"))));
    }
    let body = r#"{"input": "Write a median function.", "output": "def median(xs): return sorted(xs)[len(xs) // 2]"}"#;
    text.push_str(&format!(
        "\n  curl -sS {}/v1/evaluations \\\n    -H 'content-type: application/json' \\\n    -d '{body}'\n\n  \
         raw logs: target/stack/logs; examples: cargo xtask demo; end: Ctrl-C or cargo xtask down\n",
        state.ingest_url
    ));
    text
}
