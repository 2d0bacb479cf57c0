//! Replies to prompts of a rubric's own that ask for a choice.

use domain::rubric::{Meaning, Scale, Side};

use crate::custom_replies::{choice, digits, grades, letters, says, says_nothing};
use crate::recorded::reading;

#[test]
fn a_choice_counts_where_it_stands_as_an_answer() {
    for reply in [
        "A",
        "(A)",
        "**A**.",
        "[[A]]",
        "Both are good. [[A]] it is, not C.",
        "Verdict: A",
        "Final choice: A - it is shorter",
        "It is shorter.\nAnswer: A",
        "It is shorter.\n\nTherefore, I choose A as the better answer.",
        "It is shorter. I prefer Assistant A's answer.",
        "It is shorter, so the better one is plain. Response A is better.",
        "A - it is shorter",
        "A: it is shorter",
        "<think>B?</think>A",
        "选择：A",
    ] {
        says(&letters(), reply, "first");
    }
    says(
        &digits(),
        "Long prose with 2 reasons and 3 parts.\n\n1",
        "first",
    );
    says(
        &digits(),
        "The first is short.\n\nTherefore, the output should be 3.",
        "tie",
    );
}

#[test]
fn a_choice_in_prose_is_no_answer() {
    for reply in [
        "A good answer is short.",
        "Assistant A",
        "Assistant A is longer, B is shorter.",
        "A is worse.",
        "I would not choose A.",
        "If it were shorter, I would choose A.",
        "I would choose A or B.",
        "A, B and C are all fine.",
        "A: it is short\nB: it is long",
        "A. First point\nB. Second point",
        "Answer: A\nThat is what the first says; I think it is wrong.",
        "Both are equal, but I choose A",
        "**Assistant A**\nIt is short.\n**Assistant B**\nIt is long.",
        "a",
        "[[D]]",
        "[[A]] or [[B]]",
        "items[[A]]",
        "AB",
        "I cannot decide.",
        "",
    ] {
        if reply == "Assistant A" {
            // The whole reply names one.
            says(&letters(), reply, "first");
        } else {
            says_nothing(&letters(), reply);
        }
    }
    for reply in [
        "1. Both are short.\n2. Both are right.",
        "7 8\n\nThe second is better.",
        "The correct answer is 2.",
        "Assistant 1: 5/5",
        "[Assistant 2]\nIt is short.",
        "4",
    ] {
        says_nothing(&digits(), reply);
    }
}

#[test]
fn choices_are_taken_as_they_are_written() {
    let cases = choice(
        &[
            ("m", Meaning::Side(Side::First)),
            ("M", Meaning::Side(Side::Second)),
        ],
        true,
    );
    says(&cases, "m", "first");
    says(&cases, " M", "second");
    says_nothing(&cases, "Model m or M");
    let outputs = choice(
        &[
            ("Output (a)", Meaning::Side(Side::First)),
            ("Output (b)", Meaning::Side(Side::Second)),
        ],
        true,
    );
    says(&outputs, "Output (b)", "second");
    says(&outputs, "output (b).", "second");
    says(
        &outputs,
        "It is short. Therefore, Output (b) is better.",
        "second",
    );
    says_nothing(&outputs, "It is not true that Output (b) is better.");
    says_nothing(
        &outputs,
        "Output (a)\nIt is long.\n\nOutput (b)\nIt is short.",
    );
}

#[test]
fn choices_fit_the_scale() {
    let mut truth = choice(
        &[("Yes", Meaning::Truth(true)), ("No", Meaning::Truth(false))],
        false,
    );
    truth.rubric.criteria[0].scale = Scale::Boolean;
    says(&truth, "Yes", "true");
    says(&truth, "No, because it is not sorted.", "false");
    says(&truth, "yes.", "true");
    says_nothing(&truth, "Yes and no.");
    says(&grades(), "Verdict: good", "5");
    // Of the longest that fits, and never a part of a word.
    let words = choice(
        &[
            ("correct", Meaning::Number(5.0)),
            ("partly correct", Meaning::Number(3.0)),
        ],
        false,
    );
    says(&words, "Grade: partly correct", "3");
    says_nothing(&words, "incorrect");
    assert!(reading(&choice(&[("A", Meaning::Truth(true))], false), "A").is_err());
    assert!(reading(&choice(&[("A", Meaning::Number(9.0))], false), "A").is_err());
}
