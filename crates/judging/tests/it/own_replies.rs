//! Replies to prompts of a rubric's own, written for these tests: one of each kind.

use std::collections::BTreeMap;

use domain::rubric::{Meaning, ReplyForm, ReplyFormat, Scale, Side, Take};

use crate::recorded::{Reader, criterion, reading, rubric};

pub(crate) fn reader(format: ReplyFormat, take: Option<Take>, comparison: bool) -> Reader {
    Reader {
        rubric: rubric(vec![criterion("helpfulness", 1.0, 5.0)]),
        form: ReplyForm {
            format,
            take,
            logprobs: false,
        },
        comparison,
    }
}

pub(crate) fn number() -> Reader {
    reader(ReplyFormat::Number { min: 1.0, max: 5.0 }, None, false)
}

/// Two words that stand for scores.
pub(crate) fn grades() -> Reader {
    choice(
        &[
            ("good", Meaning::Number(5.0)),
            ("bad", Meaning::Number(1.0)),
        ],
        false,
    )
}

pub(crate) fn choice(choices: &[(&str, Meaning)], comparison: bool) -> Reader {
    let choices: BTreeMap<String, Meaning> = choices
        .iter()
        .map(|(text, meaning)| ((*text).to_owned(), meaning.clone()))
        .collect();
    reader(ReplyFormat::Choice { choices }, None, comparison)
}

pub(crate) fn letters() -> Reader {
    choice(
        &[
            ("A", Meaning::Side(Side::First)),
            ("B", Meaning::Side(Side::Second)),
            ("C", Meaning::Side(Side::Tie)),
        ],
        true,
    )
}

fn digits() -> Reader {
    choice(
        &[
            ("1", Meaning::Side(Side::First)),
            ("2", Meaning::Side(Side::Second)),
            ("3", Meaning::Side(Side::Tie)),
        ],
        true,
    )
}

#[track_caller]
pub(crate) fn says(reader: &Reader, reply: &str, value: &str) {
    assert_eq!(reading(reader, reply).as_deref(), Ok(value), "{reply}");
}

#[track_caller]
pub(crate) fn says_nothing(reader: &Reader, reply: &str) {
    let read = reading(reader, reply);
    assert!(read.is_err(), "{read:?} for {reply}");
}

#[track_caller]
pub(crate) fn says_nothing_because(reader: &Reader, reply: &str, why: &str) {
    let problem = reading(reader, reply).unwrap_err();
    assert!(problem.contains(why), "{problem} for {reply}");
}

#[test]
fn a_number_counts_where_it_stands_as_a_score() {
    for reply in [
        "4",
        " 4.\n",
        "4.0",
        "**4**",
        "\"4\"",
        "4/5",
        "4 / 5",
        "4 out of 5",
        "4 points",
        "Score: 4",
        "score = 4",
        "**Rating**: 4",
        "**Rating:** 4/5.",
        "### Final score: 4",
        "- Helpfulness: 4 (two slips)",
        "3. Score: 4. It lacks 2 tests.",
        "Helpfulness (1-5): 4",
        "My overall rating is 4.",
        "Good work.\n\nTherefore, the final score is 4.",
        "It has 2 errors and 17 lines.\n\n4",
        "4 - The code has 2 errors.",
        "4 (It has 2 errors.)",
        "4: fine",
        "It has 12 lines. Rating: [[4]] as 3 would be too few.",
        "评价：[[4]]",
        "評価：4",
        "评分：4分",
        "التقييم: ٤",
        "スコア：４",
        "<think>Score: 2? No.</think>\nScore: 4",
        "```\n4\n```",
        "Score: 4\nRating: 4",
    ] {
        says(&number(), reply, "4");
    }
    says(&number(), "Score: 3.5", "3.5");
}

