//! `POST /v1/evaluations/batch`: NDJSON, streamed in and out.
//!
//! Lines are taken in small groups, each group in one transaction, and answered in order as they come, so a
//! batch may be of any length. It goes on while its sender does not read yet, and keeps the answers for it: most
//! clients send all before they read.

mod answers;
mod lines;

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{BatchAnswer, Submission};
use service::http::body::{self, Encoding, Incoming, Line, Lines};
use service::http::{Caller, CorrelationId, expect_media_type};
use service::problem::{Problem, ProblemCode};
use storage::evaluations::Submitted;
use tokio::io::{AsyncBufRead, BufReader};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use self::answers::Answers;
use self::lines::Item;
use super::evaluations::origin;
use crate::intake::{self, Origin, Trace};
use crate::memory::Reservation;
use crate::openapi::BatchProblems;
use crate::state::State;

/// Lines in a group at most.
const GROUP_LINES: usize = 100;
/// A group ends when this many bytes were read for it, blank lines and such that are too long among them.
const GROUP_BYTES: usize = 1024 * 1024;
/// Whose key is good no more does not wait for longer until it may send again.
const RECHECK: Duration = Duration::from_secs(5);

/// Posts many things to be judged.
///
/// A line each way: a submission in, a `BatchAnswer` out, in order and streamed. A line that is refused spoils only itself.
#[utoipa::path(
    post,
    path = "/v1/evaluations/batch",
    operation_id = "post_batch",
    request_body(content = Option<Submission>, content_type = "application/x-ndjson", description = "A submission a line, of any number."),
    responses(
        (status = 200, description = "A line for each.", content_type = "application/x-ndjson", body = BatchAnswer),
        BatchProblems
    )
)]
pub(crate) async fn post(
    state: Data<State>,
    caller: Caller,
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
    let encoding = Encoding::of(&request)?;
    let limit = state.settings.http.body_limit;
    // A group and the line that did not fit into it any more.
    let most = limit + GROUP_BYTES as u64 + encoding.memory();
    let memory = state.body_memory.reserve(&caller.tenant, most)?;
    let incoming = Incoming::new(payload);
    let reader = BufReader::new(body::decoded_to_the_last(encoding, incoming.clone()));
    let batch = Batch {
        origin: origin(caller.clone(), &correlation_id, Trace::Own),
        caller,
        lines: Lines::new(reader, limit),
        state: state.get_ref().clone(),
        index: 0,
        ended: false,
        _memory: memory,
    };
    let (answers, stream) = answers::channel(&state);
    // Goes with the response: nobody takes lines whose answers nobody can get any more.
    let mut work = JoinSet::new();
    work.spawn_local(batch.run(answers, incoming).in_current_span());
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(stream.of(work)))
}

struct Batch<R> {
    state: State,
    caller: Caller,
    origin: Origin,
    lines: Lines<R>,
    /// Of the next line, from 0; blank lines do not count.
    index: u64,
    ended: bool,
    _memory: Reservation,
}

impl<R: AsyncBufRead + Unpin> Batch<R> {
    /// Takes line after line. What ends it before the body ends is said in the last line of the answer.
    async fn run(mut self, answers: Answers, incoming: Incoming) {
        let patience = self.state.settings.http.request_timeout;
        while !self.ended {
            // Nothing is taken whose answer there is no room for.
            let (group, room) = match answers.room(patience).await {
                Ok(room) => (self.read_group().await, Some(room)),
                Err(problem) => (self.end_with(problem), None),
            };
            let bytes = self.lines.take_read();
            self.caller.limits().have_read(&self.caller.tenant, bytes);
            // A batch may take hours: longer than its key is good.
            let group = match self.caller.recheck().await {
                Ok(()) => group,
                Err(problem) => self.end_with(problem),
            };
            let lines = self.take(group).await;
            if let Err(error) = answers.send(&lines, room) {
                tracing::debug!(%error, "the sender of a batch has gone");
                return;
            }
        }
        // Who has not sent everything yet may not read before it has.
        drop(self);
        incoming.discard(patience).await;
    }

    fn end_with(&mut self, problem: Problem) -> Vec<Item> {
        self.ended = true;
        vec![Item::Bad(problem)]
    }

    async fn read_group(&mut self) -> Vec<Item> {
        // No faster than its tenant may send: the rest waits at the sender.
        while let Some(wait) = self.caller.limits().until_bytes(&self.caller.tenant) {
            tokio::time::sleep(wait.min(RECHECK)).await;
            if let Err(problem) = self.caller.recheck().await {
                return self.end_with(problem);
            }
        }
        let http = &self.state.settings.http;
        let (bound, limit) = (http.request_timeout, http.body_limit);
        // Of the whole group: what is no line must not keep it open.
        let end = Instant::now() + bound;
        let mut items = Vec::new();
        while items.len() < GROUP_LINES && self.lines.read() < GROUP_BYTES {
            // A sender that is slow gets the answers to what it has sent, also in the middle of a line.
            let until = if items.is_empty() {
                end
            } else {
                end.min(Instant::now() + Duration::from_millis(50))
            };
            match tokio::time::timeout_at(until, self.lines.next()).await {
                Ok(Ok(Some(Line::Text(line)))) if lines::is_blank(&line) => {}
                Ok(Ok(Some(Line::Skipped))) => {}
                Ok(Ok(Some(Line::Text(line)))) => items.push(Item::Text(line)),
                Ok(Ok(Some(Line::TooLong))) => items.push(Item::Bad(body::too_large(limit))),
                Ok(Ok(None)) => {
                    self.ended = true;
                    break;
                }
                Ok(Err(error)) => {
                    items.extend(self.end_with(body::unreadable(&error)));
                    break;
                }
                Err(_) if items.is_empty() => {
                    let late = Problem::new(ProblemCode::RequestTimeout)
                        .with_detail(format!("no line came within {} s", bound.as_secs()));
                    return self.end_with(late);
                }
                Err(_) => break,
            }
        }
        items
    }

    async fn take(&mut self, group: Vec<Item>) -> Vec<BatchAnswer> {
        let mut read = Vec::with_capacity(group.len());
        let mut spans = Vec::with_capacity(group.len());
        for item in group {
            let item = match item {
                Item::Text(line) => {
                    intake::read(&self.state, self.origin.clone(), None, line).await
                }
                Item::Bad(problem) => Err(problem),
            };
            let span = item.as_ref().map(|incoming| incoming.span.clone());
            spans.push(span.unwrap_or_else(|_| Span::current()));
            read.push(item);
        }
        let taken = self.state.store.submit_all(read).await;
        let mut lines = Vec::with_capacity(taken.len());
        for (answer, span) in taken.into_iter().zip(spans) {
            let index = self.index;
            self.index += 1;
            span.in_scope(|| report(index, &answer));
            lines.push(match answer {
                Ok(submitted) => BatchAnswer::Accepted {
                    index,
                    id: submitted.id,
                    status: submitted.state.into(),
                    created: submitted.created,
                },
                Err(problem) => BatchAnswer::Refused {
                    index,
                    error: problem
                        .with_correlation_id(self.origin.correlation_id.clone())
                        .document(),
                },
            });
        }
        lines
    }
}

/// As for a single post: one line for each evaluation, in its own span, by whose id and trace it is followed.
fn report(index: u64, answer: &Result<Submitted, Problem>) {
    match answer {
        Ok(submitted) => tracing::info!(
            model = submitted.model,
            created = submitted.created,
            index,
            "evaluation accepted"
        ),
        Err(problem) => {
            tracing::debug!(index, code = %problem.code(), "a line of a batch was refused");
        }
    }
}
