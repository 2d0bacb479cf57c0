//! An OpenAI-compatible provider.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::traits::RequestOptionsBuilder as _;
use judging::{JudgeCall, Reply, Usage};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::value::RawValue;
use url::Url;

use crate::chat;
use crate::error::{CallError, Kind};
use crate::outcome::Failed;
use crate::transport::{self, Carried};

/// How to reach a provider. Every wait has a bound.
#[derive(Debug, Clone)]
pub struct Options {
    /// What results call it.
    pub name: String,
    /// The base of its API, with the version, such as `https://api.openai.com/v1`.
    pub base_url: Url,
    /// Its key, where it wants one.
    pub api_key: Option<SecretString>,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// For a whole call.
    pub call_timeout: Duration,
}

/// What travels with a call besides the question.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Of the request that brought the evaluation.
    pub correlation_id: String,
    /// The trace that the call belongs to.
    pub traceparent: Option<String>,
    /// The same for every try of the same call, also after a crash.
    pub idempotency_key: String,
}

/// A provider; cheap to clone.
#[derive(Debug, Clone)]
pub struct Provider {
    name: String,
    client: Client<OpenAIConfig>,
    call_timeout: Duration,
}

impl Provider {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// [`Kind::Rejected`] when the HTTP client cannot be made.
    pub fn new(options: Options) -> Result<Self, CallError> {
        let http = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.call_timeout)
            // Redirects would carry the key and the candidate to another host.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| transport::of_transport(&error))?;
        let key = options
            .api_key
            .as_ref()
            .map_or("", |key| key.expose_secret());
        let config = OpenAIConfig::new()
            .with_api_base(options.base_url.as_str().trim_end_matches('/'))
            .with_api_key(key);
        let service = tower::service_fn(move |request| transport::exchange(http.clone(), request));
        let client = Client::with_config(config).with_http_service(service);
        Ok(Self {
            name: options.name,
            client,
            call_timeout: options.call_timeout,
        })
    }

    /// What results call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes one call, once.
    ///
    /// # Errors
    /// [`CallError`], with the kind that says what to do about it.
    pub async fn call(&self, call: &JudgeCall, context: &CallContext) -> Result<Reply, CallError> {
        let exchange = self.exchange(call, context);
        let failed = match tokio::time::timeout(self.call_timeout, exchange).await {
            Ok(Ok(read)) => return Ok(self.reply(call, read)),
            Ok(Err(failed)) => failed,
            Err(_) => Failed::Error(CallError::new(
                Kind::TimedOut,
                "the provider did not answer in time",
            )),
        };
        match failed {
            Failed::Answer(answer) => Ok(self.reply(
                call,
                chat::Read {
                    answer,
                    model: None,
                    usage: Usage::default(),
                    logprobs: None,
                },
            )),
            Failed::Error(error) => Err(error),
        }
    }

    async fn exchange(
        &self,
        call: &JudgeCall,
        context: &CallContext,
    ) -> Result<chat::Read, Failed> {
        let mut chat = self.client.chat();
        let mut headers = vec![
            ("x-correlation-id", &context.correlation_id),
            ("idempotency-key", &context.idempotency_key),
        ];
        headers.extend(
            context
                .traceparent
                .iter()
                .map(|traceparent| ("traceparent", traceparent)),
        );
        for (name, value) in headers {
            chat = chat.header(name, value.as_str()).map_err(|error| {
                Failed::Error(CallError::new(Kind::Rejected, error.to_string()))
            })?;
        }
        let body: Box<RawValue> = chat
            .create_byot(chat::Request::of(call))
            .await
            .map_err(failed)?;
        chat::read(&body, call.logprobs)
    }

    fn reply(&self, call: &JudgeCall, read: chat::Read) -> Reply {
        Reply {
            answer: read.answer,
            provider: self.name.clone(),
            model: read.model.unwrap_or_else(|| call.model.clone()),
            usage: read.usage,
            logprobs: read.logprobs,
        }
    }
}

fn failed(error: OpenAIError) -> Failed {
    let other = match error {
        OpenAIError::Boxed(boxed) => match boxed.downcast::<Carried>() {
            Ok(carried) => return carried.0,
            Err(other) => CallError::new(Kind::Unavailable, other.to_string()),
        },
        OpenAIError::Reqwest(error) => transport::of_transport(&error),
        // The text of the error holds the body, which may hold the candidate.
        OpenAIError::JSONDeserialize(..) => CallError::new(
            Kind::Garbled,
            "the provider answered 200 with something that is no JSON",
        ),
        other => CallError::new(Kind::Rejected, other.to_string()),
    };
    Failed::Error(other)
}
