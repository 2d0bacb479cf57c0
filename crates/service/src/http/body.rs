//! Request bodies: decoded as they stream in. Every byte is read, or it is an error.

mod lines;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH},
    web::Payload,
};
use async_compression::{
    tokio::bufread::{GzipDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio_util::io::StreamReader;

use crate::problem::{Problem, ProblemCode};

pub use self::lines::{Line, Lines};

/// The binary logarithm of the largest window that a zstd frame may ask for: 8 MiB, which is what the HTTP coding
/// allows (RFC 9659 §3).
const WINDOW_LOG: u32 = 23;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// RFC 1952, one member or several.
    Gzip,
    /// RFC 8878, one frame or several.
    Zstd,
}

impl Encoding {
    /// Bytes that decoding takes at most beside the body itself.
    #[must_use]
    pub const fn memory(self) -> u64 {
        match self {
            Self::Identity => 0,
            Self::Gzip => 64 * 1024,
            Self::Zstd => 1 << WINDOW_LOG,
        }
    }

    /// The encoding of a request, from all its `Content-Encoding` lines. One upon another is not taken.
    ///
    /// # Errors
    /// 415 `unsupported_content_encoding`.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let lines = request.headers().get_all(CONTENT_ENCODING);
        let given: Vec<String> = lines
            .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
            .map(|name| String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Ok(Self::Identity),
            ["gzip" | "x-gzip"] => Ok(Self::Gzip),
            ["zstd"] => Ok(Self::Zstd),
            _ => Err(
                Problem::new(ProblemCode::UnsupportedContentEncoding).with_detail(format!(
                    "Content-Encoding `{}` is not taken; use gzip, zstd or none",
                    given.join(", ")
                )),
            ),
        }
    }
}

/// The bytes that a body will have, when they are known before it is read.
///
/// # Errors
/// 415 `unsupported_content_encoding`; 413 `payload_too_large` when they are more than `limit`.
pub fn known_length(request: &HttpRequest, limit: u64) -> Result<Option<u64>, Problem> {
    let encoding = Encoding::of(request)?;
    let declared = request.headers().get(CONTENT_LENGTH);
    // The server has refused what is no number.
    let declared: Option<u64> = declared.and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    Ok(declared.filter(|_| encoding == Encoding::Identity))
}

/// Reads a whole body, decoded.
///
/// # Errors
/// 400 `malformed_json`, 408 `request_timeout`, 413 `payload_too_large`, 415 `unsupported_content_encoding`.
pub async fn whole(
    request: &HttpRequest,
    payload: Payload,
    limit: u64,
    patience: Duration,
) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    read_to(&mut bytes, request, payload, limit, patience).await?;
    Ok(bytes)
}

/// As [`whole`], for who counts what was decoded also where the rest was refused.
///
/// # Errors
/// As those of [`whole`].
pub async fn read_to(
    bytes: &mut Vec<u8>,
    request: &HttpRequest,
    payload: Payload,
    limit: u64,
    patience: Duration,
) -> Result<(), Problem> {
    let encoding = Encoding::of(request)?;
    let known = known_length(request, limit)?;
    // Within the limit; what is not written to takes no memory.
    bytes.reserve_exact(usize::try_from(known.unwrap_or(0)).unwrap_or(0));
    let mut reader = decoded(encoding, Incoming::new(payload)).take(limit + 1);
    let reading = tokio::time::timeout(patience, reader.read_to_end(bytes)).await;
    let reading = reading.map_err(|_| {
        Problem::new(ProblemCode::RequestTimeout).with_detail(format!(
            "the body did not arrive within {} s",
            patience.as_secs()
        ))
    })?;
    reading.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(())
}

/// A body as it comes from its connection. Clones share it, so that another can go on where one has stopped.
#[derive(Clone)]
pub struct Incoming {
    /// `None` after its end, and after an error: the server does not say the end then.
    payload: Rc<RefCell<Option<Payload>>>,
}

impl Incoming {
    /// Of a request.
    #[must_use]
    pub fn new(payload: Payload) -> Self {
        Self {
            payload: Rc::new(RefCell::new(Some(payload))),
        }
    }

    /// Reads what is left and throws it away, at most so long: a sender that reads the answer only when it has sent
    /// everything gets to read it.
    pub async fn discard(mut self, patience: Duration) {
        let left = async { while let Some(Ok(_)) = self.next().await {} };
        // There is nothing that could still be said to a sender that has not ended by then.
        drop(tokio::time::timeout(patience, left).await);
    }
}

