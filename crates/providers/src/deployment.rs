//! What a deployment is asked besides the question itself.

use domain::plan::Deployment;
use judging::JudgeCall;
use serde_json::{Map, Value};

use crate::abilities::Abilities;

/// The names under which the bound of the output may stand among the parameters.
const OUTPUT_BOUNDS: [&str; 3] = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

/// Tokens of an answer, where it has no bound: a verdict with its rationales.
const USUAL_OUTPUT: u64 = 1_000;

/// What a deployment is asked besides the question.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The provider's name of the model.
    pub(crate) model: String,
    pub(crate) output_bound: Option<u32>,
    parameters: Map<String, Value>,
}

impl Asked {
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
            parameters,
        }
    }

    /// The parameters of one request: what the call itself says counts for more.
    pub(crate) fn parameters(&self, call: &JudgeCall, abilities: Abilities) -> Map<String, Value> {
        let mut parameters = self.parameters.clone();
        if call.temperature.is_some() || !abilities.temperature {
            parameters.remove("temperature");
        }
        parameters
    }

    /// About how many tokens a call takes: four bytes of a prompt are one, and an answer is as long as it may be.
    pub(crate) fn tokens(&self, call: &JudgeCall) -> u64 {
        let bytes: usize = call
            .messages
            .iter()
            .map(|message| message.content.len())
            .sum();
        let prompt = u64::try_from(bytes / 4).unwrap_or(u64::MAX);
        prompt.saturating_add(self.output_bound.map_or(USUAL_OUTPUT, u64::from))
    }

    /// Whether a temperature is sent, of the call or of the parameters.
    pub(crate) fn has_temperature(&self, call: &JudgeCall) -> bool {
        call.temperature.is_some() || self.parameters.contains_key("temperature")
    }
}
