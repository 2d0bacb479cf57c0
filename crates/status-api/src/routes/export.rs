//! `GET /v1/evaluations/export`: everything that matches, streamed.
//!
//! Pages are read as fast as they are taken, so an export of any length has a few of them in memory. It is complete only when
//! it ends: where something goes wrong half way the answer breaks off, as every client sees, and a client that leaves takes
//! the work with it.

use std::io;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data};
use api::Evaluation;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use service::http::{Caller, Parameters};
use service::problem::{Problem, ProblemCode};
use storage::evaluations::{self, Filter, Position};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::csv;
use crate::openapi::ExportProblems;
use crate::query::{ExportFormat, ExportQuery, FilterParameters};
use crate::state::State;

/// Evaluations in a page; an assessment of a debate may have some hundred KB.
const PAGE: u32 = 50;
/// Exports under way at once: each has a few pages in memory.
pub(crate) const MAX_EXPORTS: usize = 8;

/// An export under way.
struct Export {
    state: State,
    caller: Caller,
    filter: Filter,
    format: ExportFormat,
    after: Option<Position>,
    is_over: bool,
    _permit: OwnedSemaphorePermit,
}

/// What the work hands to the answer.
enum Part {
    Page(Bytes),
    /// Nothing is missing.
    End,
}

/// All evaluations that match, the newest first.
///
/// `jsonl` has a line for each: the evaluation as it is alone. `csv` has a row for each, in columns that stay the same; a text
/// that a spreadsheet would take for a formula has an apostrophe before it. An answer that ends without the last chunk is not
/// complete.
#[utoipa::path(
    get,
    path = "/v1/evaluations/export",
    operation_id = "export_evaluations",
    params(
        FilterParameters,
        ("format" = inline(Option<ExportFormat>), Query, description = "Absent: `jsonl`."),
    ),
    responses(
        (status = 200, description = "Everything that matches.", content(
            (Evaluation = "application/x-ndjson"),
            (String = "text/csv")
        )),
        ExportProblems
    )
)]
pub(crate) async fn export(
    state: Data<State>,
    caller: Caller,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let ExportQuery { filter, format } = ExportQuery::read(parameters)?;
    let permit = state.exports.clone().try_acquire_owned();
    let mut export = Export {
        state: state.get_ref().clone(),
        caller,
        filter,
        format,
        after: None,
        is_over: false,
        _permit: permit.map_err(|_| {
            Problem::new(ProblemCode::Overloaded)
                .with_detail("too many exports are under way; try again when one has ended")
        })?,
    };
    // Before the head of the answer: what goes wrong here is a problem like any other.
    let first = export.page().await?;
    let head = match format {
        ExportFormat::Jsonl => String::new(),
        ExportFormat::Csv => csv::header(),
    };
    let (sender, parts) = mpsc::channel(1);
    // Goes with the answer: nobody reads on for a client that has left.
    let mut work = JoinSet::new();
    work.spawn(export.run(sender).in_current_span());
    let begun = stream::iter([Bytes::from(head), first].map(Ok));
    let pages = begun
        .chain(rest(parts, work))
        .try_filter(|page| std::future::ready(!page.is_empty()));
    let (media_type, name) = match format {
        ExportFormat::Jsonl => ("application/x-ndjson", "evaluations.jsonl"),
        ExportFormat::Csv => ("text/csv; charset=utf-8", "evaluations.csv"),
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .streaming(Box::pin(pages)))
}

/// The pages until the end; an error where there is none.
fn rest(
    parts: Receiver<Part>,
    work: JoinSet<()>,
) -> impl futures::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((parts, work), |(mut parts, work)| async move {
        match parts.recv().await {
            Some(Part::Page(page)) => Ok(Some((page, (parts, work)))),
            Some(Part::End) => Ok(None),
            None => Err(io::Error::other("the export broke off")),
        }
    })
}

impl Export {
    async fn run(mut self, parts: Sender<Part>) {
        let patience = self.state.settings.http.request_timeout;
        if let Err(error) = self.send_all(&parts, patience).await {
            tracing::warn!(%error, "an export broke off");
        }
    }

    async fn send_all(&mut self, parts: &Sender<Part>, patience: Duration) -> anyhow::Result<()> {
        while !self.is_over {
            anyhow::ensure!(
                self.caller.recheck().await.is_ok(),
                "its key is good no more"
            );
            let page = self.page().await?;
            send(parts, Part::Page(page), patience).await?;
        }
        send(parts, Part::End, patience).await
    }

    /// The next page as it is sent.
    async fn page(&mut self) -> Result<Bytes, Problem> {
        let page = evaluations::list_whole(
            &self.state.database,
            &self.caller.tenant,
            &self.filter,
            PAGE,
            self.after,
        )
        .await?;
        self.after = page.next;
        self.is_over = page.next.is_none();
        let mut out = String::new();
        for evaluation in page.items {
            let evaluation = representation::evaluation(evaluation, None);
            match self.format {
                ExportFormat::Jsonl => {
                    out += &serde_json::to_string(&evaluation).map_err(Problem::internal)?;
                    out.push('\n');
                }
                ExportFormat::Csv => {
                    csv::write(&evaluation, &mut out).map_err(Problem::internal)?;
                }
            }
        }
        Ok(out.into())
    }
}

/// As soon as there is room, and not for ever: a client that takes nothing would keep its place.
async fn send(parts: &Sender<Part>, part: Part, patience: Duration) -> anyhow::Result<()> {
    let room = tokio::time::timeout(patience, parts.reserve()).await;
    let room = room.map_err(|_| anyhow::anyhow!("its client takes nothing any more"))?;
    room?.send(part);
    Ok(())
}
