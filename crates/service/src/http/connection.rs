//! A connection whose every error is a problem document.
//!
//! What cannot be read as a request at all never reaches a handler: the server answers it with a head and no body,
//! and has no hook for that. Such an answer is known by what it is: the whole of what is written to the connection at
//! that moment, an error without a body and without our correlation id.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::ResponseError as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{CORRELATION_HEADER, CorrelationId};
use crate::problem::{Problem, ProblemCode};

/// A connection whose every error is a problem document.
pub(super) struct Connection<T> {
    io: T,
    /// What is written in place of what the server wrote.
    ours: Vec<u8>,
    /// Whether the next byte begins something new, not the rest of what was cut short.
    whole: bool,
}

impl<T> Connection<T> {
    pub(super) fn new(io: T) -> Self {
        Self {
            io,
            ours: Vec::new(),
            whole: true,
        }
    }
}

impl<T: AsyncWrite + Unpin> Connection<T> {
    fn poll_ours(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.ours.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.ours))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.ours.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_ours(cx))?;
        if let Some(ours) = this.whole.then(|| in_place_of(bytes)).flatten() {
            this.ours = ours;
            // What does not go now goes with the next flush.
            return match this.poll_ours(cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                _ => Poll::Ready(Ok(bytes.len())),
            };
        }
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, bytes))?;
        this.whole = written == bytes.len();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_ours(cx))?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_ours(cx))?;
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buffer)
    }
}

/// The answer that stands in place of one of the server's own; `None` when it is another's.
fn in_place_of(answer: &[u8]) -> Option<Vec<u8>> {
    // All others: a success, or the size of a chunk.
    if !(answer.starts_with(b"HTTP/1.1 4") || answer.starts_with(b"HTTP/1.1 5")) {
        return None;
    }
    let head = str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let (first, lines) = head.split_once("\r\n")?;
    let status: u16 = first.get(9..12)?.parse().ok()?;
    let lines: Vec<&str> = lines.split("\r\n").collect();
    let is = |line: &str, name: &str| {
        let found = line.split_once(':').map(|(found, _)| found);
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    let has_none = lines.contains(&"content-length: 0");
    if !has_none || lines.iter().any(|line| is(line, CORRELATION_HEADER)) {
        return None;
    }

    let id = CorrelationId::generate();
    tracing::info!(
        status,
        correlation_id = id.as_str(),
        "no request: refused by the server"
    );
    let problem = problem_of(status).with_correlation_id(id.as_str());
    // It closes the connection, and says so only where nothing was asked on it before.
    let mut ours = format!("{first}\r\nconnection: close\r\n");
    let not_kept = ["content-length", "connection"];
    for line in lines
        .iter()
        .filter(|line| !not_kept.iter().any(|name| is(line, name)))
    {
        ours.push_str(line);
        ours.push_str("\r\n");
    }
    for (name, value) in problem.error_response().headers() {
        ours.push_str(&format!("{name}: {}\r\n", value.to_str().ok()?));
    }
    let body = problem.body();
    ours.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut ours = ours.into_bytes();
    ours.extend_from_slice(&body);
    Some(ours)
}

fn problem_of(status: u16) -> Problem {
    let problem = Problem::new(ProblemCode::of_status(status));
    match status {
        400 => {
            problem.with_detail("this is no HTTP/1.1 request, or one that can be read in two ways")
        }
        408 => problem.with_detail("the head of the request did not arrive in time"),
        431 => problem.with_detail("the head of a request may have 128 KiB and 96 headers"),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const BARE: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";

    async fn written(pieces: &[&[u8]], capacity: usize) -> String {
        let (ours, mut theirs) = duplex(capacity);
        let mut connection = Connection::new(ours);
        let writing = async {
            for piece in pieces {
                connection.write_all(piece).await.unwrap();
                connection.flush().await.unwrap();
            }
            connection.shutdown().await.unwrap();
        };
        let mut read = String::new();
        let (_, found) = tokio::join!(writing, theirs.read_to_string(&mut read));
        found.unwrap();
        read
    }

    #[tokio::test]
    async fn a_bare_error_becomes_a_problem_document() {
        let good = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx";
        // Also where little is taken at a time.
        for capacity in [1_000, 7] {
            let all = written(&[good.as_bytes(), BARE.as_bytes()], capacity).await;
            let answer = all.strip_prefix(good).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(
                head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ndate: x\r\n"),
                "{head}"
            );
            assert!(
                head.contains("\r\ncontent-type: application/problem+json"),
                "{head}"
            );
            assert!(
                head.ends_with(&format!("\r\ncontent-length: {}", body.len())),
                "{head}"
            );
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(problem["code"], "invalid_header");
            let id = problem["correlation_id"].as_str().unwrap();
            assert!(
                head.contains(&format!("\r\nx-correlation-id: {id}\r\n")),
                "{head}"
            );
        }
    }

    #[tokio::test]
    async fn all_else_is_written_as_it_is() {
        let ours = BARE.replace("date", "X-Correlation-ID");
        let with_body = BARE
            .replace("length: 0", "length: 2")
            .replace("\r\n\r\n", "\r\n\r\n{}");
        let cut = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{BARE}",
            BARE.len()
        );
        for text in [ours, with_body, cut, BARE.replace("400", "204")] {
            for capacity in [1_000, 7] {
                assert_eq!(written(&[text.as_bytes()], capacity).await, text);
            }
        }
        // The rest of a body that looks like a bare error, where the first piece was not taken as a whole.
        let mut connection = Connection::new(duplex(64).0);
        connection.whole = false;
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let polled = Pin::new(&mut connection).poll_write(&mut cx, BARE.as_bytes());
        assert!(connection.ours.is_empty(), "{polled:?}");
    }
}
