//! The stack of `up` and `demo`: private durable servers below `target/stack`, all services, found by others.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use local_stack::{Home, Postgres, PreferredPorts, Stack, StackBuilder, eventually};
use reqwest::Url;

use crate::commands::demo::{PRICES, SCRIPT};
use crate::interrupt::Interrupt;
use crate::lines::Renderer;
use crate::paint::{Paint, say};
use crate::state::{Lock, State};
use crate::workspace;

/// How long a stack that is being built by another process is waited for.
const OTHER_BOUND: Duration = Duration::from_secs(900);

/// Settings of the caller that the services shall see; everything else of the environment stays outside.
const PASSED_ON: &[&str] = &[
    "AUTORATER__",
    "AUTORATER_CONFIG",
    "OPENAI_",
    "OTEL_",
    "SCORING_MODEL",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What kind of stack.
pub(crate) struct Wish {
    pub(crate) workers: usize,
    pub(crate) release: bool,
    pub(crate) reset: bool,
    /// Show the services' logs.
    pub(crate) show_logs: bool,
}

/// A stack that this process runs.
pub(crate) struct Running {
    pub(crate) stack: Stack,
    pub(crate) state: State,
    home: PathBuf,
    _lock: Lock,
}

/// What there is after asking for a stack.
pub(crate) enum Launched {
    /// Ours to stop.
    Ours(Box<Running>),
    /// Another process runs one.
    Theirs(State),
    /// We were asked to stop meanwhile, and everything is stopped.
    Interrupted,
}

/// Builds and starts a stack, or finds the running one.
pub(crate) async fn launch(wish: &Wish, interrupt: &mut Interrupt) -> Result<Launched> {
    let home = workspace::stack_home()?;
    let Some(lock) = Lock::acquire(&home)? else {
        ensure!(
            !wish.reset,
            "a stack is running on the data; `cargo xtask down` first"
        );
        return Ok(Launched::Theirs(await_theirs(&home).await?));
    };
    let last = State::load(&home);
    let mut state = State {
        pid: std::process::id(),
        ready: false,
        ..last
    };
    state.save(&home)?;
    if wish.reset {
        reset(&home)?;
    }
    let binaries = workspace::binaries(wish.release).await?;
    remove(&home.join("logs"))?;
    let described = builder(wish, &workspace::root()?, &home, &state);
    let start = Box::pin(described.bin_dir(binaries).start());
    let stack = tokio::select! {
        stack = start => stack?,
        () = interrupt.wait() => return Ok(Launched::Interrupted),
    };
    state.ready = true;
    stack.ingest_url(0).clone_into(&mut state.ingest_url);
    stack.status_url().clone_into(&mut state.status_url);
    stack.mock_url().clone_into(&mut state.mock_url);
    stack.database_url().clone_into(&mut state.database_url);
    stack.redis().url().clone_into(&mut state.redis_url);
    state.postgres_port = port(&state.database_url);
    state.redis_port = port(&state.redis_url);
    state.mock_port = port(&state.mock_url).or(state.mock_port);
    state.save(&home)?;
    if let Some(note) = stack.postgres().note() {
        say(format!("note: {note}"));
    }
    Ok(Launched::Ours(Box::new(Running {
        stack,
        state,
        home,
        _lock: lock,
    })))
}

impl Running {
    pub(crate) async fn stop(self) -> Result<()> {
        let state = State {
            pid: 0,
            ready: false,
            ..self.state
        };
        state.save(&self.home)?;
        self.stack.stop().await
    }
}

/// Waits for a stack that another process is starting.
async fn await_theirs(home: &Path) -> Result<State> {
    let mut told = false;
    eventually(OTHER_BOUND, || {
        let state = State::load(home);
        if !state.ready && !told {
            told = true;
            say(format!(
                "another process (pid {}) is starting the stack; waiting for it",
                state.pid
            ));
        }
        async move {
            match (state.ready, Lock::is_held(home)) {
                (true, _) => Ok(Ok(state)),
                (false, Ok(true)) => Err("it is still starting"),
                (false, _) => Ok(Err("the process that was starting the stack has ended")),
            }
        }
    })
    .await?
    .map_err(anyhow::Error::msg)
}

/// Whether a settings file says where models are called. What is wrong in it, the services say.
fn has_models(path: &str) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let table = text.parse::<toml::Table>().unwrap_or_default();
    table.contains_key("models")
}

fn builder(wish: &Wish, root: &Path, home: &Path, last: &State) -> StackBuilder {
    let passed_on: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| !value.is_empty() && is_passed_on(name))
        .collect();
    let own_provider = passed_on.iter().any(|(name, value)| {
        name.starts_with("OPENAI_") || (name == "AUTORATER_CONFIG" && has_models(value))
    });
    let ports = PreferredPorts {
        postgres: last.postgres_port,
        redis: last.redis_port,
        mock: last.mock_port,
        ingest: Some(8080),
        status: Some(8081),
    };
    // Replies written by hand for the examples, so that the demo shows what a judge would say.
    let script = root.join("xtask/demo").join(SCRIPT);
    let mut builder = Stack::builder()
        .workers(wish.workers)
        .mock(!own_provider)
        .mock_arg("--script")
        .mock_arg(script.display().to_string())
        .ports(ports);
    // A settings file of the caller's takes the place of ours.
    if !passed_on.iter().any(|(name, _)| name == "AUTORATER_CONFIG") {
        builder = builder.mock_prices(PRICES);
    }
    builder = builder.home(Home::Kept(home.to_owned()));
    for (name, value) in passed_on {
        builder = builder.env(name, value);
    }
    if wish.show_logs {
        let renderer = Renderer::new(Paint::for_stdout());
        builder = builder.tap(Arc::new(move |service, line| {
            say(renderer.line(service, line));
        }));
    }
    builder
}

fn is_passed_on(name: &str) -> bool {
    PASSED_ON.iter().any(|start| name.starts_with(start))
}

fn reset(home: &Path) -> Result<()> {
    Postgres::remove_data(home)?;
    remove(&home.join("redis"))
}

fn remove(dir: &Path) -> Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", dir.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn port(url: &str) -> Option<u16> {
    Url::parse(url).ok()?.port()
}
