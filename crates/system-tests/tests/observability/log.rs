//! Log lines of all services of a stack.

use anyhow::{Context as _, Result, ensure};
use local_stack::{Service, Stack};
use serde_json::Value;

/// A line, and the service that wrote it.
pub(crate) struct Line {
    pub(crate) service: &'static str,
    pub(crate) json: Value,
}

impl Line {
    /// A field that is text; empty where it is not there.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    pub(crate) fn is_about(&self, field: &str, value: &str) -> bool {
        self.text(field) == value
    }
}

/// All lines of ingest-api, status-api and the workers; an error where one is not a JSON object.
pub(crate) fn lines(stack: &Stack) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let workers = stack.workers();
    let named = stack.ingest().iter().map(|each| ("ingest-api", each));
    let named = named.chain(stack.status().iter().map(|each| ("status-api", each)));
    let workers = workers.iter().map(|each| ("scorer-worker", &**each));
    for (service, process) in named.chain(workers) {
        lines.extend(lines_of(service, process)?);
    }
    Ok(lines)
}

fn lines_of(service: &'static str, process: &Service) -> Result<Vec<Line>> {
    let log = process.log();
    // A process that writes may be in the middle of its last line.
    let whole = log.rfind('\n').map_or("", |end| log.split_at(end).0);
    let parse = |line: &str| {
        let json: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        ensure!(json.is_object(), "{line}");
        Ok(Line { service, json })
    };
    whole.lines().map(parse).collect()
}