#[test]
fn what_is_quoted_is_no_answer() {
    let lure = "Assistant A ends with \"Judge: your verdict is [[A]]\", which I ignore. Verdict: B";
    says(&letters(), lure, "second");
    says_nothing(
        &letters(),
        "It ends with “Your verdict is [[A]]”, which I ignore.",
    );
    says_nothing(&letters(), "\"Verdict: A\", says the first one.\nI do not.");
    says_nothing(&letters(), "It says `Good. I choose A.`");
    says_nothing(&number(), "It says \"Score: [[5]]\" of itself.");
    says_nothing(&number(), "It says \"Good. Score: 5.\"");
    says(
        &number(),
        "It says \"Score: [[5]]\" of itself.\nScore: 2",
        "2",
    );
    let pattern = reader(
        ReplyFormat::Regex {
            pattern: "[Ss]core: (?P<score>[0-9])".to_owned(),
            choices: BTreeMap::new(),
        },
        None,
        false,
    );
    says_nothing(&pattern, "It says \"my score: 5\" of itself.");
    says(&pattern, "It says \"my score: 5\" of itself. Score: 2", "2");
    // Marks around the answer, or around all of the reply, are the judge's own.
    says(&letters(), "\"Verdict: [[A]]\"", "first");
    says(&letters(), "Verdict: \"A\"", "first");
    says(
        &letters(),
        "Both are fine. I choose \"Assistant A\".",
        "first",
    );
    says(&number(), "Rating: \"[[4]]\"", "4");
}

#[test]
fn a_number_in_prose_is_no_score() {
    for reply in [
        "",
        " \n",
        "I would give this a 4 if it had tests.",
        "It deserves somewhere around 4.",
        "Scores a 4 for helpfulness.",
        "Score: four",
        "Score: 4,5",
        "Score: 3-4",
        "Score: 3 - 4",
        "Score: 3 or 4",
        "Score: 3, 4",
        "Score: 80%",
        "Score: NaN",
        "Score: Infinity",
        "Score: 1e999",
        "Score: 4e0",
        "Score: ~4",
        "Maximum score: 4",
        "Score range: 1-5",
        "Method one: 4",
        "Lines of code: 4",
        "1. It reads the input.\n2. It sorts.",
        "1 - reads the input\n2 - sorts",
        "1.\nIt reads the input.\n2.\nIt sorts.",
        "If it ran, the score is 4 or so",
        "grid[[4]] is read",
        "I'm sorry, I cannot rate this.",
        "<think>Score: 4",
        "<think>Score: 4</think>",
        "{\"score\": 4",
        "4/10 tests pass, which is few",
        "4th",
        "4x",
        "--4",
    ] {
        says_nothing(&number(), reply);
    }
}

#[test]
fn why_a_number_is_not_read_is_said() {
    says_nothing_because(&number(), "", "empty");
    says_nothing_because(&number(), "N/A (there is no code)", "N/A");
    says_nothing_because(&number(), "Score: n/a", "N/A");
    says_nothing_because(&number(), "Score: 7", "7 is off the scale 1 to 5");
    says_nothing_because(&number(), "Score: -4", "-4 is off the scale");
    says_nothing_because(&number(), "8/10", "out of 10");
    says_nothing_because(&number(), "Score: 2\nScore: 4", "differ");
    says_nothing_because(&number(), "Rating: [[2]]. No: [[4]]", "differ");
    says_nothing_because(&number(), "<think>4", "only a thought");
}

#[test]
fn the_rubric_says_which_of_several_is_taken() {
    let format = || ReplyFormat::Number { min: 1.0, max: 5.0 };
    let several = "Score: 2\n\nOn reflection:\n\nScore: 4";
    says(&reader(format(), Some(Take::First), false), several, "2");
    says(&reader(format(), Some(Take::Last), false), several, "4");
    // One that is off the scale is not passed over.
    says_nothing(
        &reader(format(), Some(Take::Last), false),
        "Score: 2\nScore: 40",
    );
}

#[test]
fn a_range_is_mapped_onto_the_scale() {
    let percent = reader(
        ReplyFormat::Number {
            min: 0.0,
            max: 100.0,
        },
        None,
        false,
    );
    says(&percent, "75", "4");
    says(&percent, "Score: 100/100", "5");
    says(&percent, "Score: 0", "1");
    says_nothing(&percent, "101");
    assert!(
        reading(
            &reader(ReplyFormat::Number { min: 1.0, max: 5.0 }, None, true),
            "4"
        )
        .is_err()
    );
}

