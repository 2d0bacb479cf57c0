//! `GET /v1/evaluations/{id}/calls` and `…/calls/{step}`.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path};
use api::{Call, CallDetail, Page, PromptMessage};
use domain::EvaluationId;
use domain::json::Json;
use domain::plan::Plan;
use domain::submission;
use judging::{Answer, Message, Next, Replies, Reply, Role, StepKey};
use service::http::{Caller, Parameters};
use service::problem::{Problem, ProblemCode};
use storage::payloads;
use storage::plans::{self, Stored};
use storage::replies::{self, RecordedCall};
use uuid::Uuid;

use super::evaluations::not_found;
use crate::openapi::ReadProblems;
use crate::query::wrong;
use crate::state::State;
use crate::views;

/// The judge calls of an evaluation whose replies are recorded, in the order in which they came.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/calls",
    operation_id = "list_calls",
    params(("id" = EvaluationId, Path, description = "The evaluation's id.")),
    responses(
        (status = 200, description = "All of them, on one page.", content_type = "application/json", body = Page<Call>),
        ReadProblems
    )
)]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let calls = recorded(&state, &caller, EvaluationId(*id)).await?;
    Ok(HttpResponse::Ok().json(Page {
        items: calls.iter().map(views::call).collect::<Vec<_>>(),
        next_cursor: None,
    }))
}

/// A judge call with its prompt and its reply.
#[utoipa::path(
    get,
    path = "/v1/evaluations/{id}/calls/{step}",
    operation_id = "get_call",
    params(
        ("id" = EvaluationId, Path, description = "The evaluation's id."),
        ("step" = String, Path, description = "The call's `step`."),
        ("round" = Option<i32>, Query, description = "The call's `round`, where its step was asked again; without it, the newest."),
    ),
    responses(
        (status = 200, description = "The call.", content_type = "application/json", body = CallDetail),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    path: Path<(Uuid, String)>,
    parameters: Parameters,
) -> Result<HttpResponse, Problem> {
    let (id, step) = path.into_inner();
    let round = round(parameters)?;
    let id = EvaluationId(id);
    let calls = recorded(&state, &caller, id).await?;
    let is_asked = |call: &RecordedCall<Reply>| {
        call.step == step && round.is_none_or(|round| call.round == round)
    };
    let index = calls.iter().rposition(is_asked);
    let found = index.and_then(|index| calls.get(index)).ok_or_else(|| {
        Problem::new(ProblemCode::NotFound)
            .with_detail(format!("no call `{step}` of evaluation {id} is recorded"))
    })?;
    let call = views::call(found);
    let reply = match found.reply.as_ref().map(|reply| &reply.answer) {
        Some(Answer::Text { text, .. }) => Some(text.clone()),
        Some(Answer::Refused { message }) => Some(message.clone()),
        Some(Answer::ContentFiltered | Answer::ContextTooLong) | None => None,
    };
    let (database, tenant) = (&state.database, &caller.tenant);
    let payload = payloads::load(database, tenant, id).await?;
    let plan = plans::load(database, tenant, id).await?;
    let (prompt, reply) = match plan {
        Some(Stored::Known(plan)) => {
            // Whoever knows the mark could forge a fence.
            let reply = reply.map(|text| judging::without_mark(&text, &plan.nonce));
            let (round, readable) = (found.round, found.reply.is_some());
            let prompt = match payload.filter(|_| readable) {
                // As long as judging a payload of some megabytes.
                Some(payload) => web::block(move || {
                    let made = prompt(&payload, &plan, calls, &StepKey(step), round);
                    made.map(|messages| without_mark(messages, &plan.nonce))
                })
                .await
                .map_err(Problem::internal)?,
                None => None,
            };
            (prompt, reply)
        }
        // Its mark cannot be read, and so not be taken out.
        Some(Stored::Newer { .. }) => (None, None),
        None => (None, reply),
    };
    Ok(HttpResponse::Ok().json(CallDetail {
        call,
        prompt,
        reply,
    }))
}

/// The round that is asked for.
fn round(parameters: Parameters) -> Result<Option<i32>, Problem> {
    let mut round = None;
    for (key, value) in parameters.0 {
        match key.as_str() {
            "round" => {
                let number = value.parse().ok().filter(|number| *number > 0);
                round =
                    Some(number.ok_or_else(|| wrong("round", "must be a whole number from 1"))?);
            }
            _ => return Err(wrong(&key, "is unknown; known here: round")),
        }
    }
    Ok(round)
}

async fn recorded(
    state: &State,
    caller: &Caller,
    id: EvaluationId,
) -> Result<Vec<RecordedCall<Reply>>, Problem> {
    let calls = replies::calls(&state.database, &caller.tenant, id, Reply::VERSION).await?;
    calls.ok_or_else(|| not_found(id))
}

/// The prompt of a step, made as it was made then: judging goes on from each reply to the next calls, until the step is
/// among them. `None` where this release writes it otherwise.
fn prompt(
    payload: &[u8],
    plan: &Plan,
    calls: Vec<RecordedCall<Reply>>,
    step: &StepKey,
    round: i32,
) -> Option<Vec<PromptMessage>> {
    let json = Json::parse(payload).ok()?;
    let submission = submission::parse_accepted(&json).ok()?;
    let version = &plan.prompt_version;
    if !judging::writes_prompt(version, &plan.strategy, &submission, &plan.rubric) {
        return None;
    }
    let calls: Vec<_> = calls
        .into_iter()
        .filter(|call| call.round <= round)
        .collect();
    let request = |step: &StepKey| {
        let call = calls.iter().rfind(|call| call.step == step.0)?;
        Some((call.round, call.request.clone()?))
    };
    // One request for several choices put the question of the first.
    let is_of_request_of = |first: &StepKey| {
        let own = request(step);
        own.is_some() && own == request(first)
    };
    let mut later: Replies = calls
        .iter()
        .filter_map(|call| Some((StepKey(call.step.clone()), call.reply.clone()?)))
        .collect();
    let mut known = Replies::new();
    loop {
        let Next::Calls(wanted) = judging::next(plan, &submission, &known) else {
            return None;
        };
        if let Some(call) = wanted.iter().find(|call| call.step == *step) {
            let first = call.alike.as_ref().filter(|first| is_of_request_of(first));
            let first = first.and_then(|first| wanted.iter().find(|call| call.step == *first));
            let sent = first.unwrap_or(call);
            return Some(sent.messages.iter().map(message).collect());
        }
        let before = known.len();
        for call in wanted {
            if let Some(reply) = later.remove(&call.step) {
                known.insert(call.step, reply);
            }
        }
        if known.len() == before {
            return None;
        }
    }
}

fn without_mark(mut messages: Vec<PromptMessage>, nonce: &str) -> Vec<PromptMessage> {
    for message in &mut messages {
        message.content = judging::without_mark(&message.content, nonce);
    }
    messages
}

fn message(message: &Message) -> PromptMessage {
    PromptMessage {
        role: match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
        .to_owned(),
        content: message.content.clone(),
    }
}
