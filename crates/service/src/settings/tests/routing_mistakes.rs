//! What is wrong in the tables `[providers]` and `[models]`, each with its line.

mod keys;
mod models;

use super::*;

/// A provider `a` with a line more, and a model of it.
fn provider(line: &str) -> String {
    format!(
        "[providers.a]\nbase_url = \"http://a/v1\"\n{line}\n[models.m]\ndeployments = [\"a\"]\n"
    )
}

fn deployments(list: &str) -> String {
    format!(
        "[providers.a]\nbase_url = \"http://a\"\n[providers.b]\nbase_url = \"http://b\"\n\
         [models.m]\ndeployments = {list}\n"
    )
}

/// The content of a file and the line that refuses it, without the name of the file.
#[track_caller]
fn all_refused(cases: &[(String, &str)]) {
    let dir = TempDir::new().unwrap();
    for (content, line) in cases {
        let path = file(&dir, "autorater.toml", content);
        let error = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap_err();
        assert_eq!(error, format!("{path}: {line}"), "{content}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn of_a_provider() {
    all_refused(&[
        ("providers = 1\n".to_owned(), "providers: expected a table"),
        (
            "[providers]\na = 1\n".to_owned(),
            "providers.a: expected a table",
        ),
        (
            "[providers.a]\n".to_owned(),
            "providers.a.base_url: required, but not set; expected the base URL of an \
             OpenAI-compatible API",
        ),
        (
            "[providers.a]\nbase_ur = \"http://a\"\n".to_owned(),
            "providers.a.base_ur: unknown setting; did you mean base_url?",
        ),
        (
            "[providers.a]\nbase_url = \"ftp://u:hunter2@a\"\n".to_owned(),
            "providers.a.base_url: cannot be used; expected an `http://` or `https://` URL without \
             query and fragment",
        ),
        (
            "[providers.a]\nbase_url = \"hunter2\"\n".to_owned(),
            "providers.a.base_url: not a URL (relative URL without a base); expected a URL, such \
             as `http://localhost:4000/v1`",
        ),
        (
            "[providers.a]\nbase_url = [1]\n".to_owned(),
            "providers.a.base_url: expected one value, not a list or table: a URL, such as \
             `http://localhost:4000/v1`",
        ),
        (
            "[providers.\"A b\"]\nbase_url = \"http://a\"\n".to_owned(),
            "providers.\"A b\": not a name of a provider; expected 1 to 60 of `a` to `z`, `0` to \
             `9` and `-`, the first no `-`",
        ),
        (
            provider("api = \"soap\""),
            "providers.a.api: \"soap\" is neither; expected `chat` or `responses`",
        ),
        (
            provider("max_output_tokens = 0"),
            "providers.a.max_output_tokens: 0 is out of range; expected a whole number from 1",
        ),
        (
            provider("chunk_timeout = \"0s\""),
            "providers.a.chunk_timeout: \"0s\" is no time at all; expected a duration with its \
             unit, such as `500ms`, `10s`, `30m`, `2h`",
        ),
        (
            provider("connect_timeout = 5"),
            "providers.a.connect_timeout: \"5\" has no unit; expected a duration with its unit, \
             such as `500ms`, `10s`, `30m`, `2h`",
        ),
        (
            "[provider.a]\nbase_url = \"http://a\"\n".to_owned(),
            "provider.a: unknown setting; did you mean providers.a?",
        ),
        (
            "[provders]\n".to_owned(),
            "provders: unknown setting; did you mean providers?",
        ),
    ]);
    for name in ["-a", "a_b", "", &"a".repeat(61)] {
        let dir = TempDir::new().unwrap();
        let path = file(&dir, "f", &format!("[providers.\"{name}\"]\n"));
        let error = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap_err();
        assert!(error.contains(": not a name of a provider"), "{error}");
    }
}

#[test]
fn of_limits_and_prices() {
    all_refused(&[
        (
            provider("[providers.a.limits]\nconcurrency = 0"),
            "providers.a.limits.concurrency: 0 is out of range; expected a whole number from 1",
        ),
        (
            provider("limits = { tokens_per_minute = -1 }"),
            "providers.a.limits.tokens_per_minute: \"-1\" is not a whole number in range; expected \
             a whole number",
        ),
        (
            provider("limits = { requests_per_minute = 1.5 }"),
            "providers.a.limits.requests_per_minute: \"1.5\" is not a whole number in range; \
             expected a whole number",
        ),
        (
            provider("limits = { concurency = 1 }"),
            "providers.a.limits.concurency: unknown setting; did you mean concurrency?",
        ),
        (
            provider("limits = 5"),
            "providers.a.limits: expected a table",
        ),
        (
            provider("[providers.a.prices.\"gpt-4.1\"]\ninput = 1"),
            "providers.a.prices.\"gpt-4.1\".output: required, but not set; expected USD per \
             million tokens",
        ),
        (
            provider("[providers.a.prices.x]\ninput = \"1,5\"\noutput = 1"),
            "providers.a.prices.x.input: \"1,5\" is not a price; expected USD per million tokens, \
             such as \"2.50\", below 1000000 and with at most nine decimals",
        ),
        (
            provider("[providers.a.prices.x]\ninput = 1\noutput = 1\ncached_inputs = 1"),
            "providers.a.prices.x.cached_inputs: unknown setting; did you mean cached_input?",
        ),
    ]);
}

#[test]
fn of_headers_and_parameters() {
    all_refused(&[
        (
            provider("headers = { Authorization = \"hunter2\" }"),
            "providers.a.headers.Authorization: is set by autorater itself; expected none of \
             authorization, content-type, idempotency-key, traceparent, x-correlation-id",
        ),
        (
            provider("headers = { \"a b\" = \"hunter2\" }"),
            "providers.a.headers.\"a b\": not a header's name; expected letters, digits and `-`",
        ),
        (
            provider("headers = { a = \"hunter2\\n\" }"),
            "providers.a.headers.a: has a line break, a control character or a non-ASCII character \
             in it; expected ASCII only",
        ),
        (
            provider("headers = { a = \"hunter2é\" }"),
            "providers.a.headers.a: has a line break, a control character or a non-ASCII character \
             in it; expected ASCII only",
        ),
        (
            provider("headers = { b = \"1\", B = \"hunter2\" }"),
            "providers.a.headers.b: duplicate header (upper and lower case are the same); expected each header \
             once",
        ),
        (
            provider("headers = \"hunter2\""),
            "providers.a.headers: expected a table",
        ),
        (
            provider("parameters = { stream = false }"),
            "providers.a.parameters.stream: is set by autorater itself; expected none of model, \
             messages, input, stream, stream_options, include, store, response_format, text, tools, \
             tool_choice, logprobs, top_logprobs, n",
        ),
        (
            provider("parameters = { a = { b = [nan] } }"),
            "providers.a.parameters.a.b[0]: no JSON has such a number; expected a finite one",
        ),
        (
            provider("parameters = { a = 2026-01-01 }"),
            "providers.a.parameters.a: no JSON has a date of its own; expected it in quotes",
        ),
    ]);
    for name in [
        "model",
        "messages",
        "input",
        "response_format",
        "text",
        "tools",
        "tool_choice",
        "logprobs",
        "top_logprobs",
        "n",
    ] {
        let dir = TempDir::new().unwrap();
        let path = file(
            &dir,
            "f",
            &provider(&format!("parameters = {{ {name} = 1 }}")),
        );
        let error = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap_err();
        assert!(
            error.contains(&format!("parameters.{name}: is set by")),
            "{error}"
        );
    }
    for name in [
        "content-type",
        "Idempotency-Key",
        "TRACEPARENT",
        "x-correlation-id",
    ] {
        let dir = TempDir::new().unwrap();
        let path = file(
            &dir,
            "f",
            &provider(&format!("headers = {{ {name} = \"1\" }}")),
        );
        let error = with(ServiceName::ScorerWorker, &[("AUTORATER_CONFIG", &path)]).unwrap_err();
        assert!(
            error.contains(&format!("headers.{name}: is set by")),
            "{error}"
        );
    }
}
