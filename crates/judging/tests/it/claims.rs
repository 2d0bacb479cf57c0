//! Sentences that claim a choice or a score, and the short forms that careful people read; with what looks like one and
//! is none.

use domain::plan::ReaderVersion;
use domain::rubric::{Meaning, ReplyFormat, Scale, Side, Take};
use judging::reading::{Form, read_as};

use crate::custom_replies::{
    choice, letters, number, reader, says, says_nothing, says_nothing_because,
};
use crate::recorded::{Reader, criterion, rubric};

fn outputs(take: Option<Take>) -> Reader {
    sides(["Output (a)", "Output (b)"], take)
}

fn sides([first, second]: [&str; 2], take: Option<Take>) -> Reader {
    let mut reader = choice(
        &[
            (first, Meaning::Side(Side::First)),
            (second, Meaning::Side(Side::Second)),
        ],
        true,
    );
    reader.form.take = take;
    reader
}

fn assistants() -> Reader {
    sides(["Assistant 1", "Assistant 2"], None)
}

fn digits() -> Reader {
    choice(
        &[
            ("1", Meaning::Side(Side::First)),
            ("2", Meaning::Side(Side::Second)),
            ("0", Meaning::Side(Side::Tie)),
        ],
        true,
    )
}

fn named(name: &str, min: f64, max: f64, take: Option<Take>) -> Reader {
    Reader {
        rubric: rubric(vec![criterion(name, min, max)]),
        ..reader(ReplyFormat::Number { min, max }, take, false)
    }
}

#[test]
fn a_sentence_claims_a_choice_wherever_it_stands() {
    for reply in [
        "Output (a) is better because it lists five.\nOutput (b) lists two.",
        "Overall, Output (a) is better.\n\nExplanation: it is short, and Output (b) is not.",
        "Output (a) is better. Output (b) does not list them all.",
        "It is exact. Therefore, Output (a) is better as it does what was asked.",
        "Therefore, because Output (b) is long and does not end, Output (a) is better.",
        "While Output (b) is not wrong, Output (a) is clearly better.",
        "Although both are short, Output (a) is the better answer.",
        "Both give equal detail. Output (a) is better.",
        "Output (a) is better than Output (b).",
        "I prefer Output (a) over Output (b).",
        "Output (b) says \"I am done.\" Therefore, Output (a) is better.",
        "Output (a) is better. It is short. Output (a) is better.",
        "Output (a) wins, as it ends.\nOutput (b) does not.",
    ] {
        says(&outputs(None), reply, "first");
    }
    for reply in [
        "Output (a) is better in style.\nOutput (b) is short.",
        "In terms of style, Output (a) is better.",
        "- Clarity: Output (a) is better.",
        "Is Output (a) better? Output (a) is better?",
        "It is not true that Output (a) is better.",
        "I do not think, however, that Output (a) is better.",
        "I do not think, however, Output (a) is better.",
        "Output (a) is better if you are in haste.",
        "Assistant (b) argues that Output (a) is better.",
        "Both are equally good, but Output (a) is better.",
        "Output (a) and Output (b) are better.",
        "Output (a) is better than expected.",
        "Output (a) is hardly better.",
        "Neither Output (a) nor Output (b) is better.",
        "It might be that Output (a) is better.",
        "I no longer think that Output (a) is better.",
        "The two are equivalent. I would choose Output (a).",
        "Two speakers prefer Output (a).\nThey say why.",
    ] {
        says_nothing(&outputs(None), reply);
    }
}

#[test]
fn claims_that_differ_are_settled_by_the_rubric_or_refused() {
    let differs = "Output (b) is better.\n\nIt lists five. Therefore, Output (a) is better.";
    says_nothing_because(&outputs(None), differs, "differ");
    says(&outputs(Some(Take::First)), differs, "second");
    says(&outputs(Some(Take::Last)), differs, "first");
    says_nothing_because(
        &outputs(None),
        "Output (a) is better.\nVerdict: Output (b)",
        "differ",
    );
    let clauses = ["Output (a) is better", "Output (b) is better"];
    says(&sides(clauses, Some(Take::Last)), differs, "first");
    says_nothing_because(&sides(clauses, None), differs, "differ");
}

#[test]
fn a_choice_may_be_the_sentence_that_the_prompt_asks_for() {
    for choices in [
        [
            "Therefore, Output (a) is better.",
            "Therefore, Output (b) is better.",
        ],
        ["Output (a) is better", "Output (b) is better"],
        ["I think that (a) is best.", "I think that (b) is best."],
    ] {
        let reader = sides(choices, None);
        let [first, second] = choices;
        says(
            &reader,
            &format!("It lists five, so it is exact. {first}"),
            "first",
        );
        says(&reader, &format!("{second}\n\nIt lists five."), "second");
        says_nothing(&reader, &format!("It would be wrong to say: {first}"));
        says_nothing(&reader, &format!("{first} But no: {second}"));
    }
}

