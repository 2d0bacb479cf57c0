//! Replies that hold something like an answer which is none, or more than one: each is refused, or the answer is read.

use domain::rubric::ReplyFormat;

use crate::own_replies::{number, reader, says, says_nothing, says_nothing_because};

#[test]
fn a_thought_that_does_not_end_is_no_answer_wherever_it_begins() {
    let why = "only a thought that does not end";
    says_nothing_because(&number(), "Okay.\n<think>\nScore: 2\nHmm", why);
    says_nothing_because(&number(), "<think>\n\n</think>\n\n<think>\nScore: 2", why);
    says_nothing_because(&number(), "<think>a</think> <think>\nScore: 2", why);
    says(
        &number(),
        "<think>\na\n</think>\n<think>\nb\n</think>\nScore: 2",
        "2",
    );
    says(&number(), "It prints <think> and ends.\nScore: 2", "2");
    let json = reader(ReplyFormat::Json, None, false);
    says(
        &json,
        "{\"reason\": \"It prints\n<think>\nand no more.\", \"score\": 2}",
        "2",
    );
    says_nothing_because(
        &json,
        "<think>a</think>\n<think>\nPerhaps {\"score\": 2}, but",
        why,
    );
}

#[test]
fn nothing_is_taken_out_of_a_broken_object_that_holds_a_fence() {
    let json = reader(ReplyFormat::Json, None, false);
    for inside in [
        "prints nothing.",
        "it \"prints nothing.",
        "it prints {\\\"a\\\"}.",
    ] {
        let object = format!(
            "{{\"reason\": \"It should print\n```\n{{\"value\": 3}}\n```\nbut {inside}\", \"score\": 1}}"
        );
        says_nothing(&json, &object);
        says_nothing(&json, &format!("Here it is: {object}"));
        says_nothing(&json, &format!("```json\n{object}\n```"));
        says_nothing(&json, &format!("```json\n{object}\n```\nThat is all."));
    }
    says_nothing(
        &json,
        "{\"reason\": \"It says \"} and then {\"value\": 3}\", \"score\": 1}",
    );
    let draft = "```json\n{\"reason\": \"It\n```";
    says(
        &json,
        &format!("{draft}\nOnce more:\n```json\n{{\"score\": 4}}\n```"),
        "4",
    );
}
