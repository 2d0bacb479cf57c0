//! What the simulated model says, before it is put into an envelope.

use std::borrow::Cow;

use crate::ask::{Ask, Format};
use crate::control::script::{Alternatives, Script};
use crate::filler::Filler;
use crate::material::Material;
use crate::ordered::Ordered;
use crate::schema::prompted;
use crate::usage::Usage;

/// A fault that changes what is said rather than how it is transported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Distortion<'r> {
    /// None.
    #[default]
    None,
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
    /// What a script says, to the letter, whatever was asked for: no limit shortens it.
    Script(&'r Script),
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplyOptions<'r> {
    /// Seed of all answers.
    pub(crate) server_seed: u64,
    /// What happens to what is said.
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
    /// `stop`, `length`, `tool_calls`, `content_filter` or what a script says.
    pub(crate) finish: Cow<'static, str>,
    /// What else might have been said for some tokens of the content.
    pub(crate) alternatives: Alternatives,
    /// Tokens counted instead of those of the texts.
    pub(crate) usage: Option<Usage>,
    /// Decides token probabilities and identifiers.
    pub(crate) bits: u64,
}

impl Reply {
    /// Bytes the model produced.
    pub(crate) fn bytes(&self) -> usize {
        let call = self.call.as_ref();
        let call = call.map_or(0, |(name, arguments)| name.len() + arguments.len());
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        call + text(&self.content) + text(&self.refusal)
    }
}

/// All the choices of a request.
pub(crate) fn replies(ask: &Ask, options: ReplyOptions<'_>) -> Vec<Reply> {
    let material = Material::of(&ask.turns);
    let shown = prompted(ask);
    let rng = ask.rng(options.server_seed);
    let choice = |index| {
        // At temperature 0 a model repeats itself.
        let rng = if ask.temperature == 0.0 {
            rng
        } else {
            rng.nth(index)
        };
        let filler = Filler {
            material: &material,
            rng,
            form: form(ask),
        };
        let reply = Reply {
            finish: Cow::Borrowed("stop"),
            bits: rng.bits(),
            ..Reply::default()
        };
        match options.distortion {
            Distortion::Script(script) => Reply {
                content: Some(script.said(index)),
                finish: Cow::Owned(
                    script
                        .finish_reason
                        .clone()
                        .unwrap_or_else(|| "stop".to_owned()),
                ),
                alternatives: script.alternatives.clone(),
                usage: script.usage,
                ..reply
            },
            Distortion::Refusal => Reply {
                refusal: Some("I'm sorry, but I can't assist with that request.".to_owned()),
                ..reply
            },
            Distortion::ContentFilter => Reply {
                finish: Cow::Borrowed("content_filter"),
                ..reply
            },
            distortion => shortened(
                ask,
                distortion,
                filled(ask, shown.as_ref(), filler, distortion, reply),
            ),
        }
    };
    (0..ask.samples).map(choice).collect()
}

/// What the prompt says last of the form of the reply.
fn form(ask: &Ask) -> &str {
    const HEADING: &str = "# Form of the reply";
    let forms = ask.turns.iter().rev();
    let mut forms = forms.filter_map(|turn| turn.text.rsplit_once(HEADING));
    forms.next().map_or("", |(_, form)| form)
}

/// What is said without a script.
fn filled(
    ask: &Ask,
    shown: Option<&Ordered>,
    filler: Filler<'_>,
    distortion: Distortion<'_>,
    reply: Reply,
) -> Reply {
    let schema = match (&ask.call, &ask.format) {
        (Some(tool), _) => Some(&tool.parameters),
        (None, Format::Schema(schema)) => Some(schema),
        (None, Format::Text | Format::JsonObject) => shown,
    };
    let text = match (schema, &ask.format) {
        _ if distortion == Distortion::NotJson => filler.sentence("the whole"),
        (Some(schema), _) => filler.fill(schema).render(),
        (None, Format::JsonObject) => filler.fill(&any_object()).render(),
        (None, Format::Text | Format::Schema(_)) => filler.prose(ask),
    };
    let call = ask
        .call
        .as_ref()
        .filter(|_| distortion != Distortion::NotJson);
    if let Some(tool) = call {
        let finish = if ask.call_named { "stop" } else { "tool_calls" };
        return Reply {
            call: Some((tool.name.clone(), text)),
            finish: Cow::Borrowed(finish),
            ..reply
        };
    }
    let text = match distortion {
        Distortion::Fenced => {
            format!(
                "Here is my evaluation:\n\n```json\n{text}\n```\n\nLet me know if you need more detail."
            )
        }
        _ => text,
    };
    Reply {
        content: Some(text),
        ..reply
    }
}

/// The schema of an object where a request has none.
fn any_object() -> Ordered {
    let typed =
        |kind: &str| Ordered::Object(vec![("type".to_owned(), Ordered::String(kind.to_owned()))]);
    let properties = [("rationale", "string"), ("score", "integer")];
    let properties = properties.map(|(name, kind)| (name.to_owned(), typed(kind)));
    Ordered::Object(vec![(
        "properties".to_owned(),
        Ordered::Object(properties.into()),
    )])
}

/// Applies the token limit, the request's or the fault's.
fn shortened(ask: &Ask, distortion: Distortion<'_>, mut reply: Reply) -> Reply {
    let arguments = reply.call.as_mut().map(|(_, arguments)| arguments);
    let Some(text) = arguments.or(reply.content.as_mut()) else {
        return reply;
    };
    let tokens = ask
        .max_tokens
        .and_then(|tokens| usize::try_from(tokens).ok());
    let mut limit = tokens.map_or(usize::MAX, |tokens| tokens.saturating_mul(4));
    if distortion == Distortion::Length {
        limit = limit.min(text.len() / 2);
    }
    if limit < text.len() {
        text.truncate(text.floor_char_boundary(limit));
        reply.finish = Cow::Borrowed("length");
    }
    reply
}