#[test]
fn a_choice_is_chosen_in_many_words() {
    for reply in [
        "Both are good, but I would give the edge to Assistant 1.",
        "I recommend Assistant 1's submission.",
        "I would recommend using Assistant 1's answer because it is short.\nAssistant 2 is longer.",
        "I would choose Assistant 1's answer over Assistant 2's.",
        "I would rate Assistant 1's answer as superior to Assistant 2's.",
        "I would give Assistant 1 a slight edge because it is short.",
        "The better answer is Assistant 1's.",
        "My vote goes to Assistant 1.",
    ] {
        says(&assistants(), reply, "first");
    }
    for reply in [
        "I would not give the edge to Assistant 1.",
        "I recommend Assistant 1's submission or Assistant 2's.",
        "Assistant 2 recommends Assistant 1.",
        "I would give Assistant 1 a chance.",
        "I choose Assistant 1's style.",
    ] {
        says_nothing(&assistants(), reply);
    }
    for (reply, value) in [
        (
            "It is short.\n\nTherefore, the better submission is: \"1\"",
            "first",
        ),
        ("Final evaluation: neither is better: \"0\"", "tie"),
        (
            "I would choose \"0\" as neither submission is better.",
            "tie",
        ),
        ("It is short.\n\nTherefore, \"1\"", "first"),
    ] {
        says(&digits(), reply, value);
    }
    for reply in [
        "neither is better: \"1\"",
        "So the answer of the sum is 1.\nBoth say so.",
        "It prints 1.\nThat is right.",
        "A ratio below 1 is better.\nBoth know.",
    ] {
        says_nothing(&digits(), reply);
    }
    says(&letters(), "Assistant B is better.\nIt is short.", "second");
}

#[test]
fn the_name_of_the_criterion_is_a_label_of_a_choice() {
    let mut truth = choice(
        &[("1", Meaning::Truth(true)), ("0", Meaning::Truth(false))],
        false,
    );
    truth.rubric.criteria[0].scale = Scale::Boolean;
    "Groundedness".clone_into(&mut truth.rubric.criteria[0].name);
    says(&truth, "- Groundedness: 1\nIt rests on the text.", "true");
    says(
        &truth,
        "**Groundedness**: 0 (it names none)\nIt lacks a source.",
        "false",
    );
    says_nothing(&truth, "- Relevance: 1\nIt rests on the text.");
}

#[test]
fn a_sentence_gives_a_score() {
    let usefulness = named("usefulness", 0.0, 4.0, None);
    for reply in [
        "1. It sorts.\n2. Based on this, the usefulness score for this snippet is 1.",
        "Based on step 2, the code does not help and receives a usefulness score of 1.",
        "The code snippet receives a score of 1 for usefulness.\nIt lacks most.",
        "The code is only slightly helpful (score of 1) as it lacks most.",
        "It sorts, so I would rate it as 1.",
        "Therefore, I would assign a usefulness score of 1 to the code snippet. It is a start.",
        "The usefulness score of the code snippet for this problem is 1. It is short.\nSo it is.",
        "I would give it a 1.",
    ] {
        says(&usefulness, reply, "1");
    }
    for reply in [
        "The relevance score for this snippet is 1. It is short.",
        "The score for clarity is 1, and that is that.",
        "I would rate the clarity as 1.",
        "The maximum score is 4.",
        "It receives a score of at least 1.",
        "It does not receive a score of 1.",
        "It would receive a score of 1 if it ended.",
        "A score of 1 means that it is short.",
        "A score of 1 or 2 is right.",
        "It has a score of 1 in clarity.",
        "I would rate it as 1 of the 3 best.",
        "Should it receive a score of 1?",
        "- Relevance: it is on the point. (Score: 1)\nThat is all.",
        "It drops to 1.",
        "I am unable to assign a score of 1.",
        "I refuse to give a score of 1.",
        "I doubt that it deserves a score of 1.",
        "It fails to receive a score of 1.",
        "It falls short of a score of 1.",
        "It barely misses a score of 1.",
        "It would have received a score of 1, but it ends too soon.",
        "It would receive a score of 1.",
        "The other answer receives a score of 1.",
        "The reference answer receives a score of 1.",
        "The previous judge's score is 1.",
        "The answer claims to receive a score of 1.",
        "The user asked for a score of 1.",
        "The program prints a score of 1.",
        "A perfect score is 4.",
        "I deduct a score of 1.",
        "Some would rate it as 1.",
    ] {
        says_nothing(&usefulness, reply);
    }
    let differs = "I would rate it as 1. No: I would rate it as 3.";
    says_nothing_because(&usefulness, differs, "differ");
    says(
        &named("usefulness", 0.0, 4.0, Some(Take::Last)),
        differs,
        "3",
    );
}

