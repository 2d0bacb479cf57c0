//! `POST /v1/evaluations/batch`: NDJSON, streamed in and out.
//!
//! Lines are taken in small groups, each group in one transaction, and answered in order as they come, so a
//! batch may be of any length and needs the memory of one group.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures::Stream;
use serde::Serialize;
use service::http::{CorrelationId, expect_media_type};
use service::problem::{Problem, ProblemCode};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};
use tokio::sync::OwnedSemaphorePermit;

use super::evaluations::origin;
use crate::body;
use crate::intake::{self, Origin};
use crate::state::State;

/// Lines in a group at most.
const GROUP_LINES: usize = 100;
/// A group ends when its lines have this many bytes.
const GROUP_BYTES: usize = 1024 * 1024;

/// One line of the answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Taken {
        index: u64,
        id: String,
        status: &'static str,
        created: bool,
    },
    Refused {
        index: u64,
        error: Problem,
    },
}

pub(crate) async fn post(
    state: Data<State>,
    correlation_id: CorrelationId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    const TYPES: [&str; 4] = [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/json",
    ];
    expect_media_type(&request, &TYPES)?;
    if request.headers().contains_key("idempotency-key") {
        return Err(Problem::new(ProblemCode::InvalidHeader)
            .with_detail("a batch takes no Idempotency-Key: each line is known by its content"));
    }
    // A group and the line that did not fit into it any more.
    let memory = body::reserve(&state, state.settings.http.body_limit + GROUP_BYTES as u64)?;
    let reader = BufReader::new(body::decoded(&request, payload)?);
    let batch = Batch {
        origin: origin(&state, &correlation_id),
        lines: Lines::new(reader, state.settings.http.body_limit),
        state: state.get_ref().clone(),
        index: 0,
        ended: false,
        _memory: memory,
    };
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(batch.answers()))
}

struct Batch<R> {
    state: State,
    origin: Origin,
    lines: Lines<R>,
    /// Of the next line, from 0; blank lines do not count.
    index: u64,
    ended: bool,
    _memory: OwnedSemaphorePermit,
}

/// A line as it was read.
enum Item {
    Text(Vec<u8>),
    Bad(Problem),
}

impl<R: AsyncBufRead + Unpin> Batch<R> {
    /// The answer, group by group; nothing is read before the answer to the last group was taken.
    fn answers(self) -> impl Stream<Item = Result<Bytes, Problem>> {
        futures::stream::unfold(self, |mut batch| async move {
            if batch.ended {
                return None;
            }
            let group = batch.read_group().await;
            let lines = batch.take(group).await;
            let mut bytes = Vec::new();
            for line in lines {
                if let Err(error) = serde_json::to_writer(&mut bytes, &line) {
                    return Some((Err(Problem::internal(error)), batch));
                }
                bytes.push(b'\n');
            }
            Some((Ok(Bytes::from(bytes)), batch))
        })
    }

    async fn read_group(&mut self) -> Vec<Item> {
        let (mut items, mut size) = (Vec::new(), 0);
        while items.len() < GROUP_LINES && size < GROUP_BYTES {
            let bound = self.state.settings.http.request_timeout;
            // A sender that is slow gets the answers to what it has sent, also in the middle of a line.
            let patience = if items.is_empty() {
                bound
            } else {
                Duration::from_millis(50)
            };
            match tokio::time::timeout(patience, self.lines.next()).await {
                Ok(Ok(Some(Item::Text(line)))) if line.trim_ascii().is_empty() => {}
                Ok(Ok(Some(item))) => {
                    size += if let Item::Text(line) = &item {
                        line.len()
                    } else {
                        0
                    };
                    items.push(item);
                }
                Ok(Ok(None)) => {
                    self.ended = true;
                    break;
                }
                Ok(Err(error)) => {
                    self.ended = true;
                    items.push(Item::Bad(body::unreadable(&error)));
                    break;
                }
                Err(_) if items.is_empty() => {
                    self.ended = true;
                    items.push(Item::Bad(
                        Problem::new(ProblemCode::RequestTimeout)
                            .with_detail(format!("no line came within {} s", bound.as_secs())),
                    ));
                    break;
                }
                Err(_) => break,
            }
        }
        items
    }

    async fn take(&mut self, group: Vec<Item>) -> Vec<Line> {
        let mut read = Vec::with_capacity(group.len());
        for item in group {
            read.push(match item {
                Item::Text(line) => {
                    intake::read(&self.state, self.origin.clone(), None, line).await
                }
                Item::Bad(problem) => Err(problem),
            });
        }
        let taken = self.state.store.take(read).await;
        let mut lines = Vec::with_capacity(taken.len());
        for answer in taken {
            let index = self.index;
            self.index += 1;
            lines.push(match answer {
                Ok(submitted) => Line::Taken {
                    index,
                    id: submitted.id.to_string(),
                    status: submitted.state.status(),
                    created: submitted.created,
                },
                Err(problem) => Line::Refused {
                    index,
                    error: problem.with_correlation_id(self.origin.correlation_id.clone()),
                },
            });
        }
        lines
    }
}

/// The lines of a body.
struct Lines<R> {
    reader: R,
    limit: usize,
    /// What has come of the next line.
    line: Vec<u8>,
    begun: bool,
    too_long: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            line: Vec::new(),
            begun: false,
            too_long: false,
        }
    }

    /// Reads one line. One that is too long is skipped to its end without being held. Dropping the future loses
    /// nothing: the next call goes on in the middle of the line.
    async fn next(&mut self) -> std::io::Result<Option<Item>> {
        loop {
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(self.begun.then(|| self.whole()));
            }
            self.begun = true;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = buffer
                .get(..end.unwrap_or(buffer.len()))
                .unwrap_or_default();
            if self.line.len() + part.len() > self.limit {
                self.too_long = true;
                self.line = Vec::new();
            }
            if !self.too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(self.whole()));
            }
        }
    }

    fn whole(&mut self) -> Item {
        let line = std::mem::take(&mut self.line);
        self.begun = false;
        if std::mem::take(&mut self.too_long) {
            Item::Bad(body::too_large(self.limit as u64))
        } else {
            Item::Text(line)
        }
    }
}
