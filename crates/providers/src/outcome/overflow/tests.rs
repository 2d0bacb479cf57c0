use judging::Role;

use super::*;

fn of_user(content: &str) -> Vec<Message> {
    vec![Message {
        role: Role::User,
        content: content.to_owned(),
        shared: None,
    }]
}

#[test]
fn an_input_that_is_too_long_is_understood_whoever_words_it() {
    for message in [
        // OpenAI, Azure, and those who took their words.
        "This model's maximum context length is 16385 tokens. However, your messages resulted in 20011 tokens. Please reduce the length of the messages.",
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300112 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens (42832 of text input).",
        // vLLM.
        "The decoder prompt (length 9211) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
        "You passed 9000 input tokens and requested 1000 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 7192 tokens.",
        "This model's maximum context length is 131072 tokens. However, you requested 4096 output tokens and your prompt contains at least 128673 input tokens, for a total of at least 132769 tokens.",
        // SGLang, TGI, TensorRT-LLM.
        "The input (77 tokens) is longer than the model's context length (64 tokens).",
        "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9200 tokens.",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5211 `inputs` tokens and 512 `max_new_tokens`",
        "Input validation error: `inputs` must have less than 4095 tokens. Given: 5211",
        "Prompt length (5211) exceeds maximum input length (4096).",
        // LM Studio, llama.cpp, Ollama, others at home.
        "The number of tokens to keep from the initial prompt is greater than the context length.",
        "Reached context length of 4096 tokens, but this model does not currently support mid-generation context overflow.",
        "the request exceeds the available context size, try increasing it",
        "request (5211 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "input is too large to process. increase the physical batch size",
        "the input length exceeds the context length",
        "Cannot truncate prompt with n_keep (9120) >= n_ctx (4096)",
        "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 8192 tokens and your request has 7100 input tokens (4096 > 8192 - 7100).",
        "prompt too long; exceeded max context length by 1115 tokens",
        "Requested tokens (5211) exceed context window of 2048",
        "Prompt length 9000 is greater than max_seq_len 8192",
        // Anthropic, Bedrock, Gemini, Mistral, Cohere, xAI.
        "prompt is too long: 213462 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length or `max_tokens` and try again",
        "Input is too long for requested model.",
        "Too many input tokens. Max input tokens: 8192, request input token count: 10011",
        "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
        "Malformed input request: expected maxLength: 2048, actual: 5211, please reformat your input and try again.",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048576).",
        "Unable to submit request because the input token count is 1500000 but model only supports up to 1048576. Reduce the input token count and try again.",
        "Prompt contains 40012 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5211. Try using a shorter prompt.",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        // Others, and what stands around all of them.
        "Please reduce the length of the messages or completion. Current length is 9012 while limit is 8192",
        "Request body too large for gpt-4o model. Max size: 8000 tokens.",
        "prompt token count of 70012 exceeds the limit of 64000",
        "Your request exceeded model token limit: 8192",
        "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
        "invalid params, context window exceeds limit",
        "Prompt exceeds max length",
        "The estimated number of input and maximum output tokens (9012) exceeded this model context window limit (8192).",
        // In other languages.
        "输入的 tokens 超过模型上下文",
        "Die Eingabe ist zu lang: 9120 Tokens.",
        "Der Prompt überschreitet das Kontextfenster des Modells.",
        "Die maximale Kontextlänge dieses Modells beträgt 8.192 Tokens, Ihre Anfrage umfasst 9.120.",
        "Die Anfrage enthält 9120 Token, erlaubt sind höchstens 8192.",
        "La requête dépasse la longueur maximale du contexte (8 192 jetons).",
        "El mensaje excede la longitud máxima del contexto.",
        "入力がモデルの最大コンテキスト長 8192 トークンを超えています",
        "litellm.BadRequestError: OpenAIException - Error code: 400 - {'error': {'message': \"The prompt is too long: 40012, model maximum context length: 32767\"}}. Received Model Group=judge\nAvailable Model Group Fallbacks=None",
        "litellm.ContextWindowExceededError: litellm.BadRequestError",
    ] {
        assert!(is_said(&message.to_lowercase(), &[]), "{message}");
    }
}

