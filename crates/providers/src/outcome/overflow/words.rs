//! The words by which an input that is too long is known, and what else has a limit.

/// What is measured.
pub(super) const MEASURED: &[&str] = &[
    "n_ctx",
    "token",
    "tokens",
    "prompt",
    "context",
    "context_length",
    "max_model_len",
    "max_seq_len",
    "maxlength",
    "input length",
    "inputs",
    "input is",
    "input text",
    "length of the",
    "conversation",
    "payload size",
    "request size",
    "input data",
    "input size",
    "sequence length",
    "num_ctx",
    "input_tokens",
    "prompt_tokens",
    "max_input_tokens",
    "max_prompt_tokens",
];

/// That it is too much.
pub(super) const TOO_MUCH: &[&str] = &[
    ">= n_ctx",
    "> n_ctx",
    "too long",
    "too large",
    "too big",
    "too many",
    "exceed",
    "exceeds",
    "exceeded",
    "exceeding",
    "overflow",
    "overflows",
    "longer than",
    "larger than",
    "greater than",
    "less than",
    "fewer than",
    "must be <=",
    "reduce the length",
    "range of",
    "shorter",
    "over the limit",
];

/// The same, where numbers or a length stand beside it: a prompt may also have more than one system message.
pub(super) const MORE: &[&str] = &["more than", "above", "not fit", "doesn't fit"];

/// How long something is.
pub(super) const LENGTH: &[&str] = &[
    "length",
    "long",
    "maxlength",
    "characters",
    "chars",
    "context size",
    "context window",
];

/// What a limit may be stated of without a word of what was sent: nobody states one to an input that keeps it.
pub(super) const SUBJECT: &[&str] = &[
    "input",
    "inputs",
    "prompt",
    "context",
    "question",
    "query",
    "text",
    "message",
    "messages",
    "content",
    "conversation",
    "request",
];

/// A limit.
pub(super) const LIMIT: &[&str] = &[
    "maximum",
    "max",
    "limit",
    "only",
    "up to",
    "at most",
    "expected",
    "maxlength",
    "accepts",
    "supports",
    "allows",
    "allowed",
];

/// What was sent instead.
pub(super) const INSTEAD: &[&str] = &[
    "but",
    "however",
    "got",
    "given",
    "received",
    "requested",
    "contains",
    "whereas",
    "resulted",
    "actual",
    "while",
];

/// What has limits of its own.
pub(super) const OF_SOMETHING_ELSE: &[&str] = &[
    // A rate, or what was paid for.
    "budget",
    "budgets",
    "spend",
    "per minute",
    "per second",
    "per hour",
    "per day",
    "tpm",
    "rpm",
    "rate limit",
    "rate_limit",
    "rate limits",
    "quota",
    "try again in",
    "throttled",
    "throttling",
    "billing",
    "credit",
    "credits",
    // A key.
    "auth",
    "authentication",
    "authorization",
    "api key",
    "access token",
    "bearer",
    "jwt",
    "expired",
    // A filter.
    "policy",
    "severity",
    "safety",
    "moderation",
    // What is too short, or malformed.
    "be at least",
    "have at least",
    "requires at least",
    "empty",
    "must be greater than",
    "must be longer than",
    "must be larger than",
    "unexpected token",
    "invalid token",
    // Other parameters.
    "roles",
    "logprobs",
    "top_logprobs",
    "temperature",
    "budget_tokens",
    "stop sequences",
    "properties",
];

/// What may stand with the input in a sum.
pub(super) const BOUNDS: &[&str] = &[
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "maxoutputtokens",
];

/// What passes, and says nothing of the input: time, load, memory, the machine and its network.
pub(super) const PASSING: &[&str] = &[
    "deadline",
    "deadlineexceeded",
    "deadline_exceeded",
    "timeout",
    "timeouts",
    "timed out",
    "time out",
    "time limit",
    "seconds",
    "duration",
    "canceled",
    "cancelled",
    "retry",
    "retries exceeded",
    "later",
    "memory",
    "oom",
    "cuda",
    "connection",
    "connections",
    "httpconnectionpool",
    "httpsconnectionpool",
    "busy",
    "overloaded",
    "at capacity",
    "in flight",
    "temporarily",
    "ssl",
    "tls",
    "recursion",
    "open files",
];

/// What a model has and no rate.
pub(super) const OF_MODEL: &[&str] = &[
    "context",
    "context_length",
    "model length",
    "max_model_len",
    "max_seq_len",
    "n_ctx",
    "num_ctx",
    "model",
    "prompt length",
    "input length",
];

/// What nobody measures but who means the input.
pub(super) const OF_INPUT: &[&str] = &[
    "than the context",
    "exceed the context",
    "exceeds the context",
    "exceeds context",
    "exceed context",
    "num_ctx",
    "context of this model",
    "model's context",
    "context length",
    "context window",
    "context size",
    "context limit",
    "context_length",
    "model length",
    "max_model_len",
    "max_seq_len",
    "n_ctx",
    "input tokens",
    "prompt tokens",
    "text tokens",
    "token count",
    "number of tokens",
    "tokens in the prompt",
    "prompt length",
    "input length",
    "prompt contains",
    "prompt is",
    "prompt too",
    "prompt exceeds",
    "input is",
    "input too",
    "input exceeds",
    "inputs",
    "requested tokens",
];

/// What names the output, where nothing names the input.
pub(super) const OF_OUTPUT: &[&str] = &[
    "output tokens",
    "completion tokens",
    "new tokens",
    "generated tokens",
    "tokens to generate",
    "max tokens",
    "maximum tokens",
    "max output",
];

pub(super) const NAMES_INPUT: &[&str] = &[
    "input",
    "inputs",
    "prompt",
    "context",
    "message",
    "messages",
    "conversation",
    "text",
    "total",
];
