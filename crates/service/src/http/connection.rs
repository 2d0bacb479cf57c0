//! A connection whose every error is a problem document.
//!
//! What cannot be read as a request at all never reaches a handler: the server answers it with a head and no body,
//! and has no hook for that. Such an answer is known by what it is: an error without a body and without our correlation
//! id, at a place where an answer begins.

mod chunks;
mod framing;
mod target;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::ResponseError as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{CORRELATION_HEADER, CorrelationId};
use crate::problem::{Problem, ProblemCode};

use chunks::Chunks;
use framing::Framing;
use target::Target;

/// A connection whose every error is a problem document.
pub(super) struct Connection<T> {
    io: T,
    /// What is written in place of what the server wrote.
    ours: Vec<u8>,
    written: Framing,
    read: Target,
    bodies: Chunks,
}

impl<T> Connection<T> {
    pub(super) fn new(io: T) -> Self {
        Self {
            io,
            ours: Vec::new(),
            written: Framing::new(),
            read: Target::new(),
            bodies: Chunks::new(),
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
        let bare = this.written.find(bytes, |head| fields_of(head).is_some());
        if let Some((0, length)) = bare
            && let Some(head) = bytes.get(..length)
            && let Some(ours) = in_place_of(head, this.read.was_too_long())
        {
            this.written.follow(head);
            this.ours = ours;
            // What does not go now goes with the next flush.
            return match this.poll_ours(cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                _ => Poll::Ready(Ok(length)),
            };
        }
        // First what stands before it.
        let before = bare.map(|(from, _)| from).filter(|from| *from > 0);
        let piece = before.and_then(|from| bytes.get(..from)).unwrap_or(bytes);
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, piece))?;
        this.written
            .follow(piece.get(..written).unwrap_or_default());
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
        let this = self.get_mut();
        if this.bodies.are_damaged() {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.io).poll_read(cx, buffer);
        let bytes = buffer.filled().get(before..).unwrap_or_default();
        this.read.follow(bytes);
        let sound = this.bodies.follow(bytes);
        buffer.set_filled(before + sound);
        polled
    }
}

/// The lines of a head, where it is one of the server's own errors; `None` when it is another's.
fn fields_of(head: &[u8]) -> Option<(&str, Vec<&str>)> {
    // All others: a success.
    if !(head.starts_with(b"HTTP/1.1 4") || head.starts_with(b"HTTP/1.1 5")) {
        return None;
    }
    let head = str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let (first, lines) = head.split_once("\r\n")?;
    let lines: Vec<&str> = lines.split("\r\n").collect();
    let has_none = lines.contains(&"content-length: 0");
    let is_ours = lines.iter().any(|line| is(line, CORRELATION_HEADER));
    (has_none && !is_ours).then_some((first, lines))
}

fn is(line: &str, name: &str) -> bool {
    let found = line.split_once(':').map(|(found, _)| found);
    found.is_some_and(|found| found.eq_ignore_ascii_case(name))
}

/// The answer that stands in place of one of the server's own.
fn in_place_of(head: &[u8], had_long_target: bool) -> Option<Vec<u8>> {
    let (first, lines) = fields_of(head)?;
    let status: u16 = first.get(9..12)?.parse().ok()?;
    let (first, status) = match status {
        400 | 431 if had_long_target => ("HTTP/1.1 414 URI Too Long", 414),
        _ => (first, status),
    };
    let id = CorrelationId::generate();
    tracing::debug!(
        status,
        correlation_id = id.as_str(),
        "no request, refused by the server"
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
        414 => problem.with_detail(format!(
            "the target of a request may have {} bytes",
            target::LONGEST
        )),
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
        let together = format!("{good}{BARE}");
        let apart = [good.as_bytes(), BARE.as_bytes()];
        // Also where little is taken at a time, and where both are written at once.
        for (pieces, capacity) in [
            (&apart[..], 1_000),
            (&apart, 7),
            (&[together.as_bytes()], 1_000),
            (&[together.as_bytes()], 7),
        ] {
            let all = written(pieces, capacity).await;
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

    #[test]
    fn a_target_that_is_too_long_is_said_to_be_that() {
        for status in ["400 Bad Request", "431 Request Header Fields Too Large"] {
            let bare = BARE.replace("400 Bad Request", status);
            let ours = |is_long| {
                let ours = in_place_of(bare.as_bytes(), is_long).unwrap();
                String::from_utf8(ours).unwrap()
            };
            assert!(ours(false).starts_with(&format!("HTTP/1.1 {status}\r\n")));
            let long = ours(true);
            assert!(long.starts_with("HTTP/1.1 414 URI Too Long\r\n"), "{long}");
            assert!(long.contains("\"code\":\"target_too_long\""), "{long}");
        }
        // What has nothing to do with it stays what it is.
        let late = BARE.replace("400 Bad Request", "408 Request Timeout");
        let ours = in_place_of(late.as_bytes(), true).unwrap();
        assert!(ours.starts_with(b"HTTP/1.1 408"));
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
    }
}
