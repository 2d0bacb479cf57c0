//! What a client asks for, whichever of the two APIs it came through.

use crate::cache::CacheUse;
use crate::ordered::Ordered;
use crate::rng::SeededRng;
use crate::tokens;

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// `system`, `user`, …
    pub(crate) role: String,
    /// All its text parts.
    pub(crate) text: String,
    /// Where they end, in order.
    pub(crate) parts: Vec<Part>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Where it ends, in bytes of the text.
    pub(crate) end: usize,
    /// Whether it has a `cache_control`.
    pub(crate) is_marked: bool,
}

impl Part {
    /// The only part of a text.
    pub(crate) fn whole(text: &str) -> Vec<Self> {
        vec![Self {
            end: text.len(),
            is_marked: false,
        }]
    }
}

impl Turn {
    /// A message.
    pub(crate) fn new(role: &str, text: &str) -> Self {
        Self {
            role: role.to_owned(),
            text: text.to_owned(),
            parts: Part::whole(text),
        }
    }
}

/// The wanted form of the answer.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// Prose.
    Text,
    /// Any JSON object.
    JsonObject,
    /// An object of this schema.
    Schema(Ordered),
}

/// A function the model may call.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: String,
    /// The schema of its arguments.
    pub(crate) parameters: Ordered,
}

impl Tool {
    /// The parameters of a function that names none.
    pub(crate) fn without_parameters() -> Ordered {
        let kind = Ordered::String("object".to_owned());
        Ordered::Object(vec![("type".to_owned(), kind)])
    }
}

/// A normalised request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// As given.
    pub(crate) model: String,
    /// The conversation.
    pub(crate) turns: Vec<Turn>,
    /// Form of the answer.
    pub(crate) format: Format,
    /// The function that has to be called, if one has to.
    pub(crate) call: Option<Tool>,
    /// The call was asked for by name, not by `required`.
    pub(crate) call_named: bool,
    /// Wanted answers.
    pub(crate) samples: usize,
    /// Zero makes all the samples equal.
    pub(crate) temperature: f64,
    /// The request's own seed.
    pub(crate) seed: Option<String>,
    /// Limit of the answer.
    pub(crate) max_tokens: Option<u64>,
    /// Report the probability of each token.
    pub(crate) logprobs: bool,
    /// With that many alternatives.
    pub(crate) top_logprobs: usize,
    /// Server-sent events.
    pub(crate) stream: bool,
    /// A last chunk with the usage.
    pub(crate) include_usage: bool,
    /// The `prompt_cache_key`.
    pub(crate) cache_key: Option<String>,
    /// The tier that it is answered in, as answers name it.
    pub(crate) tier: &'static str,
    /// What the model's cache has of the prompt, if it has one.
    pub(crate) cached: Option<CacheUse>,
}

/// The tier of whoever asks for none.
pub(crate) const USUAL_TIER: &str = "default";
/// The cheaper tier, which may be full.
pub(crate) const FLEX_TIER: &str = "flex";

impl Ask {
    /// What decides the answer: only what a model would see takes part. Whatever is said after its first answer
    /// does not: a judge that is asked for a repair keeps to what it said.
    pub(crate) fn rng(&self, server_seed: u64) -> SeededRng {
        let server_seed = server_seed.to_be_bytes();
        let seed = self.seed.as_deref().unwrap_or("");
        let opening = self
            .turns
            .iter()
            .take_while(|turn| turn.role != "assistant");
        let turns = opening.flat_map(|turn| [turn.role.as_bytes(), turn.text.as_bytes()]);
        let head = [
            server_seed.as_slice(),
            self.model.as_bytes(),
            seed.as_bytes(),
        ];
        SeededRng::of(head.into_iter().chain(turns))
    }

    /// Tokens of the prompt.
    pub(crate) fn input_tokens(&self) -> u64 {
        let format = match &self.format {
            Format::Schema(schema) => tokens::count(schema.render().len()),
            Format::Text | Format::JsonObject => 0,
        };
        self.turns
            .iter()
            .map(|turn| tokens::count(turn.text.len()) + 4)
            .sum::<u64>()
            + format
            + 3
    }
}
