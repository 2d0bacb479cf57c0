//! What a request took, as providers count it. What nobody counted is not known, never 0.

use domain::routing::Price;
use serde::Deserialize;

use crate::wire;

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    /// Of the input, what came out of the provider's cache; `None` where it does not say.
    pub(crate) cached_input: Option<u64>,
    pub(crate) output: u64,
}

impl Tokens {
    /// What they cost, in nano-USD, rounded to the nearest.
    pub(crate) fn cost(self, price: Price) -> i64 {
        let cached = self.cached_input.unwrap_or_default().min(self.input);
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let total = cost(self.input - cached, price.input)
            + cost(cached, price.cached_input.unwrap_or(price.input))
            + cost(self.output, price.output);
        i64::try_from((total + 500_000) / 1_000_000).unwrap_or(i64::MAX)
    }
}

/// The counts of an answer, in the words of both APIs: some use those of one in the other.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    #[serde(deserialize_with = "wire::count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    total_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::lenient")]
    prompt_tokens_details: Details,
    #[serde(deserialize_with = "wire::lenient")]
    input_tokens_details: Details,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "wire::count")]
    cached_tokens: Option<u64>,
}

impl Usage {
    /// Takes what a later piece of a stream says: it counts for more, but a 0 takes nothing back.
    pub(crate) fn update(&mut self, later: Self) {
        let newer = |later: Option<u64>, earlier: Option<u64>| {
            later.filter(|count| *count > 0).or(earlier).or(later)
        };
        let details = |later: Details, earlier: Details| Details {
            cached_tokens: newer(later.cached_tokens, earlier.cached_tokens),
        };
        *self = Self {
            prompt_tokens: newer(later.prompt_tokens, self.prompt_tokens),
            input_tokens: newer(later.input_tokens, self.input_tokens),
            completion_tokens: newer(later.completion_tokens, self.completion_tokens),
            output_tokens: newer(later.output_tokens, self.output_tokens),
            total_tokens: newer(later.total_tokens, self.total_tokens),
            prompt_tokens_details: details(later.prompt_tokens_details, self.prompt_tokens_details),
            input_tokens_details: details(later.input_tokens_details, self.input_tokens_details),
        };
    }

    /// What it comes to, for an answer that said something or did not. `None` where it is not known in full: no prompt
    /// takes nothing, and no text does.
    pub(crate) fn tokens(self, said_something: bool) -> Option<Tokens> {
        let output = self.completion_tokens.or(self.output_tokens);
        let without_output =
            || Some(self.total_tokens?.saturating_sub(output?)).filter(|_| output.is_some());
        let input = self
            .prompt_tokens
            .or(self.input_tokens)
            .or_else(without_output)
            .filter(|input| *input > 0)?;
        // Some leave out of the answer's tokens those of reasoning, which are paid for as well.
        let beyond = self.total_tokens.filter(|total| *total >= input);
        let output = output.max(beyond.map(|total| total - input))?;
        let details = self.prompt_tokens_details.cached_tokens;
        let cached = details.or(self.input_tokens_details.cached_tokens);
        (output > 0 || !said_something).then(|| Tokens {
            input,
            cached_input: cached.map(|cached| cached.min(input)),
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn counted(usage: &Value) -> Option<(u64, u64)> {
        let usage: Usage = serde_json::from_value(usage.clone()).unwrap();
        usage
            .tokens(true)
            .map(|tokens| (tokens.input, tokens.output))
    }

    #[test]
    fn counts_are_read_however_they_are_written() {
        for usage in [
            json!({"prompt_tokens": 40, "completion_tokens": 7}),
            json!({"prompt_tokens": 40.0, "completion_tokens": 7.2, "total_tokens": 47.2}),
            json!({"prompt_tokens": "40", "completion_tokens": "7"}),
            json!({"input_tokens": 40, "output_tokens": 7, "prompt_tokens": null}),
            json!({"prompt_tokens": 40, "total_tokens": 47}),
            json!({"completion_tokens": 7, "total_tokens": 47}),
            json!({"prompt_tokens": 40, "completion_tokens": "?", "total_tokens": 47}),
            json!({"prompt_tokens": 40, "completion_tokens": 7, "total_tokens": 0}),
            json!({"prompt_tokens": 40, "completion_tokens": 7, "prompt_tokens_details": "none", "cost": {}}),
        ] {
            assert_eq!(counted(&usage), Some((40, 7)), "{usage}");
        }
        // Thoughts are paid for whether they are counted with the answer or not.
        let thought = json!({"prompt_tokens": 40, "completion_tokens": 7, "total_tokens": 147});
        assert_eq!(counted(&thought), Some((40, 107)));
    }

    #[test]
    fn what_nobody_counted_is_not_known() {
        for usage in [
            json!({}),
            json!({"prompt_tokens": 40}),
            json!({"completion_tokens": 7}),
            json!({"total_tokens": 47}),
            json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            json!({"prompt_tokens": 40, "completion_tokens": 0}),
            json!({"prompt_tokens": -1, "completion_tokens": -1}),
            json!({"prompt_tokens": null, "completion_tokens": null, "total_tokens": null}),
            json!({"prompt_tokens": "a few", "completion_tokens": "some"}),
        ] {
            assert_eq!(counted(&usage), None, "{usage}");
        }
        // An answer without a word may take nothing.
        let silent = Usage {
            prompt_tokens: Some(40),
            completion_tokens: Some(0),
            ..Usage::default()
        };
        assert_eq!(silent.tokens(false).map(|tokens| tokens.output), Some(0));
    }

    #[test]
    fn later_counts_replace_earlier_ones_and_zeros_nothing() {
        let parsed = |usage: Value| serde_json::from_value::<Usage>(usage).unwrap();
        let mut usage = parsed(json!({"prompt_tokens": 40, "completion_tokens": 1}));
        usage.update(parsed(json!({"completion_tokens": 7})));
        usage.update(parsed(json!({"prompt_tokens": 0, "completion_tokens": 0})));
        let tokens = usage.tokens(true).unwrap();
        assert_eq!((tokens.input, tokens.output), (40, 7));
    }
}
