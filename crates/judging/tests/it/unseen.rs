//! Characters that nobody sees, and the tokens of channels and thoughts that servers leave in a text.

use domain::rubric::{ReplyFormat, Take};
use judging::Token;
use judging::reading::{Form, read};

use crate::custom_replies::{letters, number, reader, says, says_nothing, says_nothing_because};
use crate::recorded::{Reader, criterion, rubric};

const UNSEEN: [char; 9] = [
    '\u{200B}', '\u{FEFF}', '\u{2060}', '\u{AD}', '\u{200E}', '\u{202E}', '\u{FE0F}', '\u{180E}',
    '\u{7}',
];

fn last() -> Reader {
    let format = ReplyFormat::Number {
        min: 1.0,
        max: 10.0,
    };
    Reader {
        rubric: rubric(vec![criterion("quality", 1.0, 10.0)]),
        ..reader(format, Some(Take::Last), false)
    }
}

#[test]
fn what_is_not_seen_changes_nothing() {
    for unseen in UNSEEN {
        says(
            &last(),
            &format!("Score: 8\nOn reflection:\n{unseen}Score: 2"),
            "2",
        );
        says(
            &last(),
            &format!("Score: 8\nOn reflection:\nSc{unseen}ore:{unseen} 2{unseen}"),
            "2",
        );
        says(&last(), &format!("Score: 1{unseen}0"), "10");
        says(&last(), &format!("8\nOr not:\n{unseen}[{unseen}[2]]"), "2");
        let mut verdicts = letters();
        verdicts.form.take = Some(Take::Last);
        says(
            &verdicts,
            &format!("Verdict: A\nNo.\nVerdict: {unseen}B"),
            "second",
        );
        says(
            &verdicts,
            &format!("{unseen}<think>A</think>{unseen}B"),
            "second",
        );
    }
}

#[test]
fn the_place_of_a_value_is_that_in_the_whole_reply() {
    let reader = number();
    let form = Form::Custom {
        form: &reader.form,
        comparison: false,
    };
    let token = |text: &str, others: &[(&str, f64)]| Token {
        text: text.to_owned(),
        alternatives: others
            .iter()
            .map(|(text, each)| ((*text).to_owned(), each.ln()))
            .collect(),
    };
    let tokens = [
        token("\u{FEFF}Score: ", &[]),
        token("4", &[("4", 0.5), ("5", 0.5)]),
    ];
    let reading = read(&reader.rubric, form, "\u{FEFF}Score: 4", Some(&tokens)).unwrap();
    assert!(reading.criteria[0].weighed);
    assert!((reading.criteria[0].score.unwrap() - 4.5).abs() < 1e-9);
}

#[test]
fn the_final_channel_is_the_answer() {
    for reply in [
        "<|channel|>analysis<|message|>Perhaps\nScore: 8<|end|><|start|>assistant<|channel|>final<|message|>Score: 2<|return|>",
        "<|start|>assistant<|channel|>analysis<|message|>Score: 8<|end|><|channel|>final<|message|>Score: 2",
        "<|channel|>final<|message|>Score: 2<|return|>",
        "analysisThe user asks.\nScore: 8\nassistantfinalScore: 2",
        "analysisScore: 8 assistantcommentaryHm.assistantfinal2",
        "<|channel|>commentary<|message|>Score: 8<|end|><|channel|>final <|constrain|>text<|message|>Score: 2<|end|>",
        "<THINK>Score: 8</THINK>Score: 2",
        "[THINK]Score: 8[/THINK]Score: 2<|im_end|>",
        "<thoughts>\nScore: 8\n</thoughts>\nScore: 2</s>",
    ] {
        says(&last(), reply, "2");
    }
    for reply in [
        "<|channel|>analysis<|message|>Score: 8",
        "<|channel|>analysis<|message|>Score: 8<|end|>",
        "analysisThe user asks.\nScore: 8",
        "<|channel|>final<|message|>Score: 8<|end|><|start|>assistant<|channel|>analysis<|message|>Hm",
        "<thought>\nScore: 8",
        "<Think>\nScore: 8",
    ] {
        says_nothing(&last(), reply);
    }
    let twice =
        "<|channel|>final<|message|>Score: 8<|end|><|channel|>final<|message|>Score: 2<|end|>";
    says_nothing_because(&last(), twice, "not clear");
    says(&last(), "analysis of the code\nScore: 2", "2");
    let json = reader(ReplyFormat::Json, None, false);
    says(
        &json,
        "<|channel|>analysis<|message|>{\"score\": 1}<|end|><|start|>assistant<|channel|>final<|message|>{\"score\": 4}<|return|>",
        "4",
    );
}

#[test]
fn an_improbable_value_is_none() {
    let mut reader = number();
    reader.form.logprobs = true;
    let form = Form::Custom {
        form: &reader.form,
        comparison: false,
    };
    let said = |alternatives: &[(&str, f64)]| {
        let tokens = [Token {
            text: "4".to_owned(),
            alternatives: alternatives
                .iter()
                .map(|(text, each)| ((*text).to_owned(), each.ln()))
                .collect(),
        }];
        read(&reader.rubric, form, "4", Some(&tokens))
    };
    assert!(said(&[("The", 0.9), ("4", 0.02)]).is_err());
    assert!(said(&[("The", 0.9)]).is_err());
    assert!(said(&[("4", 0.6), ("The", 0.3)]).unwrap().criteria[0].weighed);
    // Nothing is known of the rest: these are values one and all.
    let spread = said(&[("4", 0.2), ("3", 0.2)]).unwrap();
    assert_eq!(
        (
            spread.criteria[0].score.map(f64::to_bits),
            spread.criteria[0].weighed
        ),
        (Some(4.0_f64.to_bits()), false)
    );
    assert!(said(&[]).is_ok());
}
