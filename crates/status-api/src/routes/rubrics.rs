//! `GET /v1/rubrics`, `GET /v1/rubrics/{name}[@version]`, `PUT /v1/rubrics/{name}`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api::{Page, RubricVersion};
use domain::fields::Errors;
use domain::json::Json;
use domain::rubric::builtin::{self, BuiltIn};
use domain::rubric::{self, Rubric, RubricReference};
use service::http::{Caller, body, expect_media_type};
use service::problem::{Problem, ProblemCode};
use storage::rubrics::{self, Resolved, Version};

use crate::app::MAX_RUBRIC_BYTES;
use crate::openapi::{AllProblems, PutProblems, ReadProblems};
use crate::state::State;

/// How often a version is tried to be stored when others store the same name at the same time.
const TRIES: u32 = 10;

fn stored_version(version: Version) -> RubricVersion {
    let Version {
        name,
        version,
        rubric,
        created_at,
    } = version;
    RubricVersion::stored(name, version, created_at, rubric)
}

fn built_in_version(found: &BuiltIn) -> RubricVersion {
    RubricVersion::built_in(found.name(), found.version, &found.rubric)
}

/// The newest version of every rubric.
#[utoipa::path(
    get,
    path = "/v1/rubrics",
    operation_id = "list_rubrics",
    responses(
        (status = 200, description = "All of them, on one page.", content_type = "application/json", body = Page<RubricVersion>),
        AllProblems
    )
)]
pub(crate) async fn list(state: Data<State>, caller: Caller) -> Result<HttpResponse, Problem> {
    let mut newest: BTreeMap<String, RubricVersion> = BTreeMap::new();
    for each in builtin::all() {
        let is_newer = newest
            .get(each.name())
            .is_none_or(|other| other.version < each.version);
        if is_newer {
            newest.insert(each.name().to_owned(), built_in_version(each));
        }
    }
    for version in rubrics::newest(&state.database, &caller.tenant).await? {
        newest.insert(version.name.clone(), stored_version(version));
    }
    // The newest first; those that came with the release are older than any. Equals stay in the order of their names.
    let mut items: Vec<RubricVersion> = newest.into_values().collect();
    items.sort_by_key(|shown| Reverse(shown.created_at));
    Ok(HttpResponse::Ok().json(Page {
        items,
        next_cursor: None,
    }))
}

/// A version of a rubric.
#[utoipa::path(
    get,
    path = "/v1/rubrics/{name}",
    operation_id = "get_rubric",
    params(("name" = String, Path, description = "`name` for the newest version, or `name@version`.")),
    responses(
        (status = 200, description = "The version.", content_type = "application/json", body = RubricVersion),
        ReadProblems
    )
)]
pub(crate) async fn get(
    state: Data<State>,
    caller: Caller,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let not_found =
        || Problem::new(ProblemCode::NotFound).with_detail(format!("there is no rubric `{name}`"));
    let reference = rubric::parse_reference(&name).map_err(|_| not_found())?;
    Ok(HttpResponse::Ok().json(
        find(&state, &caller, &reference)
            .await?
            .ok_or_else(not_found)?,
    ))
}

async fn find(
    state: &State,
    caller: &Caller,
    reference: &RubricReference,
) -> Result<Option<RubricVersion>, Problem> {
    let found = rubrics::resolve(&state.database, &caller.tenant, reference).await?;
    Ok(found.map(|found| match found {
        Resolved::Stored(stored) => stored_version(*stored),
        Resolved::BuiltIn(found) => built_in_version(found),
    }))
}

/// Stores a rubric: as a new version, unless the newest one says the same.
#[utoipa::path(
    put,
    path = "/v1/rubrics/{name}",
    operation_id = "put_rubric",
    params(("name" = String, Path, description = "The rubric's name, without a version.")),
    request_body(content = Rubric, content_type = "application/json"),
    responses(
        (status = 201, description = "The new version.", content_type = "application/json", body = RubricVersion),
        (status = 200, description = "The newest version, which says the same.", content_type = "application/json", body = RubricVersion),
        PutProblems
    )
)]
pub(crate) async fn put(
    state: Data<State>,
    caller: Caller,
    name: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    expect_media_type(&request, &["application/json"])?;
    let patience = state.settings.http.request_timeout;
    let body = body::whole(&request, payload, MAX_RUBRIC_BYTES as u64, patience).await?;
    let mut rubric = read(&name, &body)?;
    if let Some(webhook) = &mut rubric.webhook {
        let checked = state
            .webhooks
            .check(&caller.tenant, &webhook.url, "/webhook")
            .await?;
        webhook.url = checked.map_err(|error| Problem::invalid(vec![error]))?;
    }
    let newest = RubricReference {
        name: name.clone(),
        version: None,
    };
    for _ in 0..TRIES {
        let current = find(&state, &caller, &newest).await?;
        if let Some(current) = current.as_ref().filter(|current| current.says(&rubric)) {
            return Ok(HttpResponse::Ok().json(current));
        }
        // Numbering goes on after a built-in rubric of this name, also one of a later release.
        let version = current
            .map_or(0, |current| current.version)
            .max(builtin::newest_version(&name))
            + 1;
        let stored = rubrics::store(&state.database, &caller.tenant, &name, version, &rubric).await;
        if let Some(stored) = stored? {
            tracing::info!(rubric = %name, version, "rubric stored");
            return Ok(HttpResponse::Created().json(stored_version(stored)));
        }
    }
    Err(Problem::new(ProblemCode::Conflict)
        .with_detail("too many others store this rubric at the same time; try again"))
}

fn read(name: &str, body: &[u8]) -> Result<Rubric, Problem> {
    let json = Json::parse(body)?;
    let mut errors = Errors::default();
    if let Err(problem) = rubric::parse_reference(name).and_then(|reference| {
        reference.version.map_or(Ok(()), |_| {
            Err("must not hold a version: that is ours to count")
        })
    }) {
        errors.add("", format!("the name in the path {problem}"));
    }
    let rubric = rubric::parse(&json, "", &mut errors);
    if let Some(inside) = rubric
        .as_ref()
        .and_then(|rubric| rubric.name.as_ref())
        .filter(|inside| *inside != name)
    {
        errors.add(
            "/name",
            format!("is `{inside}`, and the path says `{name}`"),
        );
    }
    match rubric {
        Some(rubric) if errors.is_empty() => Ok(Rubric {
            name: Some(name.to_owned()),
            ..rubric
        }),
        _ => Err(Problem::invalid(errors.into_vec())),
    }
}
