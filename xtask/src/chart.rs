//! The Helm chart, and the plain manifests that are made from it.

pub(crate) mod names;
pub(crate) mod package;
pub(crate) mod plain;
pub(crate) mod render;
pub(crate) mod tools;
pub(crate) mod values;

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace;

/// Where the chart is.
pub(crate) fn home() -> Result<PathBuf> {
    Ok(workspace::root()?.join("helm/autorater"))
}
