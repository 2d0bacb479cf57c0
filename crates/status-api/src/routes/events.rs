//! `GET /v1/evaluations/{id}/events`: what happens to an evaluation as server-sent events (WHATWG HTML §9.2).

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use api::{Progress, ServerSentEvent};
use domain::EvaluationId;
use serde::Serialize;
use service::http::{Caller, single};
use service::problem::{Problem, ProblemCode};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::evaluations::not_found;
use crate::hub::{Snapshot, Watch};
use crate::openapi::StreamProblems;
use crate::state::State;

const LAST_EVENT_ID: &str = "Last-Event-ID";
/// A comment this often keeps proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// When to look again after the database could not be read.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// What happens to an evaluation, as it happens.
///
/// Events: `progress` (the evaluation, or only its progress, is another), `call` (a reply is recorded), `done` (the evaluation
/// itself, as it ended; the stream ends with it). The `id` is the event's `seq`; what is only progress has none.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/events",
    operation_id = "stream_events",
    params(
        ("id" = EvaluationId, Path, description = "The evaluation's id."),
        ("Last-Event-ID" = Option<i32>, Header, description = "The stream goes on behind this event."),
    ),
    responses(
        (status = 200, description = "The events, those that have happened first.", content_type = "text/event-stream", body = ServerSentEvent),
        (status = 204, description = "The reader has seen the last one: there is nothing to reconnect for."),
        StreamProblems
    )
)]
pub(crate) async fn stream(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id = EvaluationId(*id);
    let after = last_event_id(&request)?;
    // Before the first look, so that no change falls between the two.
    let mut watch = state.hub.watch(id);
    let snapshot = watch.snapshot(&state, &caller.tenant).await?;
    let snapshot = snapshot.ok_or_else(|| not_found(id))?;
    let last = snapshot.events.last().map_or(0, |event| event.seq);
    if snapshot.evaluation.status.is_terminal() && after >= last {
        return Ok(HttpResponse::NoContent().finish());
    }
    let permit = Arc::clone(&state.streams)
        .try_acquire_owned()
        .map_err(|_| {
            Problem::new(ProblemCode::Overloaded).with_detail("too many streams of events are open")
        })?;
    let reader = Reader {
        state,
        caller,
        watch,
        after,
        told: None,
        is_done: false,
        _permit: permit,
    };
    let chunks = futures::stream::unfold(reader, |mut reader| async {
        let chunk = reader.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), reader))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(chunks))
}

fn last_event_id(request: &HttpRequest) -> Result<i32, Problem> {
    let Some(value) = single(request.headers(), LAST_EVENT_ID)? else {
        return Ok(0);
    };
    let number = value
        .to_str()
        .ok()
        .and_then(|text| text.parse::<i32>().ok());
    number.filter(|number| *number >= 0).ok_or_else(|| {
        Problem::new(ProblemCode::InvalidHeader).with_detail(format!(
            "{LAST_EVENT_ID} must be the id of an event of this stream"
        ))
    })
}

/// One reader of a stream.
struct Reader {
    state: Data<State>,
    caller: Caller,
    watch: Watch,
    /// The last event that was sent.
    after: i32,
    /// The progress that was told last.
    told: Option<Progress>,
    is_done: bool,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    /// What is sent next, as soon as there is something; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_done {
            return None;
        }
        loop {
            // One whose key was revoked is told nothing more.
            if self.caller.recheck().await.is_err() {
                return None;
            }
            let mut pause = KEEP_ALIVE;
            match self.watch.snapshot(&self.state, &self.caller.tenant).await {
                Ok(Some(snapshot)) => {
                    let news = self.news(&snapshot);
                    if !news.is_empty() {
                        return Some(news.into());
                    }
                }
                // Retention took it.
                Ok(None) => return None,
                // The record is out of reach for now. Its reader is told nothing that is not so.
                Err(_) => pause = RETRY_INTERVAL,
            }
            tokio::select! {
                () = self.watch.changed() => {}
                () = self.state.shutdown.cancelled() => return None,
                _ = self.caller.rejected() => return None,
                () = tokio::time::sleep(pause) => return Some(Bytes::from_static(b": \n\n")),
            }
        }
    }

    /// What of a snapshot was not sent yet.
    fn news(&mut self, snapshot: &Snapshot) -> String {
        let mut text = String::new();
        let has_ended = snapshot.evaluation.status.is_terminal();
        let mut last = None;
        for event in &snapshot.events {
            if event.seq <= self.after {
                continue;
            }
            self.after = event.seq;
            let is_last = has_ended && Some(event) == snapshot.events.last();
            if is_last && event.is_terminal() {
                last = Some(event.seq);
            } else if event.kind == "call" {
                write_event(&mut text, "call", Some(event.seq), event);
            } else {
                let data = snapshot.progress(Some(event.clone()));
                self.told = Some(data.progress.clone());
                write_event(&mut text, "progress", Some(event.seq), &data);
            }
        }
        let progress = &snapshot.evaluation.progress;
        if has_ended {
            // One that a release before ended has no event of it.
            write_event(&mut text, "done", last, &snapshot.evaluation);
            self.is_done = true;
        } else if self.told.as_ref() != Some(progress) {
            self.told = Some(progress.clone());
            write_event(&mut text, "progress", None, &snapshot.progress(None));
        }
        text
    }
}

/// One event. JSON has no line breaks in it, so its data is one line.
fn write_event(text: &mut String, name: &str, id: Option<i32>, data: &impl Serialize) {
    let Ok(data) = serde_json::to_string(data) else {
        tracing::error!(name, "an event cannot be written");
        return;
    };
    if let Some(id) = id {
        text.push_str(&format!("id: {id}\n"));
    }
    text.push_str(&format!("event: {name}\ndata: {data}\n\n"));
}