#[test]
fn short_forms_of_a_score() {
    let score = named("correctness", 0.0, 4.0, None);
    for (reply, value) in [
        ("Response: 1", "1"),
        ("2. It is odd.", "2"),
        ("0- The code fails.", "0"),
        ("Yes (1)", "1"),
        ("Rating: 2;", "2"),
    ] {
        says(&score, reply, value);
    }
    for reply in [
        "It works.\nOutput: 1\nThat is right.",
        "1. It reads.\n2. It sorts.",
        "1. It reads.\n\nThat is all.",
        "0-3",
        "N/A (1)",
        "It fails in the second case (2)",
        "Rating: 2; 3",
    ] {
        says_nothing(&score, reply);
    }
    says(&score, "3. Score: 4. It lacks tests.", "4");
}

#[test]
fn what_leaves_a_score_open_is_no_score() {
    for reply in [
        "Score: <4",
        "Score: > 4",
        "Score: >4",
        "Score: ≥4",
        "Score: <=4",
        "Score: at least 4",
        "Score: 4+",
        "Score: 4-5",
        "Score: 4 or 5",
        "Score: 4, or 5",
        "Score: 4 (or 5)",
        "Score: 4 (maybe 5)",
        "Score: 4, perhaps 5",
        "Score: under 4",
        "Score: not 4",
        "Score: 4, at most",
        "Score: 4 (at least)",
        "Score: 4, or less",
        "Score: 4, if it ran",
        "Score: < 4",
        "> 4",
        "<4",
        "[[<4]]",
        "[[4+]]",
        "My score is <4.",
        "4, or 5",
        "4 - or 5",
    ] {
        says_nothing(&number(), reply);
    }
    for reply in [
        "Score: <4>",
        "Score: 4 (at least two tests fail)",
        "Score: 4, and more tests would help",
        "Score: 4 (3 of 10 tests fail)",
        "> Score: 4",
    ] {
        says(&number(), reply, "4");
    }
    for reply in [
        "Verdict: A, or B",
        "Verdict: A (maybe B)",
        "Verdict: A, if it ran",
        "A, or perhaps B",
    ] {
        says_nothing(&letters(), reply);
    }
    says(&letters(), "Verdict: A. B is longer.", "first");
    says(&letters(), "Verdict: A (B is longer)", "first");
}

#[test]
fn the_score_of_another_criterion_is_not_taken() {
    let last = || named("helpfulness", 1.0, 5.0, Some(Take::Last));
    says(&last(), "Rating: 3\n- Relevance:\nRating: 1", "3");
    says(
        &last(),
        "- Helpfulness:\nRating: 3\n- Relevance:\nRating: 1\n## Depth\nRating: 2",
        "3",
    );
    says(
        &named("helpfulness", 1.0, 5.0, None),
        "Rating: 3\n**Relevance:**\nRating: 1",
        "3",
    );
    // These head a second thought, and the only score is no other one's.
    says(&last(), "Rating: 3\n\nOn reflection:\n\nRating: 1", "1");
    says(&last(), "Rating: 3\n**Final rating:**\nRating: 1", "1");
    says(&last(), "Rating: 3\n- Revised rating:\nRating: 1", "1");
    says(&last(), "- Relevance:\nRating: 1", "1");
}

#[test]
fn the_first_reader_reads_as_it_did() {
    let outputs = outputs(None);
    let form = Form::Custom {
        form: &outputs.form,
        comparison: true,
    };
    let read = |version, reply| read_as(version, &outputs.rubric, form, reply, None);
    let claimed = "Output (a) is better.\nOutput (b) is long.";
    assert!(read(ReaderVersion::V1, claimed).is_err());
    assert!(read(ReaderVersion::V2, claimed).is_ok());
    let chosen = "It is short. Therefore, Output (a) is better.";
    assert!(read(ReaderVersion::V1, chosen).is_ok());
    // What would be a false reading is none for either.
    assert!(read(ReaderVersion::V1, "Verdict: Output (a), or Output (b)").is_err());
    for named in [
        "Gewinner: Output (a)",
        "Gewinner: [[Output (a)]]",
        "获胜者：Output (a)",
        "Ergebnis: Output (a)",
    ] {
        assert!(read(ReaderVersion::V1, named).is_err(), "{named}");
        assert!(read(ReaderVersion::V2, named).is_ok(), "{named}");
    }
    assert!(read(ReaderVersion::V1, "The better one would be Output (a).").is_err());
}
