//! The answer of the simulated model, before it is put into an envelope.

use std::borrow::Cow;

use crate::ask::{Ask, Format, Tool};
use crate::control::opinion::Character;
use crate::control::rule::Alternatives;
use crate::judge::debate::Debate;
use crate::judge::material::Material;
use crate::judge::mind::Mind;
use crate::judge::quality::Quality;
use crate::judge::spread::Spread;
use crate::judge::{verdict, wording};
use crate::ordered::Ordered;
use crate::prompted;
use crate::schema::{Walker, places};
use crate::tokens;

/// A fault that changes what is said rather than how it is transported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Distortion<'r> {
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
    /// What a test wants said, whatever was asked for.
    Said {
        /// The text of each choice, to the letter: no limit shortens it. The last stands for all behind it.
        texts: &'r [String],
        /// The reason of its end.
        finish: &'r str,
        /// What else might have stood for its tokens.
        alternatives: Option<&'r Alternatives>,
    },
}

impl Distortion<'_> {
    /// The same for one of several choices.
    fn of_choice(self, index: usize) -> Self {
        match self {
            Self::Said {
                texts,
                finish,
                alternatives,
            } => Self::Said {
                texts: texts
                    .get(index.min(texts.len().saturating_sub(1))..)
                    .unwrap_or_default(),
                finish,
                alternatives,
            },
            other => other,
        }
    }
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplyOptions<'r> {
    /// Seed of all answers.
    pub(crate) server_seed: u64,
    /// How the model judges.
    pub(crate) character: Character,
    /// What happens to what it says.
    pub(crate) distortion: Distortion<'r>,
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
    /// `stop`, `length`, `tool_calls`, `content_filter` or what a rule says.
    pub(crate) finish: Cow<'static, str>,
    /// Where in the content verdicts begin, in bytes, with what else might have been said there.
    pub(crate) verdicts: Vec<(usize, Spread)>,
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
pub(crate) fn replies(ask: &Ask, options: ReplyOptions<'_>) -> Vec<Reply> {
    let material = Material::of(&ask.turns);
    let debate = Debate::of(&ask.turns);
    let prompted = prompted::schema(ask, &material);
    let (rng, mood) = (ask.rng(options.server_seed), ask.mood(options.server_seed));
    (0..ask.samples)
        .map(|index| {
            // At temperature 0 a model repeats itself.
            let [rng, mood] = if ask.temperature == 0.0 {
                [rng, mood]
            } else {
                [rng.nth(index), mood.nth(index)]
            };
            let quality = Quality::of(&material, mood, options.character.shift);
            let mind = Mind::new(ask, &material, &debate, (quality, options.character), rng);
            reply(
                ask,
                prompted.as_ref(),
                mind,
                options.distortion.of_choice(index),
            )
        })
        .collect()
}

fn reply(
    ask: &Ask,
    prompted: Option<&Ordered>,
    mind: Mind<'_>,
    distortion: Distortion<'_>,
) -> Reply {
    let rng = mind.sample;
    let schema = match (&ask.call, &ask.format) {
        (Some(tool), _) => Some(&tool.parameters),
        (None, Format::Schema(schema)) => Some(schema),
        (None, Format::Text | Format::JsonObject) => prompted,
    };
    let moderates = schema.is_some_and(|schema| {
        let properties = schema.get("properties");
        properties.is_some_and(|properties| properties.get("consensus").is_some())
    });
    let mind = if moderates { mind.moderating() } else { mind };
    let material = mind.material;
    let walk = |schema: &Ordered| {
        let (value, judged) = Walker::new(schema, &mind).value();
        let text = value.render();
        let verdicts = places(&text, judged);
        (text, verdicts)
    };
    let blank = Reply {
        finish: Cow::Borrowed("stop"),
        bits: rng.bits(),
        ..Reply::default()
    };
    match distortion {
        Distortion::Refusal => {
            let refusal = Some("I'm sorry, but I can't assist with that request.".to_owned());
            return Reply { refusal, ..blank };
        }
        Distortion::ContentFilter => {
            return Reply {
                finish: Cow::Borrowed("content_filter"),
                ..blank
            };
        }
        Distortion::Said {
            texts,
            finish,
            alternatives,
        } => {
            let text = texts.first().map_or("", String::as_str);
            let verdicts = alternatives.map(|alternatives| scripted(text, alternatives));
            return Reply {
                content: Some(text.to_owned()),
                verdicts: verdicts.unwrap_or_default(),
                finish: Cow::Owned(finish.to_owned()),
                ..blank
            };
        }
        Distortion::Straight | Distortion::Length | Distortion::Fenced | Distortion::NotJson => {}
    }
    if let (Some(Tool { name, parameters }), false) = (&ask.call, distortion == Distortion::NotJson)
    {
        let finish = if ask.call_named { "stop" } else { "tool_calls" };
        return shortened(
            ask,
            distortion,
            Reply {
                call: Some((name.clone(), walk(parameters).0)),
                finish: Cow::Borrowed(finish),
                ..blank
            },
        );
    }
    let overall = mind.quality("overall");
    let (text, verdicts) = match (schema, &ask.format) {
        (Some(schema), _) => walk(schema),
        (None, Format::JsonObject) => {
            let rationale = wording::rationale("the task", overall, material, rng);
            let score = verdict::level(1, 5, overall);
            let object = Ordered::Object(vec![
                ("rationale".to_owned(), Ordered::String(rationale)),
                ("score".to_owned(), Ordered::Number(score.into())),
            ]);
            (object.render(), Vec::new())
        }
        (None, Format::Text | Format::Schema(_)) => {
            let spoken = verdict::prose(&mind);
            (spoken.text, spoken.verdict.into_iter().collect())
        }
    };
    let (text, verdicts) = match distortion {
        Distortion::NotJson => {
            let prose = wording::rationale("the whole", overall, material, rng);
            (prose, Vec::new())
        }
        Distortion::Fenced => {
            let before = "Here is my evaluation:\n\n```json\n";
            let after = "\n```\n\nLet me know if you need more detail.";
            let moved = verdicts
                .into_iter()
                .map(|(at, spread)| (before.len() + at, spread));
            (format!("{before}{text}{after}"), moved.collect())
        }
        _ => (text, verdicts),
    };
    shortened(
        ask,
        distortion,
        Reply {
            content: Some(text),
            verdicts,
            ..blank
        },
    )
}

/// The places of all tokens that a rule gives alternatives for.
fn scripted(text: &str, alternatives: &Alternatives) -> Vec<(usize, Spread)> {
    let mut offset = 0;
    let mut places = Vec::new();
    for piece in tokens::pieces(text) {
        if let Some(shares) = alternatives.get(&piece) {
            let spread = shares.iter().map(|(text, share)| (text.clone(), *share));
            places.push((offset, spread.collect()));
        }
        offset += piece.len();
    }
    places
}

/// Applies the token limit, the request's or the fault's.
fn shortened(ask: &Ask, distortion: Distortion<'_>, mut reply: Reply) -> Reply {
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
    let limit = if distortion == Distortion::Length {
        limit.min(text.len() / 2)
    } else {
        limit
    };
    if limit < text.len() {
        *text = tokens::clip(text, limit).to_owned();
        reply.finish = Cow::Borrowed("length");
    }
    reply
}