impl Stream for Incoming {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut payload = self.payload.borrow_mut();
        let next = match payload.as_mut() {
            Some(payload) => ready!(payload.poll_next_unpin(cx)),
            None => None,
        };
        if !matches!(next, Some(Ok(_))) {
            *payload = None;
        }
        Poll::Ready(next).map_err(|error| match error {
            PayloadError::Incomplete(_) => io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the connection ended before the body did, or its transfer coding `chunked` is damaged",
            ),
            PayloadError::EncodingCorrupted => io::Error::new(
                io::ErrorKind::InvalidData,
                "its transfer coding `chunked` is damaged",
            ),
            other => io::Error::other(other),
        })
    }
}

/// A body, decoded. Nothing is decoded ahead of what is read. It ends where the encoded body ends, and nowhere else:
/// behind a frame or a member stands another, or it is an error.
pub fn decoded<S>(encoding: Encoding, body: S) -> Box<dyn AsyncRead + Unpin>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + 'static,
{
    match encoding {
        Encoding::Identity => Box::new(StreamReader::new(body)),
        Encoding::Gzip => Box::new(gzip(StreamReader::new(body))),
        Encoding::Zstd => Box::new(zstd(StreamReader::new(body))),
    }
}

/// As [`decoded`], for who has use for what came before an error.
pub fn decoded_to_the_last<S>(encoding: Encoding, body: S) -> Box<dyn AsyncRead + Unpin>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + 'static,
{
    decoded(encoding, Yielding { body, error: None })
}

/// Lets an error wait until it is asked again: a decoder that hears of it while it decodes forgets what it has decoded.
struct Yielding<S> {
    body: S,
    error: Option<io::Error>,
}

impl<S: Stream<Item = io::Result<Bytes>> + Unpin> Stream for Yielding<S> {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(self.body.poll_next_unpin(cx)) {
            Some(Err(error)) => {
                self.error = Some(error);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }
}

/// The members of a gzip body, one after the other. The decoder of one is not told where another begins, and takes what follows
/// a field that nobody knows for content: so each has a decoder, and a header that is looked at.
struct Members<R> {
    /// `None` between two of them only.
    member: Option<GzipDecoder<Header<R>>>,
}

fn gzip<R: AsyncBufRead + Unpin>(reader: R) -> Members<R> {
    Members {
        member: Some(GzipDecoder::new(Header { reader, read: 0 })),
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Members<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        while let Some(member) = &mut self.member {
            ready!(Pin::new(&mut *member).poll_read(cx, buffer))?;
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                break;
            }
            if ready!(Pin::new(member.get_mut()).poll_fill_buf(cx))?.is_empty() {
                break;
            }
            self.member = self.member.take().map(|ended| {
                let Header { reader, .. } = ended.into_inner();
                GzipDecoder::new(Header { reader, read: 0 })
            });
        }
        Poll::Ready(Ok(()))
    }
}

/// The same bytes, unless the member that begins with them says that it has a field that nobody knows (RFC 1952 §2.3.1.2).
struct Header<R> {
    reader: R,
    /// So many bytes of the member were read.
    read: usize,
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Header<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        const FLAGS: usize = 3;
        const RESERVED: u8 = 0b1110_0000;
        let at = FLAGS.checked_sub(self.read);
        let chunk = ready!(Pin::new(&mut self.get_mut().reader).poll_fill_buf(cx))?;
        let flags = at.and_then(|at| chunk.get(at));
        if flags.is_some_and(|flags| flags & RESERVED != 0) {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a gzip header with reserved flags",
            )));
        }
        Poll::Ready(Ok(chunk))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.read = self.read.saturating_add(amount);
        Pin::new(&mut self.reader).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Header<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let chunk = ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = chunk.len().min(buffer.remaining());
        buffer.put_slice(chunk.get(..amount).unwrap_or_default());
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

fn zstd<R: AsyncBufRead>(reader: R) -> ZstdDecoder<R> {
    let window = DParameter::window_log_max(WINDOW_LOG);
    let mut decoder = ZstdDecoder::with_params(reader, &[window]);
    decoder.multiple_members(true);
    decoder
}

/// More than so many bytes.
pub fn too_large(limit: u64) -> Problem {
    Problem::new(ProblemCode::PayloadTooLarge).with_detail(format!(
        "the body must be at most {limit} bytes after decompression"
    ))
}

/// The connection broke, or the encoded body is damaged.
pub fn unreadable(error: &io::Error) -> Problem {
    Problem::new(ProblemCode::MalformedJson)
        .with_detail(format!("the body cannot be read: {error}"))
}
