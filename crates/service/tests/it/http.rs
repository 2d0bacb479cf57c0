//! What a client sees.

use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    http::{Method, StatusCode, header::HeaderMap},
    test::{TestRequest, call_service, init_service},
    web,
};
use serde_json::{Value, json};
use service::{
    ServiceName,
    http::{CorrelationId, Resource, correlation, default_not_found, extractors},
    problem::{Problem, ProblemCode},
};

use crate::logs::Capture;

/// What was answered.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The problem document; checks what must hold for each.
    #[track_caller]
    fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["correlation_id"], self.header("x-correlation-id"));
        problem
    }
}

/// Puts one request to an app with every kind of handler.
async fn ask(request: TestRequest) -> Answer {
    let app = init_service(
        App::new()
            .configure(extractors(100))
            .configure(|config| {
                Resource::at("/things/{id}")
                    .get(thing)
                    .public()
                    .post(make)
                    .public()
                    .register(config);
            })
            .service(web::resource("/bare").route(web::get().to(HttpResponse::Ok)))
            .service(web::resource("/broken").route(web::get().to(broken)))
            .service(web::resource("/down").route(web::get().to(down)))
            .service(web::resource("/page").route(web::get().to(page)))
            .default_service(web::to(default_not_found))
            .wrap(correlation(ServiceName::IngestApi)),
    )
    .await;
    let response = call_service(&app, request.to_request()).await;
    let (_, response) = response.into_parts();
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: to_bytes(response.into_body()).await.ok().unwrap().to_vec(),
    }
}

async fn thing(_: web::Path<u32>, id: CorrelationId) -> String {
    id.to_string()
}

async fn make(body: web::Json<Vec<u32>>) -> HttpResponse {
    HttpResponse::Ok().json(body.len())
}

async fn broken() -> Result<HttpResponse, actix_web::Error> {
    Err(actix_web::error::ErrorInternalServerError(
        "the secret cause",
    ))
}

async fn down() -> Result<HttpResponse, Problem> {
    Err(Problem::new(ProblemCode::DependencyUnavailable).with_detail("redis does not answer"))
}

async fn page() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/html")
        .body("<p>gone")
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

#[actix_web::test]
async fn a_correlation_id_is_taken_and_echoed() {
    let answer = ask(get("/things/1").insert_header(("X-Correlation-ID", "order:7!"))).await;
    assert_eq!(answer.header("x-correlation-id"), "order:7!");
    assert_eq!(answer.body, b"order:7!");
}

#[actix_web::test]
async fn a_correlation_id_that_does_not_fit_is_replaced() {
    let too_long = "x".repeat(129);
    for wrong in ["", "with space", "tab\there", &too_long] {
        let answer = ask(get("/things/1").insert_header(("X-Correlation-ID", wrong))).await;
        assert_eq!(answer.status, StatusCode::OK);
        let id = uuid::Uuid::parse_str(answer.header("x-correlation-id")).unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}

#[actix_web::test]
async fn errors_of_the_framework_are_problems() {
    let json = |body: &str| {
        TestRequest::post()
            .uri("/things/1")
            .insert_header(("content-type", "application/json"))
            .set_payload(body.to_owned())
    };
    let long = format!("[{}1]", "1,".repeat(100));
    for (request, status, code) in [
        (get("/nowhere"), 404, "not_found"),
        (get("/things/x"), 404, "not_found"),
        (
            get("/things/1").method(Method::DELETE),
            405,
            "method_not_allowed",
        ),
        (
            get("/bare").method(Method::DELETE),
            405,
            "method_not_allowed",
        ),
        (json(&long), 413, "payload_too_large"),
        (json("[1"), 400, "malformed_json"),
        (json("[true]"), 422, "invalid_request"),
        (
            TestRequest::post().uri("/things/1").set_payload("[]"),
            415,
            "unsupported_media_type",
        ),
    ] {
        let answer = ask(request).await;
        let problem = answer.problem();
        assert_eq!(answer.status.as_u16(), status, "{code}");
        assert_eq!(problem["code"], code);
        assert_eq!(problem["type"], format!("urn:autorater:problem:{code}"));
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let answer = ask(get("/things/1").method(Method::PUT)).await;
    assert_eq!(answer.header("allow"), "GET, HEAD, POST");
}

#[actix_web::test]
async fn a_problem_of_a_handler_carries_the_correlation_id() {
    let answer = ask(get("/down").insert_header(("X-Correlation-ID", "c-1"))).await;
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(
        answer.problem(),
        json!({
            "type": "urn:autorater:problem:dependency_unavailable",
            "title": "Dependency unavailable", "status": 503, "detail": "redis does not answer",
            "code": "dependency_unavailable", "correlation_id": "c-1",
        })
    );
}

#[actix_web::test]
async fn a_page_that_a_handler_wrote_is_left_as_it_is() {
    let answer = ask(get("/page")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.body, b"<p>gone");
}

#[actix_web::test]
async fn the_cause_of_a_500_is_logged_and_not_told() {
    let capture = Capture::default();
    let _guard = capture.install();
    let answer = ask(get("/broken?secret=query").insert_header(("X-Correlation-ID", "c-1"))).await;
    assert_eq!(answer.problem()["code"], "internal");
    assert!(!String::from_utf8(answer.body).unwrap().contains("secret"));

    let lines = capture.lines();
    let cause = lines
        .iter()
        .find(|line| line["error"] == "the secret cause")
        .unwrap();
    assert_eq!(cause["correlation_id"], "c-1");
    assert_eq!(cause["level"], "ERROR");
    let last = lines
        .iter()
        .find(|line| line["message"] == "request failed")
        .unwrap();
    for (key, value) in [
        // Ours is logged once at error: by its cause.
        ("level", json!("DEBUG")),
        ("status", json!(500)),
        ("http.route", json!("/broken")),
    ] {
        assert_eq!(last[key], value, "{key}");
    }
    assert!(last["duration_ms"].is_u64());
    assert!(!lines.iter().any(|line| line.to_string().contains("query")));
}

#[actix_web::test]
async fn trace_context_is_taken_up() {
    let capture = Capture::default();
    let _guard = capture.install();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    ask(get("/bare").insert_header(("traceparent", parent))).await;
    ask(get("/bare").insert_header(("traceparent", "nonsense"))).await;
    let lines = capture.lines();
    let ids: Vec<&str> = lines
        .iter()
        .filter(|line| line["message"] == "request answered")
        .map(|line| line["trace_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.first(), Some(&"0af7651916cd43dd8448eb211c80319c"));
    assert!(ids.get(1).is_some_and(|id| id.len() == 32 && *id != ids[0]));
}
