//! What happens to an evaluation, as server-sent events.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{SOON, System, quick};

/// A stream of events as a browser reads it.
struct Events {
    answer: Response,
    buffer: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<i32>,
    data: Value,
}

impl Events {
    async fn open(system: &System, id: &str, last: Option<i32>) -> Result<Response> {
        let url = format!("{}/v1/evaluations/{id}/events", system.status_url());
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut request = client.get(url);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        Ok(request.send().await?)
    }

    async fn of(system: &System, id: &str, last: Option<i32>) -> Result<Self> {
        let answer = Self::open(system, id, last).await?;
        ensure!(answer.status() == 200, "{}", answer.status());
        ensure!(answer.headers()["content-type"] == "text/event-stream");
        Ok(Self {
            answer,
            buffer: String::new(),
        })
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                let field = |name: &str| {
                    let mut lines = block.lines();
                    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                };
                let Some(name) = field("event") else { continue };
                return Ok(Some(Event {
                    name: name.to_owned(),
                    id: field("id").map(str::parse).transpose()?,
                    data: serde_json::from_str(field("data").context("no data")?)?,
                }));
            }
            let chunk = tokio::time::timeout(SOON, self.answer.chunk()).await??;
            match chunk {
                Some(chunk) => self.buffer.push_str(std::str::from_utf8(&chunk)?),
                None if self.buffer.is_empty() => return Ok(None),
                None => bail!("cut off: {}", self.buffer),
            }
        }
    }

    /// All that come until the stream ends.
    async fn rest(&mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await? {
            events.push(event);
        }
        Ok(events)
    }

    /// Reads on until an event of this kind has come.
    async fn until(&mut self, kind: &str) -> Result<Event> {
        while let Some(event) = self.next().await? {
            if event.data["event"]["kind"] == kind {
                return Ok(event);
            }
        }
        bail!("the stream ended without {kind}")
    }
}

fn numbers(events: &[Event]) -> Vec<i32> {
    events.iter().filter_map(|event| event.id).collect()
}

#[tokio::test]
async fn a_stream_tells_all_of_it_and_goes_on_where_its_reader_was() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang", "times": 1}]}))
        .await?;
    let id = system.post("It is watched.").await?;
    let mut first = Events::of(&system, &id, None).await?;
    let claimed = first.until("claimed").await?;
    ensure!(claimed.data["status"] == "running", "{claimed:?}");
    // The worker dies: the stream goes on, and another judges.
    system.kill_worker(0).await?;
    system.start_worker().await?;
    let rest = first.rest().await?;
    let done = rest.last().context("no event")?;
    ensure!(done.name == "done", "{done:?}");
    ensure!(done.data["assessment"]["outcome"] == "scored", "{done:?}");
    let names: Vec<_> = rest.iter().map(|event| event.name.as_str()).collect();
    ensure!(
        names.iter().filter(|name| **name == "call").count() == 1,
        "{names:?}"
    );

    // The same from the beginning, from the middle, and from the end.
    let mut again = Events::of(&system, &id, None).await?;
    let all = numbers(&again.rest().await?);
    ensure!(all == (1..=7).collect::<Vec<_>>(), "{all:?}");
    let mut behind = Events::of(&system, &id, claimed.id).await?;
    ensure!(numbers(&behind.rest().await?) == all[3..], "{all:?}");
    let over = Events::open(&system, &id, done.id).await?;
    ensure!(over.status() == 204, "{}", over.status());
    let wrong = system.http().get(format!(
        "{}/v1/evaluations/{id}/events",
        system.status_url()
    ));
    let wrong = wrong.header("Last-Event-ID", "x").send().await?;
    ensure!(wrong.status() == 400, "{}", wrong.status());
    Ok(())
}

