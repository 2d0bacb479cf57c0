//! What was asked and answered, in order, as a snapshot shows it.

use ::api::{Accepted, Problem};
use reqwest::{Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::api::{Answer, Api};

/// What differs from run to run, and what is shown in its place.
const FILTERS: [(&str, &str); 8] = [
    (r"http://127\.0\.0\.1:\d+", "http://[address]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"etag: .+", "etag: [tag]"),
    (r";r=\d+;t=\d+", ";r=[left];t=[seconds]"),
    // Only said where they have been counted, which is done in the background.
    (r#", "evaluations";r=\[left\];t=\[seconds\]"#, ""),
    (r#", "evaluations";q=\d+"#, ""),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[made here]",
    ),
    (r#""next_cursor": ".+""#, r#""next_cursor": "[cursor]""#),
];
/// Headers that are the server's and not the API's.
const LEFT_OUT: [&str; 6] = [
    "content-length",
    "date",
    "transfer-encoding",
    "connection",
    "x-content-type-options",
    "cross-origin-resource-policy",
];

/// What was asked and answered, in order.
pub(crate) struct Transcript {
    pub(crate) api: Api,
    text: String,
}

/// Checks of health that are there from the start; others come with what was tried first.
const CHECKS: [&str; 4] = ["heartbeat", "intake", "postgres", "work"];

/// Puts what comes in any order into one, and leaves out what may be there or not.
fn settle(body: &mut Value) {
    if let Some(checks) = body.get_mut("checks").and_then(Value::as_object_mut) {
        checks.retain(|name, _| CHECKS.contains(&name.as_str()));
    }
    let judges = body.pointer_mut("/assessment/judges");
    if let Some(judges) = judges.and_then(Value::as_array_mut) {
        judges.sort_by_key(|word| (word["round"].as_u64(), word["stance"].to_string()));
        // Who is called A is drawn by lot.
        for word in judges {
            if let Some(name) = word.get_mut("name") {
                *name = Value::from("[drawn]");
            }
        }
    }
}

impl Transcript {
    pub(crate) fn of(api: Api) -> Self {
        let text = String::new();
        Self { api, text }
    }

    /// Sends and notes; a body that is JSON is read as a `T`, or as a problem.
    pub(crate) async fn sends<T>(&mut self, what: &str, request: RequestBuilder) -> Answer
    where
        T: Serialize + DeserializeOwned,
    {
        let request = request.header("x-correlation-id", "snapshot");
        let answer = self.api.send(request).await;
        self.note(what, &answer);
        match answer.header("content-type") {
            "application/json" => check_type::<T>(&answer.body),
            "application/problem+json" => check_type::<Problem>(&answer.body),
            "application/x-ndjson" => {
                let lines = answer.body.split(|byte| *byte == b'\n');
                lines
                    .filter(|line| !line.is_empty())
                    .for_each(check_type::<T>);
            }
            other => assert!(answer.body.is_empty(), "{other}: {}", answer.text()),
        }
        answer
    }

    pub(crate) fn note(&mut self, what: &str, answer: &Answer) {
        self.text += &format!("# {what}\n{}\n", answer.status);
        let mut headers: Vec<_> = answer.headers.iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in headers {
            if !LEFT_OUT.contains(&name.as_str()) {
                self.text += &format!("{name}: {}\n", value.to_str().unwrap());
            }
        }
        let body = String::from_utf8_lossy(&answer.body);
        let pretty = serde_json::from_str::<Value>(&body).map(|mut value| {
            settle(&mut value);
            format!("{value:#}")
        });
        self.text += &format!("{}\n\n", pretty.unwrap_or_else(|_| body.into()));
    }

    pub(crate) async fn posts(&mut self, what: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.api.json_post().body(body);
        self.sends::<Accepted>(what, request).await
    }

    pub(crate) async fn gets<T: Serialize + DeserializeOwned>(
        &mut self,
        what: &str,
        path: &str,
    ) -> Answer {
        let request = self.api.status_get(path);
        self.sends::<T>(what, request).await
    }

    /// Asks status-api for a change.
    pub(crate) async fn asks<T: Serialize + DeserializeOwned>(
        &mut self,
        what: &str,
        method: Method,
        path: &str,
        body: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.api.stack.status_url());
        let request = self.api.http.request(method, url);
        let request = request.header("content-type", "application/json");
        self.sends::<T>(what, request.body(body.to_owned())).await
    }

    #[track_caller]
    pub(crate) fn is(self, name: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (pattern, shown) in FILTERS {
            settings.add_filter(pattern, shown);
        }
        settings.bind(|| insta::assert_snapshot!(name, self.text.trim_end()));
    }
}

#[track_caller]
pub(crate) fn check_type<T: Serialize + DeserializeOwned>(body: &[u8]) {
    let value: Value = serde_json::from_slice(body).unwrap();
    let read: T = serde_json::from_slice(body).unwrap_or_else(|error| panic!("{error}: {value:#}"));
    assert_eq!(serde_json::to_value(read).unwrap(), value);
}
