//! One HTTP exchange, exactly one attempt: the client library's own retries would multiply ours, wait without
//! a cap and lose the status of errors that are not shaped like OpenAI's.

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use futures::StreamExt as _;

use crate::error::{CallError, Kind};
use crate::outcome::{self, Failed};

/// No reply is larger, in bytes.
const LARGEST_REPLY: usize = 16 * 1024 * 1024;

/// A failed exchange on its way through the client library.
#[derive(Debug, thiserror::Error)]
#[error("the call failed")]
pub(crate) struct Carried(pub(crate) Failed);

/// Sends one request and reads the whole answer.
pub(crate) async fn exchange(
    client: reqwest::Client,
    request: HttpRequestFactory,
) -> Result<reqwest::Response, OpenAIError> {
    let request = request.build().await?;
    let response = client
        .execute(request)
        .await
        .map_err(|error| carry(of_transport(&error)))?;
    let status = response.status();
    let retry_after = outcome::retry_after(response.headers());
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| carry(of_transport(&error)))?;
        if body.len() + chunk.len() > LARGEST_REPLY {
            return Err(carry(CallError::new(
                Kind::Garbled,
                "the provider's answer is larger than 16 MiB",
            )));
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(boxed(outcome::of_status(
            status.as_u16(),
            &body,
            retry_after,
        )));
    }
    let mut whole = http::Response::new(body);
    *whole.status_mut() = status;
    Ok(whole.into())
}

pub(crate) fn of_transport(error: &reqwest::Error) -> CallError {
    let (kind, what) = if error.is_connect() {
        (Kind::Unavailable, "the provider cannot be reached")
    } else if error.is_timeout() {
        (Kind::TimedOut, "the provider did not answer in time")
    } else if error.is_builder() {
        (Kind::Rejected, "the request cannot be made")
    } else {
        (Kind::Unavailable, "the provider broke the connection")
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    CallError::new(kind, format!("{what}: {cause}"))
}

fn carry(error: CallError) -> OpenAIError {
    boxed(Failed::Error(error))
}

fn boxed(failed: Failed) -> OpenAIError {
    OpenAIError::Boxed(Box::new(Carried(failed)))
}
