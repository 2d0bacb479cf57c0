//! Replies written by hand.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ordered::Ordered;
use crate::usage::Usage;

/// What a `reply` says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Script {
    /// What is said: a string, or JSON, which is said in the order in which it stands here.
    text: Option<Ordered>,
    /// The same for each choice of a request for several; the last stands for all behind it.
    texts: Vec<Ordered>,
    /// How it ends; `stop` without it.
    pub(crate) finish_reason: Option<String>,
    /// For tokens of the text the probabilities of what might stand there instead, and their own.
    pub(crate) alternatives: Alternatives,
    /// Tokens counted, instead of those of the texts.
    pub(crate) usage: Option<Usage>,
}

/// Tokens, and how probable which tokens are in their places.
pub(crate) type Alternatives = BTreeMap<String, BTreeMap<String, f64>>;

impl Script {
    /// What is said in one of several choices.
    pub(crate) fn said(&self, choice: usize) -> String {
        let text = self.texts.get(choice).or_else(|| self.texts.last());
        match text.or(self.text.as_ref()) {
            Some(Ordered::String(text)) => text.clone(),
            Some(json) => json.render(),
            None => String::new(),
        }
    }

    /// Refuses what could not be said.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.text.is_some() != self.texts.is_empty() {
            return Err("a `reply` needs either a `text` or `texts`".to_owned());
        }
        let sound = |(token, shares): (&String, &BTreeMap<String, f64>)| {
            let sum: f64 = shares.values().sum();
            shares.values().all(|share| *share > 0.0)
                && sum <= 1.0 + 1e-9
                && shares.contains_key(token)
        };
        if !self.alternatives.iter().all(sound) {
            return Err("`alternatives` of a token must hold it and be probabilities above 0 that sum up to 1 at most".to_owned());
        }
        Ok(())
    }
}
