//! Replies to our own prompts: verdicts, comparisons, steps.
#![no_main]

use judging::reading::{Form, read_steps};
use judging_fuzz::{check, rubric, split};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((shape, text)) = split(data) else {
        return;
    };
    let rubric = rubric(shape[0]);
    let form = if shape[1] % 2 == 0 {
        Form::Direct
    } else {
        Form::Comparison
    };
    check(&rubric, form, text);
    if let Ok(steps) = read_steps(text) {
        assert!((2..=12).contains(&steps.len()));
        assert!(steps.iter().all(|step| (1..=500).contains(&step.len())));
    }
});
