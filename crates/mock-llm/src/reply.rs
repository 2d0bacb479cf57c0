//! The answer of the simulated model, before it is put into an envelope.

use crate::ask::{Ask, Format, Tool};
use crate::dice::Dice;
use crate::judge::material::Material;
use crate::judge::quality::Quality;
use crate::judge::{verdict, wording};
use crate::ordered::Ordered;
use crate::prompted;
use crate::schema::Walker;
use crate::tokens;

/// A fault that changes what is said rather than how it is transported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Twist {
    /// None.
    #[default]
    Straight,
    /// The model declines.
    Refusal,
    /// The answer breaks off at the token limit.
    Length,
    /// The provider's filter withholds the answer.
    ContentFilter,
    /// JSON in a code fence with prose around it.
    Fenced,
    /// Prose where JSON was asked for.
    NotJson,
}

/// One choice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// What was said.
    pub(crate) content: Option<String>,
    /// What was said instead.
    pub(crate) refusal: Option<String>,
    /// Name and arguments of a called function.
    pub(crate) call: Option<(String, String)>,
    /// `stop`, `length`, `tool_calls` or `content_filter`.
    pub(crate) finish: &'static str,
    /// Decides token probabilities and identifiers.
    pub(crate) bits: u64,
}

impl Reply {
    /// Bytes the model produced.
    pub(crate) fn bytes(&self) -> usize {
        let call = self
            .call
            .as_ref()
            .map_or(0, |(name, arguments)| name.len() + arguments.len());
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        call + text(&self.content) + text(&self.refusal)
    }
}

/// All the choices of a request.
pub(crate) fn replies(ask: &Ask, server_seed: u64, twist: Twist) -> Vec<Reply> {
    let material = Material::of(&ask.turns);
    let prompted = prompted::schema(ask, &material);
    let dice = ask.dice(server_seed);
    (0..ask.samples)
        .map(|index| {
            // At temperature 0 a model repeats itself.
            let dice = if ask.temperature == 0.0 {
                dice
            } else {
                dice.nth(index)
            };
            reply(ask, prompted.as_ref(), &material, dice, twist)
        })
        .collect()
}

fn reply(
    ask: &Ask,
    prompted: Option<&Ordered>,
    material: &Material<'_>,
    dice: Dice,
    twist: Twist,
) -> Reply {
    let quality = Quality::of(material, dice);
    let walk = |schema: &Ordered| {
        Walker::new(schema, material, quality, dice)
            .value()
            .render()
    };
    let blank = Reply {
        finish: "stop",
        bits: dice.bits(),
        ..Reply::default()
    };
    match twist {
        Twist::Refusal => {
            let refusal = Some("I'm sorry, but I can't assist with that request.".to_owned());
            return Reply { refusal, ..blank };
        }
        Twist::ContentFilter => {
            return Reply {
                finish: "content_filter",
                ..blank
            };
        }
        Twist::Straight | Twist::Length | Twist::Fenced | Twist::NotJson => {}
    }
    if let (Some(Tool { name, parameters }), false) = (&ask.call, twist == Twist::NotJson) {
        let finish = if ask.call_named { "stop" } else { "tool_calls" };
        return shortened(
            ask,
            twist,
            Reply {
                call: Some((name.clone(), walk(parameters))),
                finish,
                ..blank
            },
        );
    }
    let text = match (&ask.format, prompted) {
        (Format::Schema(schema), _) | (_, Some(schema)) => walk(schema),
        (Format::JsonObject, None) => {
            let overall = quality.on("overall");
            let rationale = wording::rationale("the task", overall, material, dice);
            let score = verdict::level(1, 5, overall);
            Ordered::Object(vec![
                ("rationale".to_owned(), Ordered::String(rationale)),
                ("score".to_owned(), Ordered::Number(score.into())),
            ])
            .render()
        }
        (Format::Text, None) => verdict::prose(material, quality, dice),
    };
    let text = match twist {
        Twist::NotJson => wording::rationale("the whole", quality.on("overall"), material, dice),
        Twist::Fenced => format!(
            "Here is my evaluation:\n\n```json\n{text}\n```\n\nLet me know if you need more detail."
        ),
        _ => text,
    };
    shortened(
        ask,
        twist,
        Reply {
            content: Some(text),
            ..blank
        },
    )
}

/// Applies the token limit, the request's or the fault's.
fn shortened(ask: &Ask, twist: Twist, mut reply: Reply) -> Reply {
    let text = match &mut reply {
        Reply {
            call: Some((_, arguments)),
            ..
        } => arguments,
        Reply {
            content: Some(content),
            ..
        } => content,
        _ => return reply,
    };
    let limit = ask
        .max_tokens
        .and_then(|tokens| usize::try_from(tokens).ok());
    let limit = limit.map_or(usize::MAX, |tokens| tokens.saturating_mul(4));
    let limit = if twist == Twist::Length {
        limit.min(text.len() / 2)
    } else {
        limit
    };
    if limit < text.len() {
        *text = tokens::clip(text, limit).to_owned();
        reply.finish = "length";
    }
    reply
}
