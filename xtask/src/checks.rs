//! A list of checks: each is run and timed, and a summary says how each ended.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::paint::{Paint, complain, say};

/// How a check ended.
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

/// Runs checks one after the other.
pub(crate) struct Checks {
    paint: Paint,
    done: Vec<(String, Outcome, Duration)>,
}

impl Checks {
    pub(crate) fn new() -> Self {
        Self {
            paint: Paint::for_stdout(),
            done: Vec::new(),
        }
    }

    /// Runs one. A failure does not keep the next from running: one wants to see all of them.
    pub(crate) async fn check(&mut self, name: &str, work: impl Future<Output = Result<Outcome>>) {
        say(self.paint.bold(format!("── {name}")));
        let start = Instant::now();
        let outcome = work.await.unwrap_or_else(|error| {
            complain(&error);
            Outcome::Failed
        });
        if let Outcome::Skipped(reason) = &outcome {
            say(format!("skipped: {reason}"));
        }
        self.done.push((name.to_owned(), outcome, start.elapsed()));
    }

    /// As [`check`](Self::check), for a check that passes when it ends without an error.
    pub(crate) async fn must(&mut self, name: &str, work: impl Future<Output = Result<()>>) {
        self.check(name, async { work.await.map(|()| Outcome::Passed) })
            .await;
    }

    /// Prints the summary; success unless one failed.
    pub(crate) fn finish(self) -> ExitCode {
        say(self.paint.bold("── summary"));
        let mut code = ExitCode::SUCCESS;
        for (name, outcome, took) in &self.done {
            let (word, why) = match outcome {
                Outcome::Passed => (self.paint.green("passed "), String::new()),
                Outcome::Skipped(reason) => (self.paint.yellow("skipped"), format!("  {reason}")),
                Outcome::Failed => {
                    code = ExitCode::FAILURE;
                    (self.paint.red("FAILED "), String::new())
                }
            };
            say(format!("{word} {:>7.1} s  {name}{why}", took.as_secs_f64()));
        }
        code
    }
}
