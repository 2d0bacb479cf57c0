//! The records of a set: `calls.jsonl.gz`, `items.jsonl.gz`, `expected.json`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::manifest::Filter;

const CALLS: &str = "calls.jsonl.gz";
const ITEMS: &str = "items.jsonl.gz";

/// Whether a folder holds the records of a set.
#[must_use]
pub fn is_set(folder: &Path) -> bool {
    (folder.join(CALLS).is_file() || folder.join(ITEMS).is_file())
        && folder.join("expected.json").is_file()
}

/// A set's records.
pub(crate) struct Set {
    pub(crate) calls: Vec<Call>,
    pub(crate) items: Vec<Call>,
    pub(crate) expected: Value,
}

/// One request to a judge, with the item that it is about; or an item alone.
pub(crate) struct Call {
    record: Value,
    pub(crate) item: Option<Arc<Value>>,
}

impl Set {
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let items: Vec<Arc<Value>> = records(&folder.join(ITEMS))?
            .into_iter()
            .map(Arc::new)
            .collect();
        let by_id: BTreeMap<&str, &Arc<Value>> = items
            .iter()
            .filter_map(|item| Some((item.get("item_id")?.as_str()?, item)))
            .collect();
        let calls = records(&folder.join(CALLS))?
            .into_iter()
            .map(|record| {
                let id = record.get("item_id").and_then(Value::as_str);
                let item = id.and_then(|id| by_id.get(id)).map(|item| Arc::clone(item));
                Call { record, item }
            })
            .collect();
        let path = folder.join("expected.json");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let items = items.iter().map(|item| Call {
            record: Value::Null,
            item: Some(Arc::clone(item)),
        });
        Ok(Self {
            calls,
            items: items.collect(),
            expected: serde_json::from_str(&text).with_context(|| path.display().to_string())?,
        })
    }
}

/// The records of a file; none where there is no file.
fn records(path: &Path) -> Result<Vec<Value>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let packed = std::fs::read(path).with_context(|| path.display().to_string())?;
    let mut text = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .with_context(|| path.display().to_string())?;
    text.lines()
        .enumerate()
        .map(|(line, record)| {
            serde_json::from_str(record)
                .with_context(|| format!("{}, line {}", path.display(), line + 1))
        })
        .collect()
}

impl Call {
    /// A field, by name or pointer; null is none.
    pub(crate) fn at(&self, field: &str) -> Option<&Value> {
        let value = match (field.strip_prefix("/item"), field.strip_prefix('/')) {
            (Some(of_item), _) if of_item.starts_with('/') => self.item.as_ref()?.pointer(of_item),
            (_, Some(_)) => self.record.pointer(field),
            (_, None) => self.record.get(field),
        };
        value.filter(|value| !value.is_null())
    }

    /// A field as text; numbers and truths are written out.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.at(field).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// The raw replies: several are samples of one request.
    pub(crate) fn replies(&self) -> Vec<&str> {
        let replies = self.at("replies").and_then(Value::as_array);
        replies
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// The candidates in the order in which the judge saw them.
    pub(crate) fn shown(&self) -> Vec<&str> {
        let shown = self.at("shown").and_then(Value::as_array);
        shown
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// A candidate of the item.
    pub(crate) fn candidate(&self, id: &str) -> Option<&Value> {
        let candidates = self.at("/item/candidates")?.as_array()?;
        candidates
            .iter()
            .find(|each| each.get("cid").and_then(Value::as_str) == Some(id))
    }

    pub(crate) fn fits(&self, filter: &Filter) -> bool {
        filter.iter().all(|(field, wanted)| {
            let text = self.text(field).unwrap_or_default();
            if let Some(unwanted) = wanted.strip_prefix('!') {
                text != unwanted
            } else if let Some(start) = wanted.strip_suffix('*') {
                text.starts_with(start)
            } else if let Some(end) = wanted.strip_prefix('*') {
                text.ends_with(end)
            } else {
                text == *wanted
            }
        })
    }

    /// Fields as the name of a group; the ones that it has not are empty.
    pub(crate) fn group(&self, by: &[String]) -> Vec<String> {
        by.iter()
            .map(|field| self.text(field).unwrap_or_default())
            .collect()
    }
}
