//! README's examples: what it says is asked is asked, and what it says comes back does.

use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::api::{Api, text};
use crate::stacks::judging;

const README: &str = include_str!("../../../../README.md");
/// Stands where README leaves something out.
const ELLIPSIS: &str = "…";

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let rest = README.split(&*fence).skip(1);
    rest.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A block as JSON; what is left out is a last item, or a member, of that name.
fn json_of(block: &str) -> Value {
    let marked = block.replace("…]", "\"…\"]").replace("…}", "\"…\": null}");
    serde_json::from_str(&marked).unwrap_or_else(|error| panic!("{error}: {block}"))
}

/// The request of a `curl` command, at the ports of this stack.
fn request(api: &Api, command: &str) -> RequestBuilder {
    let url = command.split("http://127.0.0.1:").nth(1).unwrap();
    let url = url.split([' ', '\'', '\n']).next().unwrap();
    let Some((_, body)) = command.split_once("-d '") else {
        return api.status_get(url.strip_prefix("8081").unwrap());
    };
    let path = url.strip_prefix("8080").unwrap();
    let mut post = api.http.post(format!("{}{path}", api.stack.ingest_url(0)));
    for header in command.split("-H '").skip(1) {
        let header = header.split('\'').next().unwrap();
        let (name, value) = header.split_once(": ").unwrap();
        post = post.header(name, value);
    }
    post.body(body.trim_end().trim_end_matches('\'').to_owned())
}

/// Whether an answer is what README shows, but for times and what it leaves out.
#[track_caller]
fn check(shown: &Value, found: &Value, place: &str) {
    let is_time = |value: &Value| {
        let text = value.as_str();
        text.is_some_and(|text| text.parse::<Timestamp>().is_ok())
    };
    match (shown, found) {
        (Value::String(shown), _) if shown == ELLIPSIS => {}
        (Value::Object(shown), Value::Object(found)) => {
            for (key, value) in shown.iter().filter(|(key, _)| *key != ELLIPSIS) {
                check(value, &found[key], &format!("{place}/{key}"));
            }
            let is_whole = !shown.contains_key(ELLIPSIS);
            assert!(
                !is_whole || shown.len() == found.len(),
                "{place}: {found:?}"
            );
        }
        (Value::Array(shown), Value::Array(found)) => {
            let is_whole = shown.last().is_none_or(|last| last != ELLIPSIS);
            assert!(
                !is_whole || shown.len() == found.len(),
                "{place}: {found:?}"
            );
            for (index, (shown, found)) in shown.iter().zip(found).enumerate() {
                check(shown, found, &format!("{place}/{index}"));
            }
        }
        _ if is_time(shown) => assert!(is_time(found), "{place}: {found}"),
        _ => assert_eq!(shown, found, "{place}"),
    }
}

#[tokio::test]
async fn its_commands_are_answered_as_it_says() {
    let api = judging().await;
    let commands = blocks("sh");
    let commands = commands.iter().filter(|block| block.starts_with("curl "));
    let answers = blocks("json");
    let ours = api.stack.status_url().to_owned();
    let mut count = 0;
    for (command, shown) in commands.zip(answers) {
        let shown = json_of(&shown.replace("http://127.0.0.1:8081", &ours));
        let answer = api.send(request(&api, command)).await;
        check(&shown, &answer.json(), "");
        api.ended(text(&shown, "/id")).await;
        count += 1;
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn its_rubric_can_be_stored() {
    let api = judging().await;
    let rubric = json_of(blocks("json").last().unwrap());
    let name = text(&rubric, "/name");
    let url = format!("{}/v1/rubrics/{name}", api.stack.status_url());
    let stored = api.send(api.http.put(url).json(&rubric)).await;
    assert_eq!(stored.status, 201, "{}", stored.text());
    let again: ::api::RubricVersion = serde_json::from_slice(&stored.body).unwrap();
    let said: domain::rubric::Rubric = serde_json::from_value(rubric).unwrap();
    assert!(again.says(&said), "{again:?}");
}
