//! What stands around an answer and is no part of it: tokens that end a reply, a thought whose beginning a server kept, and
//! fences around thoughts.

use std::collections::BTreeMap;

use domain::rubric::{ReplyFormat, Take};

use crate::custom_replies::{letters, number, reader, says, says_nothing};
use crate::fixture::{GOOD, RUBRIC, SUBMISSION, judge_with, plan, text};
use crate::recorded::Reader;

const ENDS: [&str; 12] = [
    "<|im_end|>",
    "<|eot_id|>",
    "</s>",
    "<|end|>",
    "<end_of_turn>",
    "<|eot|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|return|>",
    "<｜end▁of▁sentence｜>",
    "<|END_OF_TURN_TOKEN|>",
];

fn numbers(take: Option<Take>) -> Reader {
    reader(ReplyFormat::Number { min: 1.0, max: 5.0 }, take, false)
}

/// Whether the verdict of a structured reply is read at once.
fn is_read(said: &str) -> bool {
    let (calls, assessment) = judge_with(&plan(RUBRIC), SUBMISSION, |_| text(said));
    calls.len() == 1 && assessment.score.is_some()
}

#[test]
fn a_token_that_ends_a_reply_is_no_part_of_it() {
    let pattern = ReplyFormat::Regex {
        pattern: "(?m)^Score: (?<score>.+)$".to_owned(),
        choices: BTreeMap::new(),
    };
    let pattern = reader(pattern, None, false);
    let json = reader(ReplyFormat::Json, None, false);
    let pair = reader(ReplyFormat::Numbers { count: 1 }, None, false);
    for end in ENDS {
        for blank in ["", " ", "\n", "\n\n"] {
            let ended = |reply: &str| format!("{reply}{blank}{end}{blank}");
            for take in [None, Some(Take::First), Some(Take::Last)] {
                for reply in [
                    "4",
                    "Score: 4",
                    "It sorts.\nScore: 4",
                    "I say [[4]]",
                    "**4**",
                    "4/5",
                ] {
                    says(&numbers(take), &ended(reply), "4");
                }
            }
            says(&pattern, &ended("It sorts.\nScore: 4"), "4");
            says(&json, &ended("{\"score\": 4}"), "4");
            says(&json, &ended("```json\n{\"score\": 4}\n```"), "4");
            says(&pair, &ended("4"), "4");
            says(&letters(), &ended("Verdict: B"), "second");
            says(&letters(), &ended("[[B]]"), "second");
            assert!(is_read(&ended(GOOD)), "{end}");
            assert!(is_read(&ended(&format!("```json\n{GOOD}\n```"))), "{end}");
            // Two of them.
            says(&number(), &format!("{}{end}", ended("Score: 4")), "4");
        }
    }
    // Only at the very end.
    says(&number(), "It prints </s> twice.\nScore: 4</s>", "4");
}

#[test]
fn behind_a_thought_that_was_not_begun_stands_the_answer() {
    for close in [
        "</think>",
        "</thinking>",
        "</thought>",
        "[/THINK]",
        "</reasoning>",
    ] {
        for (draft, answer) in [
            ("Draft: it sorts.\nScore: 2\n", "\nScore: 4"),
            ("Score: 2", "Score: 4"),
            ("I would say Score: 2, or not?\n", "\n\n4"),
            ("Perhaps [[2]].\n", "[[4]]"),
            ("2", "4"),
        ] {
            for take in [None, Some(Take::First), Some(Take::Last)] {
                says(&numbers(take), &format!("{draft}{close}{answer}"), "4");
            }
        }
        let other = GOOD.replace("\"score\": 4", "\"score\": 2");
        assert_ne!(other, GOOD);
        assert!(is_read(&format!("{other}\n{close}\n{GOOD}")), "{close}");
        assert!(is_read(&format!("Draft: {other}{close}{GOOD}")), "{close}");
        says(
            &letters(),
            &format!("Verdict: A\n{close}\nVerdict: B"),
            "second",
        );
        // Twice, or quoted in a sentence, nobody knows which one it is.
        for reply in [
            format!("Score: 2\n{close}\nScore: 4\n{close}\nScore: 3"),
            format!("Score: 2. It prints {close}: Score: 4"),
            format!("Score: 2. It prints `{close}` and ends with Score: 4"),
            format!("Score: 2\n{close}"),
            format!("Score: 2\n{close}\n\n"),
        ] {
            says_nothing(&number(), &reply);
        }
    }
}

#[test]
fn a_fence_around_thoughts_holds_no_answer() {
    for name in [
        "thinking",
        "scratchpad",
        "thoughts",
        "reasoning",
        "Thinking",
        "think",
        "analysis",
        "draft",
    ] {
        let thought = format!("```{name}\nThe first glance says\nScore: 2\n```\n");
        for take in [None, Some(Take::First), Some(Take::Last)] {
            says(&numbers(take), &format!("{thought}\nScore: 4"), "4");
            says(&numbers(take), &format!("{thought}4"), "4");
            says(
                &numbers(take),
                &format!("~~~{name}\nScore: 2\n~~~\nScore: 4"),
                "4",
            );
            says_nothing(&numbers(take), &thought);
            says_nothing(&numbers(take), &format!("```{name}\nScore: 2\n"));
        }
        says(
            &letters(),
            &format!("```{name}\nVerdict: A\n```\nVerdict: B"),
            "second",
        );
        let other = GOOD.replace("\"score\": 4", "\"score\": 2");
        assert!(
            is_read(&format!("```{name}\n{other}\n```\n{GOOD}")),
            "{name}"
        );
        assert!(
            is_read(&format!("```{name}\n{other}\n```\n```json\n{GOOD}\n```")),
            "{name}"
        );
    }
    // Any other fence.
    for name in ["", "json", "text", "python", "verdict"] {
        says(&number(), &format!("```{name}\nScore: 4\n```"), "4");
    }
}
