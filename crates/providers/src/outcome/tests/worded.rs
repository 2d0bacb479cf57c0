//! The words of an input that is too long beside words that are not about it.

use super::*;

/// What it is called with a status, bare and as LiteLLM hands it on.
#[track_caller]
fn is(status: u16, message: &str, expected: &str) {
    let wrapped =
        format!("litellm.BadRequestError: OpenAIException - {message}. Received Model Group=judge");
    for message in [message, &wrapped] {
        let body = serde_json::json!({"error": {"message": message, "code": null}}).to_string();
        let found = name(&of_status(status, body.as_bytes(), None, &[]));
        assert_eq!(found, expected, "{status} {message}");
    }
}

#[test]
fn what_stands_beside_the_excess_is_not_about_it() {
    for message in [
        // Advice about images, of a server of models that see.
        "The decoder prompt (length 10187) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens. For image inputs, the number of image tokens depends on the number of images, and possibly their aspect ratios as well.",
        "The prompt (total length 10187) is too long to fit into the model (context length 4096). Make sure that `max_model_len` is no smaller than the number of text tokens plus multimodal tokens. For image inputs, the number of image tokens depends on the number of images.",
        "Requested 9120 tokens exceeds context of 8192 (messages: 9000; images: 0; tools: 0)",
        // Friendly hints and links.
        "Your prompt exceeds the context window of 8192 tokens. Please shorten it and retry your request.",
        "Your prompt exceeds the context window of 8192 tokens, please shorten it and retry your request",
        "Your prompt exceeds the context window of 8192 tokens. Please try again later.",
        "The prompt has 9120 tokens, but may have at most 4096 tokens; see https://docs.example.com/docs/rate-limits",
        "The prompt may have at most 4096 tokens; see https://docs.example.com/docs/rate-limits",
        "The input is too long for this model. Please reduce its length and retry.",
        "The input is too long for this model. See https://example.com/settings/billing",
        "The input is too long for this model. See docs.example.com/quota/per-minute.",
        "Your message has too many tokens. Shorten it and retry.",
        "Your request has 9120 tokens, which exceeds 8192. For more, add credits or ask for another API key.",
    ] {
        is(400, message, "context_too_long");
    }
    is(
        500,
        "Your prompt exceeds the context window of 8192 tokens. Please shorten it and retry your request.",
        "context_too_long",
    );
    for (message, expected) in [
        (
            "Too many images in the prompt, at most 8 images are supported: exceeds the limit",
            "rejected",
        ),
        (
            "The prompt may contain at most 20 images, but got 25 images in 1200 tokens",
            "rejected",
        ),
        ("The prompt has more than 100 tools, got 128", "rejected"),
        (
            "Too many tokens in the prompt. Please wait before trying again.",
            "rate_limited",
        ),
        (
            "Too many tokens, retry in 20 s or reduce the prompt",
            "rate_limited",
        ),
        (
            "Too many prompt tokens per minute for the context window of this model",
            "rate_limited",
        ),
    ] {
        is(400, message, expected);
    }
}

#[test]
fn an_exact_code_goes_before_words() {
    let body = |code: &str, kind: &str, message: &str| {
        serde_json::json!({"error": {"code": code, "type": kind, "message": message}}).to_string()
    };
    let limits = "The input is too long. Please retry, see Rate limits.";
    let hint = "The input exceeds what fits. Please wait, or shorten it and retry your request.";
    for (body, expected) in [
        (
            body("context_length_exceeded", "", limits),
            "context_too_long",
        ),
        (
            body("context_length_exceeded", "invalid_request_error", hint),
            "context_too_long",
        ),
        (
            body("400", "exceed_context_size_error", hint),
            "context_too_long",
        ),
        (
            body(
                "invalid",
                "invalid_request_error",
                "Too many tokens, please wait before trying again.",
            ),
            "rate_limited",
        ),
        (
            body(
                "context_length_exceeded",
                "",
                "ThrottlingException: Too many tokens, please wait before trying again.",
            ),
            "rate_limited",
        ),
    ] {
        assert_eq!(
            name(&of_status(400, body.as_bytes(), None, &[])),
            expected,
            "{body}"
        );
    }
}

#[test]
fn fewer_words_are_enough() {
    for message in [
        "prompt: length: 1..100000",
        "max_tokens must be at least 1, got -908. (parameter=max_tokens, value=-908)",
        "length limit exceeded",
        "max input characters is 2000",
        "the max length of current question is 11200 chars",
        "Your request has 9120 tokens, which is more than the 8192 that this model supports",
        "A prompt of 9120 tokens is above the allowed maximum of 8192",
        "Input of 9120 tokens does not fit into the context of 8192 tokens",
        "total tokens (9120) > 8192",
        "input_tokens 9120 > max_input_tokens 8192",
        "prompt_tokens 9120 exceeds limit 8192",
        "max_prompt_tokens exceeded",
        "the prompt exceeds num_ctx",
        "exceeds num_ctx",
        "Your message is too long",
        "The messages are too long.",
        "input data too long",
        "Text too long: 9120 > 8192",
        "Request too long: 9120 > 8192",
        "Sequence length 9120 exceeds maximum 8192",
        "The input size exceeds the maximum limit",
        "Input token count 9120 exceeds the threshold of 8192",
    ] {
        is(400, message, "context_too_long");
    }
    is(
        500,
        "input (9120 tokens) is too large to process. increase the physical batch size (current batch size: 2048)",
        "context_too_long",
    );
    for message in [
        "stop: length: 1..4",
        "prompt_cache_key: length: 1..64",
        "max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)",
        "temperature must be at least 0, got -1",
        "user: length limit exceeded",
        "Invalid 'metadata.a': length limit exceeded",
        "max user characters is 64",
        "the maximum is 16 stop sequences",
        "The prompt has more than one system message",
        "The output is above the allowed maximum of 8192 tokens",
        "logprobs of 9120 tokens > 20",
        "The prompt -> 9120 is no text",
        "request took too long",
        "request uri too long",
        "Prompt blocked: its score exceeds the threshold",
        "max_output_tokens 9120 > 8192",
    ] {
        is(400, message, "rejected");
    }
}

#[test]
fn what_is_expected_of_a_parameter_is_no_limit_of_the_input() {
    for message in [
        "unknown field `cache_control` in prompt, expected one of `text`, `type` but got `cache_control`",
        "response_format: only `text` is allowed, put the schema into the prompt; got `json_schema`",
        "Only one system prompt is supported, but got 2",
        "Too many tokens in logit_bias: maximum is 300, got 400",
        "`top_n_tokens` must be <= 5. Given: 10 tokens",
        "the maximum number of logit_bias tokens is 300 per request",
        "logit_bias accepts at most 300 tokens but got 400",
        "`max_tokens` may be at most 4096 tokens per request",
        "`logit_bias` must be <= 300 tokens. Given: 1000 tokens",
        "the context must be an object, expected a map but got a list",
    ] {
        is(400, message, "rejected");
    }
    for message in [
        "Your input has 9120 tokens but this model accepts 8192",
        "Your input has 9120 tokens, the limit is 8192",
        "`inputs` must be <= 4096 tokens. Given: 5000 tokens",
        "the prompt is limited: at most 4096 tokens expected, but got 5000",
    ] {
        is(400, message, "context_too_long");
    }
}
