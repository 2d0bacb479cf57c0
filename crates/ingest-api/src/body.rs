//! Request bodies: decoded as they stream in, bounded in size, in time, and in sum over all requests.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName};
use actix_web::web::Payload;
use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use service::http::expect_media_type;
use service::problem::{Problem, ProblemCode};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::io::StreamReader;

use crate::state::State;

/// A body that is wholly there.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Set aside for it; given back when this is dropped.
    pub(crate) memory: OwnedSemaphorePermit,
}

/// Reads a JSON body.
///
/// # Errors
/// 408, 413, 415 or 503 `overloaded`.
pub(crate) async fn read(
    state: &State,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Body, Problem> {
    let http = &state.settings.http;
    expect_media_type(request, &["application/json"])?;
    let limit = http.body_limit;
    let declared = content_length(request);
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let encoded = request.headers().contains_key(CONTENT_ENCODING);
    // What a compressed or chunked body comes to is known only at its end: the most is set aside for it.
    let mut memory = reserve(state, declared.filter(|_| !encoded).unwrap_or(limit))?;
    let reading = async {
        match declared.filter(|_| !encoded) {
            // The server ends it there.
            Some(length) => plain(payload, length).await,
            None => {
                let mut bytes = Vec::new();
                let mut reader = decoded(request, payload)?.take(limit + 1);
                let read = reader.read_to_end(&mut bytes).await;
                read.map_err(|error| unreadable(&error))?;
                Ok(bytes)
            }
        }
    };
    let bytes = within(http.request_timeout, reading).await??;
    if bytes.len() as u64 > limit {
        Err(too_large(limit))
    } else {
        let used = memory.split(kibibytes(bytes.len() as u64) as usize);
        Ok(Body {
            bytes,
            memory: used.unwrap_or(memory),
        })
    }
}

/// A body of a known length, as it is.
async fn plain(mut payload: Payload, length: u64) -> Result<Vec<u8>, Problem> {
    // Within the limit, and accounted for; what is not written to takes no memory.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unreadable(&std::io::Error::other(error)))?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The unit of what is set aside.
fn kibibytes(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u32::MAX)
}

/// Sets memory aside for a body, or says that there is none.
pub(crate) fn reserve(state: &State, bytes: u64) -> Result<OwnedSemaphorePermit, Problem> {
    state
        .body_memory
        .clone()
        .try_acquire_many_owned(kibibytes(bytes))
        .map_err(|_| {
            Problem::new(ProblemCode::Overloaded)
                .with_detail("too many request bodies are being read at once")
                .with_retry_after(Duration::from_secs(1))
        })
}

/// The body as a stream of decoded bytes. Nothing is decoded ahead of what is read.
pub(crate) fn decoded(
    request: &HttpRequest,
    payload: Payload,
) -> Result<Box<dyn AsyncRead + Unpin>, Problem> {
    let chunks = payload
        .map_err(std::io::Error::other)
        .map(|chunk: std::io::Result<Bytes>| chunk);
    let reader = StreamReader::new(chunks);
    match header(request, &CONTENT_ENCODING)
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(Box::new(reader)),
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(reader);
            // A gzip file may hold several members (RFC 1952 §2.2).
            decoder.multiple_members(true);
            Ok(Box::new(decoder))
        }
        "zstd" => Ok(Box::new(ZstdDecoder::new(reader))),
        other => Err(
            Problem::new(ProblemCode::UnsupportedContentEncoding).with_detail(format!(
                "Content-Encoding `{other}` is not taken; use gzip, zstd or none"
            )),
        ),
    }
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

fn content_length(request: &HttpRequest) -> Option<u64> {
    header(request, &CONTENT_LENGTH)?.parse().ok()
}

async fn within<F: Future>(bound: Duration, future: F) -> Result<F::Output, Problem> {
    tokio::time::timeout(bound, future).await.map_err(|_| {
        Problem::new(ProblemCode::RequestTimeout).with_detail(format!(
            "the body did not arrive within {} s",
            bound.as_secs()
        ))
    })
}

pub(crate) fn too_large(limit: u64) -> Problem {
    Problem::new(ProblemCode::PayloadTooLarge).with_detail(format!(
        "the body must be at most {limit} bytes after decompression"
    ))
}

/// The connection broke, or the compressed body is damaged.
pub(crate) fn unreadable(error: &std::io::Error) -> Problem {
    Problem::new(ProblemCode::MalformedJson)
        .with_detail(format!("the body cannot be read: {error}"))
}
