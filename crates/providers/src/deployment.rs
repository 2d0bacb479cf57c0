//! What a deployment is asked besides the question itself.

use std::num::NonZeroU32;

use domain::plan::Deployment;
use domain::routing::Price;
use judging::JudgeCall;
use serde_json::{Map, Value};

use crate::batch_tier::TierRequest;
use crate::capabilities::Capabilities;

/// The names under which the bound of the output may stand among the parameters.
const OUTPUT_BOUNDS: [&str; 3] = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

/// Tokens of an answer, where it has no bound: a verdict with its rationales.
const DEFAULT_OUTPUT: u64 = 1_000;

/// What a deployment is asked besides the question.
#[derive(Debug)]
pub(crate) struct RequestSettings {
    /// The provider's name of the model.
    pub(crate) model: String,
    pub(crate) output_bound: Option<u32>,
    /// The cheaper tier that this request is for.
    pub(crate) tier: Option<TierRequest>,
    parameters: Map<String, Value>,
}

impl RequestSettings {
    pub(crate) fn of(deployment: &Deployment) -> Self {
        let mut parameters = deployment.parameters.clone();
        // The setting goes under the name that the endpoint takes. A parameter is the operator's own word.
        if deployment.max_output_tokens.is_some() {
            for name in OUTPUT_BOUNDS {
                parameters.remove(name);
            }
        }
        Self {
            model: deployment.model.clone(),
            output_bound: deployment.max_output_tokens,
            tier: None,
            parameters,
        }
    }

    /// The same for a request at a cheaper tier.
    pub(crate) fn at_tier(self, tier: Option<TierRequest>) -> Self {
        Self { tier, ..self }
    }

    /// The tier that a request is for, where the endpoint takes one.
    pub(crate) fn tier_of(&self, abilities: Capabilities) -> Option<&TierRequest> {
        self.tier.as_ref().filter(|_| abilities.service_tier)
    }

    /// The parameters of one request: what the call itself says counts for more.
    pub(crate) fn parameters(
        &self,
        call: &JudgeCall,
        abilities: Capabilities,
    ) -> Map<String, Value> {
        let mut parameters = self.parameters.clone();
        if call.temperature.is_some() || !abilities.temperature {
            parameters.remove("temperature");
        }
        // Of two answers to a call that wants one, neither counts.
        parameters.remove("n");
        if let Some(tier) = self.tier_of(abilities) {
            parameters.insert("service_tier".to_owned(), tier.name.clone().into());
        }
        parameters
    }

    /// How many of the wanted choices one request asks for, over an API that has a parameter for it.
    pub(crate) fn choices(
        &self,
        call: &JudgeCall,
        wanted: NonZeroU32,
        abilities: Capabilities,
    ) -> NonZeroU32 {
        if abilities.choices && !self.is_greedy(call, abilities) {
            wanted
        } else {
            NonZeroU32::MIN
        }
    }

    /// Whether the temperature is 0: all choices would be the same, and some refuse to give several of them.
    fn is_greedy(&self, call: &JudgeCall, abilities: Capabilities) -> bool {
        let parameter = || self.parameters.get("temperature").and_then(Value::as_f64);
        let temperature = call.temperature.or_else(parameter);
        abilities.temperature && temperature.is_some_and(|temperature| temperature <= 0.0)
    }

    /// About how many tokens a request takes: four bytes of a prompt are one, and each choice is as long as it may be.
    pub(crate) fn tokens(&self, call: &JudgeCall, choices: NonZeroU32) -> u64 {
        let bytes: usize = call
            .messages
            .iter()
            .map(|message| message.content.len())
            .sum();
        let prompt = u64::try_from(bytes / 4).unwrap_or(u64::MAX);
        let choice = self.output_bound.map_or(DEFAULT_OUTPUT, u64::from);
        prompt.saturating_add(choice.saturating_mul(u64::from(choices.get())))
    }

    /// About what a request costs in nano-USD, rather too much than too little: three bytes a token, nothing of it cached, and
    /// every choice as long as it may be. `None` where a price is not known.
    pub(crate) fn estimate(
        &self,
        call: &JudgeCall,
        choices: NonZeroU32,
        writes: bool,
        price: Option<&Price>,
    ) -> Option<i64> {
        let price = price?;
        let schema = call
            .format
            .json()
            .map_or(0, |(_, schema)| schema.get().len());
        let messages = call.messages.iter().map(|message| message.content.len());
        let bytes = messages.sum::<usize>() + schema;
        let input = u128::try_from(bytes.div_ceil(3)).unwrap_or(u128::MAX);
        let choice = self.output_bound.map_or(DEFAULT_OUTPUT, u64::from);
        let output = u128::from(choice) * u128::from(choices.get());
        let of_input = if writes {
            price.cache_write?.max(price.input)
        } else {
            price.input
        };
        let total = input * u128::from(of_input) + output * u128::from(price.output);
        Some(i64::try_from(total.div_ceil(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Whether a temperature is sent, of the call or of the parameters.
    pub(crate) fn has_temperature(&self, call: &JudgeCall) -> bool {
        call.temperature.is_some() || self.parameters.contains_key("temperature")
    }
}
