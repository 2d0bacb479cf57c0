//! The calls a provider answers.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::chat;
use crate::errors::ApiError;
use crate::fields;
use crate::identity::Identity;
use crate::reply::{Manner, Reply, replies};
use crate::responses;
use crate::usage::Usage;

/// The models listed; any other name is answered as well.
const MODELS: &[&str] = &[
    "mock-judge",
    "mock-judge-mini",
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
];

/// Which API a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/responses`
    Responses,
    /// `GET /v1/models`
    Models,
}

/// A valid request.
#[derive(Debug)]
pub(crate) enum Call {
    /// Chat completion.
    Chat(Ask),
    /// Response.
    Responses(Ask),
    /// List of models.
    Models,
}

impl Call {
    /// Reads the body for its API.
    pub(crate) fn read(api: Api, body: &[u8]) -> Result<Self, ApiError> {
        Ok(match api {
            Api::Chat => Self::Chat(chat::request::read(&fields::parse(body)?)?),
            Api::Responses => Self::Responses(responses::request::read(&fields::parse(body)?)?),
            Api::Models => Self::Models,
        })
    }

    /// What is asked, if anything is.
    pub(crate) fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Chat(ask) | Self::Responses(ask) => Some(ask),
            Self::Models => None,
        }
    }

    /// Whether the client reads events.
    pub(crate) fn streams(&self) -> bool {
        self.ask().is_some_and(|ask| ask.stream)
    }

    /// The answer of the model.
    pub(crate) fn answer(&self, manner: Manner<'_>, identity: Identity) -> Answer {
        let Some(ask) = self.ask() else {
            return Answer::json(&models());
        };
        let replies = replies(ask, manner);
        let usage = Usage::of(ask, &replies);
        let answer = match (self, ask.stream) {
            (Self::Responses(_), stream) => {
                let blank = Reply {
                    finish: "stop".into(),
                    ..Reply::default()
                };
                let reply = replies.into_iter().next().unwrap_or(blank);
                if stream {
                    Answer::events(responses::events::frames(ask, &reply, identity))
                } else {
                    let stage = responses::envelope::Stage::Done;
                    Answer::json(&responses::envelope::response(ask, &reply, identity, stage))
                }
            }
            (_, true) => Answer::events(chat::events::frames(ask, replies, identity)),
            (_, false) => Answer::json(&chat::envelope::completion(ask, &replies, identity)),
        };
        answer.using(usage)
    }
}

fn models() -> Value {
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": 1_735_689_600, "owned_by": "mock-llm"}))
        .collect();
    json!({"object": "list", "data": data})
}
