//! Limits of tokens: those of a time or of money pass or are the operator's, those of a model's context are final.

use super::*;

/// A body, as it comes from the server and as LiteLLM and routers hand it on.
fn bodies(message: &str) -> Vec<String> {
    let own = serde_json::json!({"error": {"message": message, "type": "invalid_request_error", "code": null}});
    let wrapped = |head: &str| {
        let tail = "Received Model Group=judge\nAvailable Model Group Fallbacks=None LiteLLM Retried: 1 times, LiteLLM Max Retries: 2";
        serde_json::json!({"error": {"message": format!("{head}{message}. {tail}"), "type": null, "param": null, "code": "400"}})
    };
    let inner = serde_json::json!({"error": {"message": message, "code": 400}}).to_string();
    [
        own,
        serde_json::json!({"object": "error", "message": message, "type": "BadRequestError", "code": 400}),
        serde_json::json!({"message": message}),
        serde_json::json!({"error": message}),
        serde_json::json!({"detail": message}),
        serde_json::json!([{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}]),
        wrapped("litellm.BadRequestError: OpenAIException - "),
        serde_json::json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": inner}}}),
    ]
    .iter()
    .map(ToString::to_string)
    .collect()
}

/// The same as LiteLLM words it where it takes it for an input that is too long.
fn named_overflow(message: &str) -> String {
    let head = "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: BedrockException: Context Window Error - ";
    serde_json::json!({"error": {"message": format!("{head}{{\"message\":\"{message}\"}}"), "type": null, "param": null, "code": "400"}}).to_string()
}

#[track_caller]
fn is(body: &str, expected: &str) {
    let failed = of_status(400, body.as_bytes(), None, &[]);
    assert_eq!(name(&failed), expected, "{body}");
}

#[test]
fn tokens_of_a_time_are_a_rate() {
    for message in [
        // Bedrock.
        "ThrottlingException: Too many tokens, please wait before trying again.",
        "Too many tokens, please wait before trying again.",
        "Too many tokens per day, please wait before trying again.",
        "An error occurred (ThrottlingException) when calling the InvokeModel operation: Too many tokens, please wait before trying again.",
        "Too many requests, please wait before trying again. You have sent too many requests.",
        // Others.
        "Daily input token limit exceeded",
        "Daily token limit reached for this organization",
        "Monthly token limit exceeded for key",
        "Number of input tokens per minute exceeds the limit of your organization (50000)",
        "This request would exceed your organization's rate limit of 40,000 input tokens per minute.",
        "Tokens per minute limit exceeded: 30000, requested 31000",
        "Token rate limit exceeded, prompt tokens: 9120",
        "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 1200. Please try again in 400ms.",
        "TPM limit exceeded",
        "input tokens quota exceeded",
        "Quota exceeded for quota metric 'Generate Content API input tokens' and limit 'input tokens per minute per region'",
        "You exceeded your current quota of input tokens",
        "You have exhausted your token quota",
        "The tokens of this minute are used up: too many tokens in the prompt, try again later",
        "Request throttled: token limit exceeded",
        "Too many tokens have been sent, slow down",
        "max tokens per hour reached",
        "You have used all your tokens for today",
        "Free tier token allowance exceeded",
        "Maximum number of tokens for this billing period reached",
        "Too many concurrent requests: 17 tokens streams, at most 16",
        "Your request rate is too high",
        "Rate limit reached: Limit: 30000 / min. Current: 30020 / min",
        "You are limited to 40 calls per minute",
        "Quota exceeded for metric: generate_content_free_tier_input_token_count, limit: 250000. Please retry in 12.3s.",
    ] {
        for body in bodies(message) {
            is(&body, "rate_limited");
            let inside = of_error_in_success(body.as_bytes(), &[]);
            assert_eq!(name(&inside), "rate_limited", "200: {body}");
        }
        is(&named_overflow(message), "rate_limited");
    }
    for code in [
        "ThrottlingException",
        "rate_limit_exceeded",
        "RateLimitReached",
        "TooManyRequests",
        "QuotaExceeded",
    ] {
        let body = serde_json::json!({"error": {"message": "too many tokens", "code": code}});
        is(&body.to_string(), "rate_limited");
        let body = serde_json::json!({"__type": format!("com.amazonaws#{code}"), "message": "too many tokens"});
        is(&body.to_string(), "rate_limited");
    }
}

#[test]
fn money_that_is_spent_is_the_operators() {
    for message in [
        "Authentication Error, ExceededTokenBudget: Current spend for token: 7.2e-05; Max Budget for Token: 2e-07",
        "ExceededBudget: User=u has exceeded their budget. Current spend=1, max_budget=0.5",
        "Budget has been exceeded! Current cost: 10.2, Max budget: 10.0",
        "Budget has been exceeded: Key=judge, tokens spent 12000",
        "Insufficient credits for these tokens",
    ] {
        for body in bodies(message) {
            is(&body, "unauthorized");
        }
        is(&named_overflow(message), "unauthorized");
    }
}