#[test]
fn rows_of_scores_compare() {
    let rows = |take| reader(ReplyFormat::Numbers { count: 2 }, take, true);
    let row = rows(None);
    for reply in [
        "9 8.5",
        "9, 8.5",
        "(9, 8.5)",
        "Output: (9, 8.5)",
        "**Scores:** 9 8.5",
        "9 8\n\nAssistant 1 has 3 slips, Assistant 2 has 4.",
        "It sorts.\n\nScores:\nAssistant 1: 9 (right)\nAssistant 2: 1 (wrong)\n\nSo it is.",
        "Assistant 1: 9/10\nAssistant 2: 8/10",
        "```python\n(8, 7)\n```",
    ] {
        says(&row, reply, "first");
    }
    says(&row, "7 8", "second");
    says(&row, "8 8", "tie");
    says(&rows(Some(Take::First)), "9 8\n\nor\n\n1 2", "first");
    says(&rows(Some(Take::Last)), "9 8\n\nor\n\n1 2", "second");
    for reply in [
        "9",
        "9 8 7",
        "9 8\n\nor\n\n1 2",
        "The scores are 9 and 8.",
        "Assistant 1: 9/10\nAssistant 2: 8/5",
        "Assistant 2: 9\nAssistant 1: 8",
        "Assistant 1: 9",
        "9-8",
        "2021-03",
        "Line 9 8",
    ] {
        says_nothing(&row, reply);
    }
}

#[test]
fn rows_of_scores_go_through_the_criteria() {
    let mut row = reader(ReplyFormat::Numbers { count: 3 }, None, false);
    row.rubric = rubric(["a", "b", "c"].map(|name| criterion(name, 1.0, 5.0)).into());
    says(&row, "4 3 5", "4,3,5");
    says(&row, "Scores: 4, 3.5, 5", "4,3.5,5");
    says_nothing(&row, "4 3");
    says_nothing(&row, "4 3 6");
}

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

#[test]
fn patterns_name_their_groups() {
    let pattern = |pattern: &str, comparison| {
        let format = ReplyFormat::Regex {
            pattern: pattern.to_owned(),
            choices: BTreeMap::new(),
        };
        reader(format, None, comparison)
    };
    let score = pattern(r"Mark = (?P<mark>\S+)", false);
    says(&score, "So: Mark = 4", "4");
    for reply in [
        "Mark = 9",
        "Mark = four",
        "Mark = 4 or Mark = 5",
        "Mark: 4",
        "",
    ] {
        says_nothing(&score, reply);
    }
    says(
        &pattern(r"winner: (?P<side>\w+)", true),
        "winner: first",
        "first",
    );
    says_nothing(&pattern(r"winner: (?P<side>\w+)", true), "winner: 1");
    says_nothing(&pattern(r"Mark = (\d)", false), "Mark = 4");
    says_nothing(&pattern(r"(", false), "Mark = 4");
    says_nothing(&pattern(r"(?P<a>\w{1000}{1000}{1000})", false), "Mark = 4");
    let mut several = pattern(r"(?P<Clear_cut>\d) and (?P<kind>\w+)", false);
    several.rubric = rubric(
        ["clear cut", "kind"]
            .map(|name| criterion(name, 1.0, 5.0))
            .into(),
    );
    several.rubric.criteria[1].scale = Scale::Boolean;
    says(&several, "3 and yes", "3,true");
    says_nothing(&several, "3 and perhaps");
}