#[tokio::test]
async fn a_stream_is_right_without_redis_only_slower() -> Result<()> {
    let system = System::start(quick().private_redis(true)).await?;
    system.mock_is(json!({"latency_ms": 8_000})).await?;
    let id = system.post("It is watched, and Redis goes.").await?;
    let mut events = Events::of(&system, &id, None).await?;
    events.until("claimed").await?;
    system.mock_reaches("requests", 1).await?;
    system.redis().stop().await?;
    let rest = tokio::time::timeout(Duration::from_secs(60), events.rest()).await??;
    let done = rest.last().context("no event")?;
    ensure!(
        done.name == "done" && done.data["status"] == "succeeded",
        "{done:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_retry_goes_on_with_the_same_stream() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [{"fault": "hang"}]}))
        .await?;
    let id = system.post("It is cancelled, and run again.").await?;
    let mut first = Events::of(&system, &id, None).await?;
    first.until("claimed").await?;
    system.api.transition(&id, "cancel").await?;
    let rest = first.rest().await?;
    let done = rest.last().context("no event")?;
    ensure!(
        done.name == "done" && done.data["status"] == "cancelled",
        "{done:?}"
    );
    system.mock_is(json!({})).await?;
    system.api.transition(&id, "retry").await?;
    system.judged(&id).await?;
    let mut whole = Events::of(&system, &id, None).await?;
    let whole = whole.rest().await?;
    // What ended it once is no end any more.
    let ends = whole.iter().filter(|event| event.name == "done").count();
    ensure!(ends == 1, "{whole:?}");
    ensure!(numbers(&whole) == (1..=8).collect::<Vec<_>>(), "{whole:?}");
    Ok(())
}

#[tokio::test]
async fn calls_are_told_with_their_texts() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [
            {"fault": "status", "status": 500, "times": 1},
            {"fault": "garbage", "kind": "not_json_text", "times": 1},
        ]}))
        .await?;
    let id = system.post("Asked three times.").await?;
    system.judged(&id).await?;
    let path = format!("/v1/evaluations/{id}/calls");
    let calls: Value = system.api.get(&path).await?;
    let items = calls["items"].as_array().context("items")?;
    ensure!(items.len() == 2, "{calls:#}");
    let first = &items[0];
    ensure!(
        first["state"] == "replied" && first["round"] == 1,
        "{first:#}"
    );
    let results: Vec<_> = first["attempts"]
        .as_array()
        .context("attempts")?
        .iter()
        .map(|attempt| (attempt["result"].clone(), attempt["status"].clone()))
        .collect();
    ensure!(
        results
            == [
                (json!("unavailable"), json!(500)),
                (json!("replied"), Value::Null)
            ],
        "{results:?}"
    );
    ensure!(
        first["waited_ms"].as_u64() > Some(0) && first["input_tokens"].as_u64() > Some(0),
        "{first:#}"
    );
    let requests = system.mock_requests().await?;
    for (item, request) in items.iter().zip(&requests[1..]) {
        let step = item["step"].as_str().context("step")?;
        let call: Value = system
            .api
            .get(&format!("{path}/{}", step.replace('/', "%2F")))
            .await?;
        let body: Value = serde_json::from_str(request["body"].as_str().context("body")?)?;
        let sent: Vec<_> = body["messages"]
            .as_array()
            .context("messages")?
            .iter()
            .map(|message| json!({"role": message["role"], "content": without_mark(&message["content"])}))
            .collect();
        // To the letter what the provider got, but for the mark.
        ensure!(call["prompt"] == Value::from(sent), "{call:#}");
        ensure!(call["reply"].is_string(), "{call:#}");
    }
    let unknown = system
        .http()
        .get(format!("{}{path}/nothing", system.status_url()))
        .send()
        .await?;
    ensure!(unknown.status() == 404, "{}", unknown.status());
    Ok(())
}

/// A prompt without the mark that fences material off, which is shown to nobody: 32 hexadecimal digits.
fn without_mark(content: &Value) -> String {
    let text = content.as_str().unwrap_or_default();
    let is_mark =
        |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut words = text.split(|each: char| !each.is_ascii_alphanumeric());
    let Some(mark) = words.find(is_mark) else {
        return text.to_owned();
    };
    text.replace(&format!("[{mark}] "), "")
        .replace(&format!("[{mark}]"), "")
        .replace(&format!(" {mark}>"), ">")
        .replace(mark, "…")
}

#[tokio::test]
async fn of_samples_that_one_request_brought_the_prompt_is_that_requests() -> Result<()> {
    let system = System::start(quick()).await?;
    let mut payload = crate::support::payload("Judged three times by one request.");
    payload["samples"] = json!(3);
    let id = system.post_payload(&payload).await?;
    system.judged(&id).await?;
    let requests = system.mock_requests().await?;
    ensure!(requests.len() == 1, "{} requests", requests.len());
    let body: Value = serde_json::from_str(requests[0]["body"].as_str().context("body")?)?;
    let path = format!("/v1/evaluations/{id}/calls");
    let calls: Value = system.api.get(&path).await?;
    let items = calls["items"].as_array().context("items")?;
    ensure!(items.len() == 3, "{calls:#}");
    for item in items {
        let step = item["step"].as_str().context("step")?.replace('/', "%2F");
        let call: Value = system.api.get(&format!("{path}/{step}")).await?;
        let last = |messages: &Value| messages[1]["content"].clone();
        let sent = without_mark(&last(&body["messages"]));
        ensure!(last(&call["prompt"]) == sent, "{call:#}");
    }
    Ok(())
}
