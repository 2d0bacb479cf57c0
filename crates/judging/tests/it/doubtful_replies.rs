//! Replies that hold something like an answer which is none, or more than one: each is refused, or the answer is read.

use domain::rubric::{ReplyFormat, Take};

use crate::custom_replies::{
    grades, letters, number, reader, says, says_nothing, says_nothing_because,
};
use crate::recorded::{Reader, criterion, rubric};

fn taking(take: Take) -> Reader {
    reader(
        ReplyFormat::Number { min: 1.0, max: 5.0 },
        Some(take),
        false,
    )
}

fn verdicts(take: Take) -> Reader {
    let mut letters = letters();
    letters.form.take = Some(take);
    letters
}

#[test]
fn what_is_mentioned_in_brackets_does_not_hide_the_answer() {
    let lured = "The answer asks me for [[5]], which I ignore.\nScore: 1";
    says_nothing_because(&number(), lured, "differ");
    says(&taking(Take::Last), lured, "1");
    says_nothing(
        &number(),
        "The answer asks me for [[5]], which I ignore. Therefore, the score is 1.",
    );
    says_nothing(&number(), "The answer asks me for [[5]].\n\n1");
    says_nothing(
        &number(),
        "1 - the answer asks me for [[5]], which I ignore.",
    );
    says(&number(), "As it says, [[4]].\nScore: 4", "4");
    // What the judge is told to answer is none of its answers.
    let lured = "Assistant A tells me to answer [[A]], which I ignore.\nVerdict: B";
    says(&letters(), lured, "second");
    says(&verdicts(Take::Last), lured, "second");
    let lured = "Assistant A tells me to answer [[A]]. Therefore, I choose B.";
    says(&letters(), lured, "second");
    says_nothing(&letters(), "Assistant A tells me to answer [[A]].\nB");
}

#[test]
fn a_link_is_no_answer() {
    says(
        &number(),
        "The claim rests on [[1]](https://x.org).\nScore: 4",
        "4",
    );
    says_nothing(&number(), "The claim rests on [[1]](https://x.org).");
    says(
        &letters(),
        "As [[A]](https://x.org) says.\nVerdict: B",
        "second",
    );
}

#[test]
fn what_a_score_is_out_of_is_read_in_every_spelling() {
    for reply in [
        "Score (out of 10): 4",
        "Score (1-10): 4",
        "Score (1 to 10): 4",
        "Score (1–10): 4",
        "Score (/10): 4",
        "Score [0-10]: 4",
        "Score (max 10): 4",
        "Score (0 to 10, up to 2 digits): 4",
        "Score (on a scale of 1 to 10) = 4",
        "评分（满分10分）：4",
        "Score (1-10):\n4",
        "Score: 4 (out of 10)",
        "Score: 4 (of 10)",
        "Score: 4 (/10)",
        "Score: 4 (1-10)",
        "Score: 4 (on a scale from 1 to 10)",
        "Score: 4, out of 10",
        "Score: 4 points out of 10",
        "Score: **4**/10",
        "Score: **4** (out of **10**)",
        "Rating: [[4]]/10",
        "Rating: [[4]] / 10",
        "Rating: [[4]] out of 10",
        "Rating: [[4]] (out of 10)",
        "Rating: **[[4]]**/10",
        "Rating: [[4]](1 - 10)",
        "I give it [[4]]/10 as it sorts.",
        "[[4/10]]",
        "4 (out of 10)",
        "It sorts. Therefore, the score (1-10) is 4.",
    ] {
        says_nothing_because(&number(), reply, "out of 10");
        let right = reply.replace("10", "5");
        says(&number(), &right, "4");
    }
    for reply in [
        "Score (second try): 4",
        "Score: 4 (it fails 2 to 3 cases)",
        "Score: 4 (lines 2-3 are wrong)",
        "Score: 4 (3 of 10 tests fail)",
    ] {
        says(&number(), reply, "4");
    }
}

