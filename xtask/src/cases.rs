//! What a provider answers, to the byte, and what becomes of it.

mod expectation;
mod provider;
mod table;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use expectation::Expectation;
pub(crate) use provider::Provider;
pub(crate) use table::markdown;

/// A case: a line of the file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    /// What is posted; the model is added to it.
    pub(crate) request: Value,
    /// What the provider answers, one after the other; the last one again and again.
    pub(crate) provider: Answers,
    /// The same where no stream is asked for.
    #[serde(default)]
    pub(crate) provider_nonstream: Option<Answers>,
    /// What is judged first, at the same provider.
    #[serde(default)]
    pub(crate) setup: Vec<Before>,
    /// `responses`, where it is not chat completions.
    #[serde(default)]
    pub(crate) api: Option<String>,
    /// What should become of it.
    #[serde(default)]
    pub(crate) expect: Option<Expectation>,
}

/// What is judged before a case.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Before {
    pub(crate) request: Value,
    pub(crate) provider: Answers,
}

/// One answer, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answers {
    One(Answer),
    Several(Vec<Answer>),
}

/// An answer on the wire.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

impl Answers {
    /// The answer to a request by its number, counted from 0.
    pub(crate) fn get(&self, number: usize) -> Option<&Answer> {
        match self {
            Self::One(answer) => Some(answer),
            Self::Several(answers) => answers.get(number).or_else(|| answers.last()),
        }
    }
}

/// What became of a case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    /// The outcome, or the status where there is none.
    pub(crate) outcome: String,
    pub(crate) score: Option<f64>,
    /// The scores of the criteria, on their scales.
    pub(crate) criteria: Vec<f64>,
    /// Of an assessment, or the code of an error.
    pub(crate) reason: String,
    /// The words of an error.
    pub(crate) message: String,
    pub(crate) model_used: Vec<String>,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cost_usd: Option<String>,
    /// Replies that were recorded.
    pub(crate) calls: u64,
    /// Requests that reached the provider.
    pub(crate) requests: usize,
    /// Idempotency keys that came with different bodies.
    pub(crate) keys_shared: usize,
}

/// Reads cases, one JSON object a line.
pub(crate) fn read(text: &str) -> Result<Vec<Case>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let cases = lines.enumerate().map(|(number, line)| {
        serde_json::from_str(line).with_context(|| format!("case {}", number + 1))
    });
    cases.collect()
}

/// The settings file for cases: each has a provider and a model of its own.
pub(crate) fn settings(cases: &[Case], address: &str) -> String {
    let mut text = String::new();
    for (number, case) in cases.iter().enumerate() {
        let api = case.api.as_deref().unwrap_or("chat");
        text.push_str(&format!(
            "[providers.case-{number}]\nbase_url = \"http://{address}/{number}/v1\"\napi = \"{api}\"\n\
             [providers.case-{number}.prices.\"judge\"]\ninput = \"1\"\noutput = \"4\"\n\
             [models.\"{}\"]\ndeployments = [\"case-{number}/judge\"]\n",
            model(number)
        ));
    }
    text
}

/// The model of a case.
pub(crate) fn model(number: usize) -> String {
    format!("case-{number}")
}
