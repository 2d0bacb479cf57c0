//! Replies to a rubric's own prompt, in all forms.
#![no_main]

use domain::rubric::{ReplyForm, ReplyFormat, Take};
use judging::reading::Form;
use judging_fuzz::{check, choices, rubric, split};

const PATTERNS: [&str; 4] = [
    "(?P<q>[A-Z0-9.]+)",
    "(?i)score: (?P<q>\\S+)",
    "(?P<q>\\w+) (?P<ab>\\w+) (?P<zeal>\\w+)",
    "(\\d)",
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((shape, text)) = split(data) else {
        return;
    };
    let rubric = rubric(shape[0]);
    let min = f64::from(shape[3]) - 128.0;
    let format = match shape[1] % 32 {
        // Expressions are seldom drawn: to compile one takes longer than all else.
        0..=6 => ReplyFormat::Json,
        7..=15 => ReplyFormat::Number {
            min,
            max: min + f64::from(shape[4]) + 1.0,
        },
        16..=21 => ReplyFormat::Numbers {
            count: usize::from(shape[4] % 5),
        },
        22..=30 => ReplyFormat::Choice {
            choices: choices(shape[4]),
        },
        _ => ReplyFormat::Regex {
            pattern: PATTERNS[usize::from(shape[3]) % PATTERNS.len()].to_owned(),
            choices: choices(shape[4]),
        },
    };
    let take = match shape[2] % 3 {
        0 => None,
        1 => Some(Take::First),
        _ => Some(Take::Last),
    };
    let form = ReplyForm {
        format,
        take,
        logprobs: true,
    };
    let form = Form::Custom {
        form: &form,
        comparison: shape[5] % 2 == 0,
    };
    check(&rubric, form, text);
});