#[test]
fn only_a_sentence_that_names_the_input_and_its_excess_is_sure() {
    for (message, is_sure) in [
        (
            "the conversation is longer than the context of this model: 9000 tokens",
            true,
        ),
        (
            "Request failed. Prompt is too long: 9000 tokens > 8192 maximum",
            true,
        ),
        (
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.",
            true,
        ),
        ("Your request exceeded model token limit: 8192", false),
        ("Prompt is being processed. Worker limit exceeded", false),
        (
            "maximum context length is being read from the file: limit exceeded",
            false,
        ),
        (
            "the prompt is too long to be sent within the deadline",
            false,
        ),
    ] {
        assert_eq!(
            is_said_for_sure(&message.to_lowercase(), &[]),
            is_sure,
            "{message}"
        );
    }
}

#[test]
fn what_has_another_limit_is_not_the_input() {
    for message in [
        // A rate.
        "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 1200. Please try again in 400ms.",
        "Too many tokens per day, please wait before trying again.",
        "Rate limit exceeded: the maximum context length of your tier is 8000 tokens per minute.",
        "You exceeded your current quota of input tokens",
        "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 912.",
        // The bound of the output.
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 200 input tokens (5000 > 4096 - 200).",
        "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for this model",
        "Requested max_tokens (8193) exceeds the limit of the model: 8192 tokens",
        "too many tokens: max tokens must be less than or equal to 4096, the setting for maximum output tokens is 8000.",
        "The number of output tokens requested exceeds the maximum of 4096",
        "The maximum tokens you requested exceeds the model limit of 4096.",
        // Too many of something else.
        "Too many images in the prompt: maximum is 20, got 25",
        "Too many audio clips in the prompt: maximum is 2, got 5",
        "Conversation roles must alternate user/assistant; got too many system messages",
        "The prompt must keep n_keep below n_ctx",
        // The same of other languages.
        "Ratenlimit überschritten: höchstens 30000 Tokens pro Minute, angefragt 31000.",
        "Zu viele Anfragen, das Kontingent an Tokens ist überschritten.",
        "Zeitüberschreitung bei der Verarbeitung der Eingabe.",
        "Die Ausgabe überschreitet 4096 Tokens.",
        "Der Arbeitsspeicher reicht für diesen Kontext nicht: mehr als 8192 MB nötig.",
        "Die Eingabe hat ein unbekanntes Feld.",
        "Der Kontext hat höchstens 8192 Tokens.",
        "Trop de requêtes: 30000 jetons par minute dépassés.",
        "Le délai de traitement du prompt est dépassé.",
        "每分钟 tokens 超过限制，请稍后再试",
        // A key, a filter, another parameter, another fault.
        "Invalid token: the access token is too long",
        "The authentication token exceeds its limit, but it was given",
        "Prompt blocked: its severity exceeds the threshold of your content policy",
        "Invalid 'temperature': must be less than 2",
        "`top_logprobs` must be less than 20 tokens",
        "`thinking.budget_tokens` must be less than `max_tokens`",
        "The prompt must be longer than 0 tokens",
        "Unexpected token < in JSON at position 0, but expected an object of at most 5 entries",
        "Too many images: at most 8 are supported",
        "Invalid schema: it exceeds the limit of 100 properties, in tokens",
        "the server is overloaded, too many requests",
        "maximum context length",
        "Bad Request",
        "",
    ] {
        assert!(!is_said(&message.to_lowercase(), &[]), "{message}");
    }
}

#[test]
fn what_is_quoted_from_the_request_says_nothing() {
    let words = "the prompt is too long: 9000 tokens exceed the context";
    let quoting = format!("invalid message \"{words}\": try another");
    let request =
        of_user("It answered:\n  The prompt is  too long: 9000 tokens exceed the context");
    assert!(is_said(words, &[]));
    assert!(!is_said(&quoting, &request));
    // A candidate that talks about it does not hide that it is so.
    let own = "the prompt is longer than the maximum of 4096 tokens (it has 5211)";
    assert!(is_said(own, &request));
    let tail = format!("{own}: {words}");
    assert!(is_said(&tail, &request));
}
