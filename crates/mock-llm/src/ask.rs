//! What a client asks for, whichever of the two APIs it came through.

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
}

impl Ask {
    /// The rng that decide the answer: only what a model would see takes part.
    pub(crate) fn rng(&self, server_seed: u64) -> SeededRng {
        let format = match &self.format {
            Format::Text => String::new(),
            Format::JsonObject => "{}".to_owned(),
            Format::Schema(schema) => schema.render(),
        };
        let call = self.call.as_ref().map_or("", |tool| &tool.name);
        self.dice_of(server_seed, &self.turns, [&format, call])
    }

    /// The rng that decide what the model thinks. Whatever is said after its first answer changes that only for
    /// reasons: a judge that is asked for a repair, or that hears arguments, does not roll anew.
    pub(crate) fn mood(&self, server_seed: u64) -> SeededRng {
        let answered = self.turns.iter().position(|turn| turn.role == "assistant");
        let end = answered.unwrap_or(self.turns.len());
        let opening = self.turns.get(..end).unwrap_or_default();
        self.dice_of(server_seed, opening, ["", ""])
    }

    fn dice_of(&self, server_seed: u64, turns: &[Turn], form: [&str; 2]) -> SeededRng {
        let server_seed = server_seed.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![&server_seed, self.model.as_bytes()];
        parts.extend(form.map(str::as_bytes));
        parts.push(self.seed.as_deref().unwrap_or("").as_bytes());
        for turn in turns {
            parts.push(turn.role.as_bytes());
            parts.push(turn.text.as_bytes());
        }
        SeededRng::of(parts)
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