#[test]
fn a_limit_of_something_else_is_neither() {
    for message in [
        "The thinking budget of 40000 tokens exceeds the maximum of 24576",
        "`thinking.budget_tokens` must be less than `max_tokens`",
        "unknown field quota: limit exceeded",
        "unsupported parameter: rate limit",
        "Prompt processing exceeded the time limit of 300 seconds",
        "max_tokens must be at most 4096",
        "Invalid schema: it exceeds the limit of 100 properties",
        "The audio exceeds the sample rate limit",
        "The generation rate must be less than 2",
        "Invalid value for the user: at most 64 characters",
        "`stop` has too many sequences: at most 4",
        "Metadata exceeds 512 characters",
        "Invalid user: longer than 64 characters, got 70",
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
        "The response exceeded the maximum output tokens",
        "model is loading, please wait",
    ] {
        for body in bodies(message) {
            is(&body, "rejected");
        }
    }
}

#[test]
fn a_candidate_that_talks_of_rates_changes_nothing() {
    let said = "Rate limit exceeded: too many tokens per minute, please wait";
    let request = [judging::Message {
        role: judging::Role::User,
        content: format!("It answered: {said}. Then it gave up."),
        shared: None,
    }];
    let with = |message: &str| {
        let body = serde_json::json!({"error": {"message": message}}).to_string();
        name(&of_status(400, body.as_bytes(), None, &request))
    };
    assert_eq!(
        with(&format!("invalid message {said}. then it")),
        "rejected"
    );
    let own = "Too many tokens, please wait before trying again.";
    assert_eq!(with(own), "rate_limited");
    let long = "prompt is too long: 213462 tokens > 200000 maximum";
    assert_eq!(with(long), "context_too_long");
}

#[test]
fn an_input_that_is_too_long_is_understood_of_every_server() {
    for message in [
        // vLLM.
        "This model's maximum context length is 8192 tokens. However, your request has 9120 input tokens. Please reduce the length of the input messages.",
        "The engine prompt length 131273 exceeds the max_model_len 131072. Please reduce prompt.",
        "Input length (9001) exceeds model's maximum context length (8192).",
        "The decoder prompt (length 9120) is longer than the maximum model length of 8192.",
        "This model's maximum context length is 8192 tokens. However, you requested 512 output tokens and your prompt contains at least 7681 input tokens, for a total of at least 8193 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
        // SGLang.
        "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 33000 tokens: 30000 tokens from the input messages and 3000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
        "Input length (9120 tokens) exceeds the maximum allowed length (8186 tokens). Use a shorter input or enable --allow-auto-truncate.",
        // TGI, TensorRT-LLM.
        "Input validation error: `inputs` must have less than 1024 tokens. Given: 1125",
        "The sum of prompt length (9000.0), query length (0) should not exceed max_num_tokens (8192)",
        // LM Studio, llama.cpp, Ollama.
        "Trying to keep the first 9120 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input",
        "request (9120 tokens) exceeds the available context size (8192 tokens), try increasing it",
        "the input length exceeds the context length",
        "prompt too long; exceeded max context length by 12 tokens",
        // Azure, GitHub.
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576, but got a string with length 1300000 instead.",
        "prompt token count of 70012 exceeds the limit of 64000",
        // Bedrock.
        "The model returned the following errors: Input is too long for requested model.",
        "The model returned the following errors: prompt is too long: 205000 tokens > 199999 maximum",
        "Malformed input request: #/inputText: expected maxLength: 50000, actual: 68000, please reformat your input and try again.",
        // Vertex, Gemini.
        "The input token count exceeds the maximum number of tokens allowed 1048576.",
        "Unable to submit request because the input token count is 1500000 but the model supports up to 1048576.",
        // Anthropic.
        "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length or `max_tokens` and try again",
        "prompt is too long: 213462 tokens > 200000 maximum",
        // Mistral, Cohere, DeepSeek.
        "Prompt contains 40012 tokens, too large for model with 32768 maximum context length",
        "too many tokens: size limit exceeded by 1134 tokens. Try using shorter or fewer inputs. The limit for this model is 128000 tokens.",
        "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens (131808 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.",
        // Groq, Together, Fireworks, Cerebras, xAI, Moonshot, MiniMax, Zhipu.
        "Please reduce the length of the messages or completion.",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9120 `inputs` tokens and 512 `max_new_tokens`",
        "The prompt is too long: 140000, model maximum context length: 131071",
        "Please reduce the length of the messages or completion. Current length is 9012 while limit is 8192",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 270000)",
        "invalid params, context window exceeds limit (2013)",
        "Prompt 超长",
        "Input exceeds the context window of this model",
        "Context length exceeded",
        "Context size has been exceeded.",
        "Message content too long: 130000 tokens, at most 128000",
        "Request payload size exceeds the limit: 20971520 bytes.",
        "Input data exceeds the limit of 200000 characters",
        "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (149000 of text input, 1000 in the output). Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically.",
        "This model's maximum context length is 16384 tokens, however you requested 16500 tokens (500 in your prompt; 16000 for the completion). Please reduce your prompt; or completion length.",
        "the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model",
        "length of prompt_tokens (9120) must be less than max_seq_len (8192).",
        "Token indices sequence length is longer than the specified maximum sequence length for this model (600 > 512)",
        "Context length 9000 is greater than max_seq_len 8192",
        "Input length 140000 exceeds the maximum length 131072",
        "BAD_REQUEST: Prompt length 9000 exceeds maximum 8192",
        "prompt token number exceeds max: 32768",
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300112 tokens.",
    ] {
        for body in bodies(message) {
            is(&body, "context_too_long");
        }
        is(&named_overflow(message), "context_too_long");
    }
}
