//! `[log]`: what is logged and how.

use std::io::{self, IsTerminal};

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::{
    section::section,
    value::{either, quoted},
};

section! {
    /// What is logged and how.
    pub struct Log in "log" {
        /// `json`: one object a line; `pretty`: for people at a terminal.
        format: LogFormat = LogFormat::of_terminal(), usual "LOG_FORMAT",
            note "`json`; `pretty` when standard output is a terminal";
        /// Which events are logged, as `tracing` directives: `info`, `warn,queue=debug`.
        filter: String = "info".to_owned(), usual "RUST_LOG", check |text: &String| filter(text);
    }
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people at a terminal.
    Pretty,
}

impl LogFormat {
    fn of_terminal() -> Self {
        if io::stdout().is_terminal() {
            Self::Pretty
        } else {
            Self::Json
        }
    }
}

either!(LogFormat: Json "json", Pretty "pretty");

fn filter(filter: &str) -> Result<(), String> {
    EnvFilter::try_new(filter).map(drop).map_err(|error| {
        format!(
            "{} is not a filter ({error}); expected directives such as `info` or `warn,queue=debug`",
            quoted(filter)
        )
    })
}