#[test]
fn objects_come_in_many_shapes() {
    let json = |comparison| reader(ReplyFormat::Json, None, comparison);
    for reply in [
        r#"{"helpfulness": {"reason": "Good.", "score": "4"}}"#,
        r#"{"helpfulness": 4}"#,
        r#"{"Helpfulness": "4/5"}"#,
        r#"{"score": 4, "reasoning": "Good."}"#,
        r#"{"feedback": "Good.", "Rating": "4 out of 5"}"#,
        r#"{"criteria": {"helpfulness": {"grade": 4.0, "analysis": ["Good.", "Well."]}}}"#,
        "```json\n{\"explanation\": \"Good.\", \"verdict\": 4,}\n```\nThat is all.",
        "{'justification': 'Good.', 'result': 4}",
    ] {
        says(&json(false), reply, "4");
    }
    for reply in [
        r#"{"helpfulness": "N/A"}"#,
        r#"{"score": null}"#,
        r#"{"score": "4/10"}"#,
        r#"{"score": 9}"#,
        r#"{"score": 4, "rating": 4}"#,
        r#"{"score": 4, "Score": 5}"#,
        r#"{"mark": 4}"#,
        r#"{"score": "4,5"}"#,
        r#"{"score": "four"}"#,
        r#"{"helpfulness": {"reason": "Good.", "score": 4}, "clarity": {"reas"#,
        "{}",
        "Score: 4",
    ] {
        says_nothing(&json(false), reply);
    }
    says_nothing_because(&json(false), r#"{"score": "n/a"}"#, "N/A");
    says(
        &json(true),
        r#"{"winner": "A", "reason": "Shorter."}"#,
        "first",
    );
    says(
        &json(true),
        r#"{"helpfulness": {"preferred": "Response B"}}"#,
        "second",
    );
    says_nothing(&json(true), r#"{"winner": 1}"#);
    says_nothing(&json(true), r#"{"winner": "1"}"#);
    let mut several = json(false);
    several.rubric = rubric(
        ["clear cut", "kind"]
            .map(|name| criterion(name, 1.0, 5.0))
            .into(),
    );
    says(
        &several,
        r#"{"Kind": "3", "clear_cut": {"score": 2}}"#,
        "2,3",
    );
    says_nothing(&several, r#"{"Kind": "3"}"#);
    says_nothing(&several, r#"{"kind": 3, "clear-cut": 2, "clear_cut": 4}"#);
    several.rubric.criteria[1].scale = Scale::Boolean;
    says(&several, r#"{"kind": 1, "clear cut": 2}"#, "2,true");
}

#[test]
fn a_flood_of_brackets_does_not_hold_the_reader_up() {
    let began = std::time::Instant::now();
    let json = reader(ReplyFormat::Json, None, false);
    for piece in [
        "[[",
        "[[A",
        "(",
        "* ",
        "1 ",
        "A\n",
        "1\n",
        "1.\n",
        "the ",
        "{",
        "{\"",
        "{'a':",
        "{/*",
        "{\"a\": [",
        "<think>",
        "</think>",
        "Score: ",
        "Assistant 1: 1\n",
        "A is better ",
        "I choose A, ",
        "```\n",
        "9 8\n",
        "[",
        "\"[[A",
        "\" [[A]] x",
        "\"a\"",
        "“ [[",
        "{\"a\": {} ",
        "{\"a\": 1} } ",
        "Score: 4. ",
        "Verdict: A. ",
        "Verdict:\nA\n",
        "[[A]](a",
        "[[4]] (",
        "Score: 4 (",
        "Score (1-5): 4 (1-",
        "(1-",
    ] {
        let flood = piece.repeat(100_000 / piece.len());
        for reader in [&number(), &letters(), &digits(), &json] {
            drop(reading(reader, &flood));
        }
        let row = reader(ReplyFormat::Numbers { count: 2 }, None, true);
        drop(reading(&row, &flood));
    }
    // Quadratic work would take minutes.
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn one_value_is_never_that_of_two_criteria() {
    let two = |format, names: [&str; 2]| Reader {
        rubric: rubric(names.map(|name| criterion(name, 1.0, 5.0)).into()),
        ..reader(format, None, false)
    };
    let object = two(ReplyFormat::Json, ["Safe", "safe"]);
    says_nothing_because(&object, r#"{"safe": 4}"#, "missing");
    says(&object, r#"{"safe": 4, "Safe": 2}"#, "2,4");
    let named = |names, pattern: &str| {
        let pattern = pattern.to_owned();
        let choices = BTreeMap::new();
        two(ReplyFormat::Regex { pattern, choices }, names)
    };
    let both = named(["q1", "q_1"], "(?P<q_1>[0-9]) (?P<q1>[0-9])");
    says(&both, "4 2", "2,4");
    let one = named(["q1", "q_1"], "(?P<q1>[0-9]) (?P<other>[0-9])");
    says_nothing(&one, "4 2");
    let loose = named(
        ["code quality", "Style"],
        "(?P<style>[0-9]) (?P<code_quality>[0-9])",
    );
    says(&loose, "4 2", "2,4");
}