#[test]
fn rows_are_out_of_what_their_scales_end_with() {
    let mut rows = reader(ReplyFormat::Numbers { count: 2 }, None, false);
    rows.rubric = rubric(["a", "b"].map(|name| criterion(name, 1.0, 5.0)).into());
    for reply in [
        "Criterion 1: 4/10\nCriterion 2: 3/10",
        "Criterion 1: 4 / 10\nCriterion 2: 3 / 10",
        "Criterion 1: 4 out of 10\nCriterion 2: 3 out of 10",
        "Criterion 1: 4 (out of 10)\nCriterion 2: 3 (out of 10)",
        "Criterion 1: **4**/10\nCriterion 2: **3**/10",
        "Scores (1-10): 4, 3",
        "Scores (out of 10): (4, 3)",
    ] {
        says_nothing_because(&rows, reply, "out of 10");
        says(&rows, &reply.replace("10", "5"), "4,3");
    }
    says(
        &rows,
        "Criterion 1: 4 (right)\nCriterion 2: 3 (slow)",
        "4,3",
    );
    let compared = reader(ReplyFormat::Numbers { count: 2 }, None, true);
    says(&compared, "Assistant 1: 4/10\nAssistant 2: 3/10", "first");
    says(&compared, "Scores (1-10): 4, 3", "first");
    says_nothing(&compared, "Assistant 1: 4/10\nAssistant 2: 3 (out of 5)");
}

#[test]
fn a_bare_line_within_the_reasoning_is_no_answer() {
    let printed = "Calling median([1, 2, 3, 4]) prints\n\n```\n3\n```\n\nThe right answer is 2.5.";
    says_nothing(&number(), &format!("{printed} It falls 2 short of that."));
    says(
        &number(),
        &format!("{printed} I would rate this 2 out of 5."),
        "2",
    );
    says(&number(), &format!("{printed}\nScore: 2"), "2");
    says(&number(), &format!("{printed} I say [[2]]."), "2");
    says(&number(), &format!("Score: 2\n{printed}\nScore: 2"), "2");
    // One that follows the answer may take it back.
    says_nothing(&number(), "Score: 2\nOn reflection:\n4\nThat is all.");
    says_nothing(
        &taking(Take::Last),
        "Score: 2\nOn reflection:\n4\nThat is all.",
    );
    says(
        &taking(Take::First),
        &format!("2\n{printed} The function rounds."),
        "2",
    );
    says_nothing(&number(), &format!("2\n{printed}"));
    says_nothing(&number(), "It prints\n1\n2\n3");
    says(&number(), "4\nIt sorts.\n4\nIt is stable.", "4");
    for label in [
        "Score:",
        "**Score:**",
        "## Score",
        "**Final rating**",
        "Score (1-5):",
    ] {
        says(
            &number(),
            &format!("It sorts.\n\n{label}\n4\n\nIt has no tests."),
            "4",
        );
    }
    let chosen = "Sorting the letters gives\n\n```\nA\n```\n\nwhich is";
    says_nothing(&letters(), &format!("{chosen} what both of them say."));
    says(
        &letters(),
        &format!("{chosen} wrong.\nVerdict: B"),
        "second",
    );
    says(
        &letters(),
        "Both sort.\n\n**Verdict:**\nB\n\nIt is shorter.",
        "second",
    );
    says(
        &letters(),
        "In the end I would choose:\n\nB\n\nIt is shorter.",
        "second",
    );
    says_nothing(&letters(), "I would not choose:\n\nB\n\nIt is longer.");
    let words = grades();
    says(&words, "It sorts.\n\nVerdict:\ngood\n\nIt is short.", "5");
    says_nothing(&words, "It prints\ngood\nwhich is right.");
}

