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
    /// Of the input, what went into the provider's cache; `None` where it does not say.
    pub(crate) cache_write: Option<u64>,
    pub(crate) output: u64,
}

impl Tokens {
    /// What they cost, in nano-USD, rounded to the nearest; `None` where some of them have no price.
    pub(crate) fn cost(self, price: Price) -> Option<i64> {
        let cached = self.cached_input.unwrap_or_default().min(self.input);
        let written = self.cache_write.unwrap_or_default();
        let written = written.min(self.input - cached);
        let price_of_written = match price.cache_write {
            Some(price) => price,
            None if written == 0 => 0,
            None => return None,
        };
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let total = cost(self.input - cached - written, price.input)
            + cost(cached, price.cached_input.unwrap_or(price.input))
            + cost(written, price_of_written)
            + cost(self.output, price.output);
        Some(i64::try_from((total + 500_000) / 1_000_000).unwrap_or(i64::MAX))
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
    /// Anthropic's words, which proxies hand on.
    #[serde(deserialize_with = "wire::count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "wire::count")]
    cached_tokens: Option<u64>,
    #[serde(deserialize_with = "wire::count")]
    cache_write_tokens: Option<u64>,
    /// LiteLLM's name for the same.
    #[serde(deserialize_with = "wire::count")]
    cache_creation_tokens: Option<u64>,
}

impl Usage {
    /// Takes what a later piece of a stream says: it counts for more, but a 0 takes nothing back.
    pub(crate) fn update(&mut self, later: Self) {
        let newer = |later: Option<u64>, earlier: Option<u64>| {
            later.filter(|count| *count > 0).or(earlier).or(later)
        };
        let details = |later: Details, earlier: Details| Details {
            cached_tokens: newer(later.cached_tokens, earlier.cached_tokens),
            cache_write_tokens: newer(later.cache_write_tokens, earlier.cache_write_tokens),
            cache_creation_tokens: newer(
                later.cache_creation_tokens,
                earlier.cache_creation_tokens,
            ),
        };
        *self = Self {
            prompt_tokens: newer(later.prompt_tokens, self.prompt_tokens),
            input_tokens: newer(later.input_tokens, self.input_tokens),
            completion_tokens: newer(later.completion_tokens, self.completion_tokens),
            output_tokens: newer(later.output_tokens, self.output_tokens),
            total_tokens: newer(later.total_tokens, self.total_tokens),
            prompt_tokens_details: details(later.prompt_tokens_details, self.prompt_tokens_details),
            input_tokens_details: details(later.input_tokens_details, self.input_tokens_details),
            cache_read_input_tokens: newer(
                later.cache_read_input_tokens,
                self.cache_read_input_tokens,
            ),
            cache_creation_input_tokens: newer(
                later.cache_creation_input_tokens,
                self.cache_creation_input_tokens,
            ),
        };
    }

    /// What came out of the cache, and what went into it.
    fn cached(self) -> (Option<u64>, Option<u64>) {
        let (chat, responses) = (self.prompt_tokens_details, self.input_tokens_details);
        let read = (chat.cached_tokens)
            .or(responses.cached_tokens)
            .or(self.cache_read_input_tokens);
        let written = (chat.cache_write_tokens)
            .or(chat.cache_creation_tokens)
            .or(responses.cache_write_tokens)
            .or(responses.cache_creation_tokens)
            .or(self.cache_creation_input_tokens);
        (read, written)
    }

    /// Whether the tokens of the cache are not among those of the prompt: so Anthropic counts, and with it who hands on
    /// its counts as they are.
    fn counts_cache_apart(self, prompt: u64) -> bool {
        let in_anthropic_words = self
            .cache_read_input_tokens
            .or(self.cache_creation_input_tokens);
        let (read, written) = self.cached();
        let cached = read.unwrap_or_default() + written.unwrap_or_default();
        let is_by_details = self.prompt_tokens_details.cached_tokens.is_some()
            || self.input_tokens_details.cached_tokens.is_some();
        in_anthropic_words.is_some()
            && (cached > prompt || (self.prompt_tokens.is_none() && !is_by_details))
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
        let (cached, written) = self.cached();
        let apart = if self.counts_cache_apart(input) {
            cached.unwrap_or_default() + written.unwrap_or_default()
        } else {
            0
        };
        // Some leave out of the answer's tokens those of reasoning, which are paid for as well.
        let beyond = self.total_tokens.filter(|total| *total >= input);
        let output = output.max(beyond.map(|total| total - input))?;
        let input = input.saturating_add(apart);
        let cached = cached.map(|cached| cached.min(input));
        let others = input - cached.unwrap_or_default();
        (output > 0 || !said_something).then(|| Tokens {
            input,
            cached_input: cached,
            cache_write: written.map(|written| written.min(others)),
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
    fn tokens_of_the_cache_are_read_however_they_are_told() {
        let told = |usage: Value| {
            let usage: Usage = serde_json::from_value(usage).unwrap();
            let tokens = usage.tokens(true).unwrap();
            (tokens.input, tokens.cached_input, tokens.cache_write)
        };
        let with = |details: Value| json!({"prompt_tokens": 2_000, "completion_tokens": 7, "prompt_tokens_details": details});
        assert_eq!(told(with(json!({}))), (2_000, None, None));
        assert_eq!(
            told(with(json!({"cached_tokens": 0}))),
            (2_000, Some(0), None)
        );
        let openai = json!({"cached_tokens": 1_024, "cache_write_tokens": 128});
        assert_eq!(told(with(openai)), (2_000, Some(1_024), Some(128)));
        // LiteLLM has them among those of the prompt, and in Anthropic's words beside them.
        let mut litellm = with(json!({"cached_tokens": 1_024, "cache_creation_tokens": 300}));
        litellm["cache_read_input_tokens"] = json!(1_024);
        litellm["cache_creation_input_tokens"] = json!(300);
        assert_eq!(told(litellm), (2_000, Some(1_024), Some(300)));
        // Anthropic counts them apart.
        let anthropic = json!({"input_tokens": 100, "output_tokens": 7,
            "cache_read_input_tokens": 1_500, "cache_creation_input_tokens": 400});
        assert_eq!(told(anthropic), (2_000, Some(1_500), Some(400)));
        let handed_on = json!({"prompt_tokens": 100, "completion_tokens": 7,
            "cache_read_input_tokens": 1_500, "cache_creation_input_tokens": 400});
        assert_eq!(told(handed_on), (2_000, Some(1_500), Some(400)));
        // More than there is cannot have come from anywhere.
        let odd = json!({"cached_tokens": 5_000, "cache_write_tokens": 10});
        assert_eq!(told(with(odd)), (2_000, Some(2_000), Some(0)));
    }

    #[test]
    fn a_cost_is_known_where_every_price_that_it_takes_is() {
        let tokens = Tokens {
            input: 3_000_000,
            cached_input: Some(1_000_000),
            cache_write: Some(1_000_000),
            output: 1_000_000,
        };
        let price = Price {
            input: 1_000,
            cached_input: Some(100),
            cache_write: Some(1_250),
            output: 5_000,
        };
        assert_eq!(tokens.cost(price), Some(1_000 + 100 + 1_250 + 5_000));
        let unknown = Price {
            cache_write: None,
            ..price
        };
        assert_eq!(tokens.cost(unknown), None);
        let without = Tokens {
            cache_write: Some(0),
            ..tokens
        };
        assert_eq!(without.cost(unknown), Some(2_000 + 100 + 5_000));
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
