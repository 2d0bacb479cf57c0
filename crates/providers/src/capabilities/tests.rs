use super::*;

mod choices;

const EVERYTHING: RequestFeatures = RequestFeatures {
    json: true,
    logprobs: true,
    temperature: true,
    output_bound: true,
    is_chat: true,
    choices: true,
    cache_key: false,
    cache_control: false,
    service_tier: false,
};

fn complaint(status: u16, words: &str) -> Complaint {
    Complaint {
        status,
        param: String::new(),
        about: words.to_lowercase(),
    }
}

#[track_caller]
fn check(words: &str, change: impl FnOnce(&mut Capabilities)) {
    let mut expected = Capabilities::default();
    change(&mut expected);
    let found = Capabilities::default().without(&complaint(400, words), EVERYTHING);
    assert_eq!(found, Some(expected), "{words}");
}

#[test]
fn a_refusal_is_believed_when_it_names_what_was_sent() {
    check(
        "unsupported_parameter logprobs 'logprobs' is not supported with this model.",
        |less| less.logprobs = false,
    );
    check("top_logprobs: Extra inputs are not permitted", |less| {
        less.logprobs = false;
    });
    check(
        "unsupported_value temperature Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
        |less| less.temperature = false,
    );
    check(
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        |less| less.json = JsonMode::Tool,
    );
    check(
        "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.",
        |less| less.output_bound = OutputBound::Plain,
    );
    check(
        "litellm.UnsupportedParamsError: openai does not support parameters: ['stream_options']",
        |less| less.stream_options = false,
    );
    check("streaming is not available for your organisation", |less| {
        less.streams = false;
    });
}

#[test]
fn what_is_for_caches_alone_is_left_out_where_it_is_not_taken() {
    let sent = RequestFeatures {
        cache_key: true,
        cache_control: true,
        ..EVERYTHING
    };
    for (words, key, control) in [
        (
            "Unrecognized request argument supplied: prompt_cache_key",
            false,
            true,
        ),
        (
            "Unknown parameter: 'messages[0].content[0].cache_control'.",
            true,
            false,
        ),
        (
            "messages.0.content.0.text.cache_control: Extra inputs are not permitted",
            true,
            false,
        ),
        (
            "Invalid JSON payload received. Unknown name \"prompt_cache_key\": Cannot find field.",
            false,
            true,
        ),
    ] {
        let less = Capabilities::default().without(&complaint(400, words), sent);
        let expected = Capabilities {
            cache_key: key,
            cache_control: control,
            ..Capabilities::default()
        };
        assert_eq!(less, Some(expected), "{words}");
    }
    // A refusal without a word is met by leaving these out first.
    let guess = Capabilities::default().next_guess(0, sent).unwrap();
    assert!(!guess.cache_control && guess.cache_key && guess.stream_options);
    let guess = Capabilities::default().next_guess(1, sent).unwrap();
    assert!(guess.cache_control && !guess.cache_key && guess.stream_options);
}

#[test]
fn one_that_names_nothing_or_something_else_teaches_nothing() {
    let without = |status, words: &str, sent| {
        Capabilities::default().without(&complaint(status, words), sent)
    };
    assert_eq!(without(400, "bad request", EVERYTHING), None);
    assert_eq!(without(400, "unknown model `gpt-5o`", EVERYTHING), None);
    // The words must say that the thing is the problem.
    assert_eq!(
        without(400, "the temperature of the server is high", EVERYTHING),
        None
    );
    assert_eq!(without(429, "logprobs not supported", EVERYTHING), None);
    assert_eq!(
        without(500, "unexpected error from upstream", EVERYTHING),
        None
    );
    assert_eq!(
        without(400, "unexpected error from upstream", EVERYTHING),
        None
    );
    // A value that is not taken is for whoever asked for it to mend.
    for value in [
        "invalid_value temperature must be between 0 and 1, and 1.5 is not supported",
        "max_completion_tokens is too large: 100000. This model supports at most 16384",
    ] {
        assert_eq!(without(400, value, EVERYTHING), None, "{value}");
    }
    let nothing = RequestFeatures {
        logprobs: false,
        ..EVERYTHING
    };
    assert_eq!(without(400, "logprobs not supported", nothing), None);
}

#[test]
fn json_is_asked_for_in_four_ways_and_then_not_refused_any_more() {
    let words = [
        "json_schema is not supported",
        "tools are not supported",
        "response_format is not supported",
    ];
    let mut abilities = Capabilities::default();
    let mut ways = Vec::new();
    for word in words {
        abilities = abilities
            .without(&complaint(400, word), EVERYTHING)
            .unwrap();
        ways.push(abilities.json);
    }
    assert_eq!(ways, [JsonMode::Tool, JsonMode::Mode, JsonMode::Prompt]);
    assert_eq!(
        abilities.without(&complaint(400, words[2]), EVERYTHING),
        None
    );
}

#[test]
fn guesses_leave_out_one_thing_each_and_in_the_end_all() {
    for is_chat in [true, false] {
        let sent = RequestFeatures {
            is_chat,
            ..EVERYTHING
        };
        let best = Capabilities::default();
        let guesses: Vec<_> = (0..)
            .map_while(|number| best.next_guess(number, sent))
            .collect();
        assert_eq!(guesses.len(), 9, "{guesses:?}");
        let (least, singles) = guesses.split_last().unwrap();
        let warm = Capabilities {
            temperature: false,
            ..best
        };
        assert!(singles.contains(&warm));
        assert!(!least.streams && !least.logprobs && !least.temperature);
        assert_eq!(
            (least.json, least.output_bound),
            (JsonMode::Prompt, OutputBound::None)
        );
    }
    let nothing = RequestFeatures {
        json: false,
        logprobs: false,
        temperature: false,
        output_bound: false,
        is_chat: true,
        choices: false,
        cache_key: false,
        cache_control: false,
        service_tier: false,
    };
    let silent = Capabilities {
        streams: false,
        ..Capabilities::default()
    };
    assert_eq!(silent.next_guess(0, nothing), None);
}

#[test]
fn the_parameter_that_is_named_counts_for_more_than_what_is_mentioned() {
    let complaint = Complaint {
        param: "temperature".to_owned(),
        ..complaint(
            400,
            "unsupported_value: not supported with tools and logprobs",
        )
    };
    let less = Capabilities::default()
        .without(&complaint, EVERYTHING)
        .unwrap();
    assert!(!less.temperature && less.logprobs && less.json == JsonMode::Schema);
}