#[test]
fn a_label_does_not_hide_a_later_one() {
    for changed in [
        "Score: 4. On reflection that is too high. Score: 2.",
        "Score: 4. On reflection that is too high. Score: 2.",
        "Score: 4. On reflection that is too high. Score: 2.\nIt is long.",
        "4 - fine and clear. Final score: 2.",
    ] {
        says_nothing_because(&number(), changed, "differ");
        says(&taking(Take::First), changed, "4");
        says(&taking(Take::Last), changed, "2");
    }
    says(&number(), "Score: 4. It is short. Score: 4.", "4");
    for changed in [
        "Verdict: A. On reflection it is wrong. Verdict: B.",
        "Verdict: A. On reflection it is wrong. Verdict: B.\nIt is clear.",
    ] {
        says_nothing_because(&letters(), changed, "differ");
        says(&verdicts(Take::Last), changed, "second");
    }
}

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

#[test]
fn a_later_verdict_that_cannot_be_read_takes_an_earlier_one_back() {
    for value in [
        "<9",
        ">=9",
        "8-9",
        "9+",
        "not 9",
        "N/A",
        "",
        "TBD",
        "8½",
        "nine",
        "九",
        "IX",
        "9️⃣",
        "𝟗",
        "⑨",
        "9pts",
        "\\boxed{9}",
        "\\(9\\)",
        "<b>9",
        "{9}",
    ] {
        let reply =
            format!("At first I thought\nScore: 2\nBut no, my final verdict is\nScore: {value}");
        says_nothing(&number(), &reply);
        says_nothing(&taking(Take::Last), &reply);
        says_nothing(&number(), &format!("{reply}\nThat is all."));
    }
    let settled = "Score: 2\nScore: X\nBut no:\nFinal score: 4";
    says(&taking(Take::Last), settled, "4");
    says(&number(), "Score: <1-5>\nIt runs.\nScore: 4", "4");
    says(&number(), "Score: 4\nNote: it was not run.", "4");
    says(
        &number(),
        "Score:\n4\nThe score is lowered, since it is slow.",
        "4",
    );
    says(&taking(Take::First), "Score: 2\nIn short:\nScore: X", "2");
    says_nothing(&number(), "[[2]]\nOn reflection [[<5]]");
    says(&number(), "[[2]]\nAs in [[1, 2], [3, 4]].", "2");
    for value in [
        "not C",
        "D",
        "C?",
        "A or B",
        "С",
        "Ｃ",
        "<i class=c>C</i>",
        "→ C",
        "",
    ] {
        let reply = format!("GRADE: A\nBut no, my final verdict is\nGRADE: {value}");
        says_nothing(&letters(), &reply);
        says_nothing(&verdicts(Take::Last), &reply);
    }
    says(&letters(), "Verdict: A\nScore: 8", "first");
}

#[test]
fn a_bound_is_no_score() {
    for reply in [
        "Score >= 4",
        "Score <= 3",
        "Score != 3",
        "Score ~= 4",
        "Score =/= 4",
        "**Score** >= 4",
        "评分 >= 4",
        "It runs, so the score >= 3.",
    ] {
        says_nothing(&number(), reply);
    }
    says(&number(), "Score = 4", "4");
    says(&number(), "> Score: 4", "4");
    for reply in [
        "Verdict != A",
        "Verdict: !A",
        "Verdict: ≠ A",
        "Verdict: <A",
        "Verdict >= A",
    ] {
        says_nothing(&letters(), reply);
    }
    says(&letters(), "Verdict: <A>", "first");
}

#[test]
fn double_brackets_around_a_bound_hold_no_value() {
    for reply in [
        "Not [[5]], as it fails.",
        "At most [[4]].",
        "It is at least [[4]].",
        "It is more than [[3]].",
        "≥[[4]]",
        "~[[4]]",
        "[[4]]+",
        "[[3]].5",
        "[[4]]?",
    ] {
        says_nothing(&number(), reply);
    }
    says(&number(), "It runs! [[4]]", "4");
    says(&number(), "It is better than most: [[4]].", "4");
    for reply in ["It is not [[A]].", "Anything but [[A]]."] {
        says_nothing(&letters(), reply);
    }
    says(&letters(), "B is not short. [[A]]", "first");
}
