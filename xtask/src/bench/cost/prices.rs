//! Price lists, as examples.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Used, in_floats};
use crate::workspace;

/// `bench/prices.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Prices {
    pub(super) as_of: String,
    pub(super) note: String,
    pub(super) models: Vec<Price>,
}

/// US dollars for a million tokens.
#[derive(Debug, Deserialize)]
pub(super) struct Price {
    pub(super) model: String,
    /// `automatic` or `explicit`.
    pub(super) cache: String,
    input: String,
    cached_input: String,
    cache_write: Option<String>,
    output: String,
}

impl Prices {
    pub(super) fn read() -> Result<Self> {
        let path = workspace::root()?.join("bench/prices.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).context("reading prices")
    }

    /// Settings of a worker: one provider for models whose cache is automatic and one for the others, both at this address.
    pub(super) fn settings(&self, url: &str) -> String {
        let mut text = String::new();
        for kind in ["automatic", "explicit"] {
            let marks = kind == "explicit";
            put(
                &mut text,
                format_args!(
                    "[providers.{kind}]\nbase_url = \"{url}/v1\"\ncache_control = {marks}\n"
                ),
            );
            for price in self.models.iter().filter(|price| price.cache == kind) {
                let Price {
                    model,
                    input,
                    cached_input,
                    output,
                    ..
                } = price;
                put(
                    &mut text,
                    format_args!(
                        "[providers.{kind}.prices.\"{model}\"]\ninput = \"{input}\"\ncached_input = \"{cached_input}\"\noutput = \"{output}\"\n"
                    ),
                );
                if let Some(write) = &price.cache_write {
                    put(&mut text, format_args!("cache_write = \"{write}\"\n"));
                }
            }
        }
        for Price { model, cache, .. } in &self.models {
            put(
                &mut text,
                format_args!("[models.\"{model}\"]\ndeployments = [\"{cache}\"]\n"),
            );
        }
        text
    }
}

impl Price {
    /// What tokens cost, in US dollars.
    pub(super) fn cost(&self, used: Used) -> f64 {
        let price = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
        let written = self.cache_write.as_deref().unwrap_or(&self.input);
        let sum = in_floats(used.input - used.cached - used.written) * price(&self.input)
            + in_floats(used.cached) * price(&self.cached_input)
            + in_floats(used.written) * price(written)
            + in_floats(used.output) * price(&self.output);
        sum / 1_000_000.0
    }
}

fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(words);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}
