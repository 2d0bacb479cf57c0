//! The calls a provider answers.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::chat;
use crate::errors::ApiError;
use crate::identity::Identity;
use crate::messages;
use crate::ordered::Ordered;
use crate::reply::{Reply, ReplyOptions, replies};
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
    /// `POST /v1/messages`
    Messages,
    /// `GET /v1/models`
    Models,
}

impl Api {
    /// An error as this API tells it.
    pub(crate) fn error(self, error: &ApiError) -> Answer {
        let body = match self {
            Self::Messages => messages::errors::render(error),
            Self::Chat | Self::Responses | Self::Models => error.render(),
        };
        Answer {
            status: error.status,
            ..Answer::json(&body)
        }
    }
}

/// A valid request.
#[derive(Debug)]
pub(crate) struct Call {
    /// The API it came through.
    pub(crate) api: Api,
    /// What is asked; nothing for the list of models.
    pub(crate) ask: Option<Ask>,
}

impl Call {
    /// Reads the body for its API.
    pub(crate) fn read(api: Api, body: &Ordered) -> Result<Self, ApiError> {
        let ask = match api {
            Api::Chat => Some(chat::request::read(body)?),
            Api::Responses => Some(responses::request::read(body)?),
            Api::Messages => Some(messages::request::read(body)?),
            Api::Models => None,
        };
        Ok(Self { api, ask })
    }

    /// Whether the client reads events.
    pub(crate) fn streams(&self) -> bool {
        self.ask.as_ref().is_some_and(|ask| ask.stream)
    }

    /// The answer of the model.
    pub(crate) fn answer(&self, options: ReplyOptions<'_>, identity: Identity) -> Answer {
        let Some(ask) = &self.ask else {
            return Answer::json(&models());
        };
        let replies = replies(ask, options);
        let usage = Usage::of(ask, &replies);
        let answer = match (self.api, ask.stream) {
            (Api::Responses, true) => {
                Answer::events(responses::events::frames(ask, &only(replies), identity))
            }
            (Api::Responses, false) => {
                let stage = responses::envelope::Stage::Done;
                let reply = only(replies);
                Answer::json(&responses::envelope::response(ask, &reply, identity, stage))
            }
            (Api::Messages, stream) => {
                let reply = only(replies);
                if reply.finish == "content_filter" {
                    return Api::Messages.error(&messages::errors::filtered());
                }
                if stream {
                    Answer::events(messages::events::frames(ask, &reply, identity))
                } else {
                    let body = messages::envelope::whole(ask, &reply, identity);
                    Answer::raw(200, "application/json", body)
                }
            }
            (_, true) => Answer::events(chat::events::frames(ask, replies, identity)),
            (_, false) => Answer::json(&chat::envelope::completion(ask, &replies, identity)),
        };
        answer.using(usage)
    }
}

/// The choice of an API that knows only one.
fn only(replies: Vec<Reply>) -> Reply {
    replies.into_iter().next().unwrap_or_else(|| Reply {
        finish: "stop".into(),
        ..Reply::default()
    })
}

fn models() -> Value {
    let data: Vec<Value> = MODELS
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": 1_735_689_600, "owned_by": "mock-llm"}))
        .collect();
    json!({"object": "list", "data": data})
}
