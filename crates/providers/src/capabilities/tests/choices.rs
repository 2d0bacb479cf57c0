//! Refusals of several choices, in the words of those who refuse them.

use super::*;

/// What is left of the abilities after a refusal with this code and message.
fn after(about: &str, param: &str) -> Option<Capabilities> {
    let complaint = Complaint {
        param: param.to_owned(),
        ..complaint(400, about)
    };
    Capabilities::default().without(&complaint, EVERYTHING)
}

#[test]
fn a_refusal_of_several_choices_is_understood_whoever_words_it() {
    for about in [
        "unsupported_value Unsupported value: 'n' does not support 5 with this model. Only the default (1) value is supported.",
        "unsupported_parameter Unsupported parameter: 'n' is not supported with this model.",
        "'n' : number must be at most 1",
        "litellm.UnsupportedParamsError: anthropic does not support parameters: ['n'], for model=claude-sonnet-4-5. To drop these, set `litellm.drop_params=True`",
        "LiteLLM.Exception: Unsupported parameters passed: n.",
        "[{'type': 'extra_forbidden', 'loc': ('body', 'n'), 'msg': 'Extra inputs are not permitted'}]",
        "less_than_equal [\"body\",\"n\"] Input should be less than or equal to 1",
        "n must be 1 when using greedy sampling, got 5.",
        "n must equal 1 (multi-choice is not supported)",
        "Range of n should be [1, 4]",
        "only n=1 is supported",
        "n > 1 is not supported when streaming",
        "Only one completion choice is allowed",
        "Argument not supported on this model: n",
        "invalid_argument Unable to submit request because candidateCount must be 1 but the entered value was 3. Update the candidateCount value and try again.",
        "Multiple candidates is not enabled for this model",
    ] {
        let single = Capabilities::default().single();
        assert_eq!(after(about, ""), Some(single), "{about}");
    }
    // What is named as the parameter counts, whatever the message says.
    let single = Some(Capabilities::default().single());
    assert_eq!(after("invalid_value Bad request.", "n"), single);
    let warm = after("not supported unless n = 1", "temperature").unwrap();
    assert!(warm.choices && !warm.temperature);
}

#[test]
fn a_letter_is_no_parameter() {
    for about in [
        "unknown model `gpt-5o`",
        "bad request",
        "this\\n must not be: model not found",
        "the n-gram model is not supported",
        "unsupported value: 'top_n'",
        "rock'n'roll is not supported",
        "unexpected end at line n",
    ] {
        assert_eq!(after(about, ""), None, "{about}");
    }
    // The words of the others are theirs.
    let less = after("'logprobs' is not supported with this model.", "").unwrap();
    assert!(less.choices && !less.logprobs);
    // Who was not asked for several cannot refuse them.
    let one = RequestFeatures {
        choices: false,
        ..EVERYTHING
    };
    let refusal = complaint(400, "'n' is not supported");
    assert_eq!(Capabilities::default().without(&refusal, one), None);
    // A server that fails says nothing of the request.
    let failure = complaint(500, "'n' is not supported");
    assert_eq!(Capabilities::default().without(&failure, EVERYTHING), None);
}

#[test]
fn workers_of_two_releases_read_each_others_lessons() {
    let older = r#"{"json":"tool","streams":true,"stream_options":false,"logprobs":true,"temperature":true,
        "store":true,"output_bound":"plain"}"#;
    let read: Capabilities = serde_json::from_str(older).unwrap();
    let expected = Capabilities {
        json: JsonMode::Tool,
        stream_options: false,
        output_bound: OutputBound::Plain,
        ..Capabilities::default()
    };
    assert_eq!(read, expected);

    // The release before this one passes over what it does not know, as this one does.
    let mut newer = serde_json::to_value(Capabilities::default().single()).unwrap();
    assert_eq!(newer["choices"], false);
    newer["something_newer"] = true.into();
    let read: Capabilities = serde_json::from_value(newer).unwrap();
    assert_eq!(read, Capabilities::default().single());
}
