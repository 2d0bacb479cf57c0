//! The calls a provider answers.

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

/// Which API a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/responses`
    Responses,
    /// `POST /v1/messages`
    Messages,
}

impl Api {
    /// An error as this API tells it.
    pub(crate) fn error(self, error: &ApiError) -> Answer {
        let body = match self {
            Self::Messages => messages::errors::render(error),
            Self::Chat | Self::Responses => error.render(),
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
    /// What is asked.
    pub(crate) ask: Ask,
}

impl Call {
    /// Reads the body for its API.
    pub(crate) fn read(api: Api, body: &Ordered) -> Result<Self, ApiError> {
        let ask = match api {
            Api::Chat => chat::request::read(body)?,
            Api::Responses => responses::request::read(body)?,
            Api::Messages => messages::request::read(body)?,
        };
        Ok(Self { api, ask })
    }

    /// The answer of the model.
    pub(crate) fn answer(&self, options: ReplyOptions<'_>, identity: Identity) -> Answer {
        let ask = &self.ask;
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
            (Api::Chat, true) => Answer::events(chat::events::frames(ask, replies, identity)),
            (Api::Chat, false) => {
                Answer::json(&chat::envelope::completion(ask, &replies, identity))
            }
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
