//! What holds for every reply: no panic, no value off its scale, the same reading each time, and nothing that stands
//! around a verdict changes it. The targets in `fuzz/` check the first three on texts that a fuzzer finds.

use std::collections::BTreeMap;

use domain::rubric::{Criterion, Meaning, ReplyForm, ReplyFormat, Rubric, Scale, Side, Take};
use judging::Token;
use judging::reading::{Form, Reading, read, read_steps};
use proptest::prelude::*;
use serde_json::json;

use crate::recorded::{criterion, rubric};

/// Pieces of replies, so that what is drawn comes near to real ones.
const PIECES: [&str; 62] = [
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "\"",
    "'",
    ":",
    ",",
    "\n",
    " ",
    "```",
    "```json\n",
    "<think>",
    "</think>",
    "//",
    "/*",
    "*/",
    "\\",
    "\\u00e9",
    "{\"criteria\": {",
    "\"q\": {",
    "\"rationale\": \"x\", ",
    "\"score\": ",
    "\"better\": ",
    "\"a b\": ",
    "\"evidence\": [], ",
    "\"summary\": \"\"",
    "\"consensus\": true",
    "\"steps\": [",
    "{'q': 4}",
    "{\"score\": 4}",
    "{\"winner\": \"A\"}",
    "true",
    "True",
    "null",
    "None",
    "4",
    "2",
    "0",
    "10",
    "-1",
    "4.5",
    "1e999",
    "NaN",
    "٤",
    "4/5",
    "4,5",
    "A",
    "B",
    "tie",
    "Score: ",
    "Verdict: ",
    "評価：",
    "Assistant 1: ",
    "Therefore, I choose ",
    " is better",
    ".",
    "**",
    "N/A",
    "m",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40);
    prop_oneof![
        4 => pieces.prop_map(|pieces| pieces.concat()),
        1 => ".{0,60}",
    ]
}

fn scales() -> impl Strategy<Value = Scale> {
    prop_oneof![
        Just(Scale::Boolean),
        (-3_i32..5, 1_i32..12).prop_map(|(min, wide)| Scale::Numeric {
            min: f64::from(min),
            max: f64::from(min + wide),
            anchors: BTreeMap::new(),
        }),
        Just(Scale::Categories {
            values: [("A", 0.0), ("tie", 0.5), ("4", 1.0)]
                .map(|(word, worth)| (word.to_owned(), worth))
                .into(),
        }),
    ]
}

fn rubrics() -> impl Strategy<Value = Rubric> {
    prop::collection::vec(scales(), 1..4).prop_map(|scales| {
        let names = ["q", "a b", "Zeal"];
        let criteria = names
            .into_iter()
            .zip(scales)
            .map(|(name, scale)| Criterion {
                scale,
                ..criterion(name, 1.0, 5.0)
            });
        rubric(criteria.collect())
    })
}

fn choices() -> impl Strategy<Value = BTreeMap<String, Meaning>> {
    let meanings = prop_oneof![
        Just(Meaning::Side(Side::First)),
        Just(Meaning::Side(Side::Tie)),
        Just(Meaning::Truth(true)),
        Just(Meaning::Number(4.0)),
        Just(Meaning::Label("tie".to_owned())),
    ];
    let texts = prop::sample::select(vec![
        "A",
        "B",
        "m",
        "M",
        "4",
        "tie",
        "[[A]]",
        "Output (a)",
        "é",
    ]);
    prop::collection::btree_map(texts.prop_map(str::to_owned), meanings, 0..4)
}

fn forms() -> impl Strategy<Value = ReplyForm> {
    let format = prop_oneof![
        Just(ReplyFormat::Json),
        (-2_i32..3, 1_i32..101).prop_map(|(min, wide)| ReplyFormat::Number {
            min: f64::from(min),
            max: f64::from(min + wide),
        }),
        (0_usize..4).prop_map(|count| ReplyFormat::Numbers { count }),
        choices().prop_map(|choices| ReplyFormat::Choice { choices }),
        choices().prop_map(|choices| ReplyFormat::Regex {
            pattern: "(?P<q>[A-Z0-9.]+)".to_owned(),
            choices,
        }),
    ];
    let take = prop::option::of(prop::sample::select(vec![Take::First, Take::Last]));
    (format, take).prop_map(|(format, take)| ReplyForm {
        format,
        take,
        logprobs: true,
    })
}

/// The tokens of a text, each a few characters long, with the texts of others as alternatives.
fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let texts: Vec<String> = letters
        .chunks(3)
        .map(|chunk| chunk.iter().collect())
        .collect();
    texts
        .iter()
        .enumerate()
        .map(|(index, own)| Token {
            text: own.clone(),
            alternatives: [own.as_str(), "4", "A", texts[index / 2].as_str()]
                .map(|text| (text.to_owned(), -1.0))
                .into(),
        })
        .collect()
}

fn is_sound(rubric: &Rubric, comparison: bool, reading: &Reading) {
    assert_eq!(reading.criteria.len(), rubric.criteria.len());
    for (criterion, read) in rubric.criteria.iter().zip(&reading.criteria) {
        let (score, normalized) = read.score.zip(read.normalized).unwrap();
        assert!(score.is_finite());
        assert!((0.0..=1.0).contains(&normalized), "{read:?}");
        match &criterion.scale {
            Scale::Numeric { min, max, .. } if !comparison => {
                assert!((min - 1e-9..=max + 1e-9).contains(&score), "{read:?}");
            }
            _ => assert_eq!(score.to_bits(), normalized.to_bits()),
        }
    }
}

proptest! {
    #[test]
    fn every_reading_is_on_its_scale_and_the_same_each_time(
        rubric in rubrics(),
        form in forms(),
        comparison in any::<bool>(),
        kind in 0..3,
        text in texts(),
        weighed in any::<bool>(),
    ) {
        let (form, compares) = match kind {
            0 => (Form::Direct, false),
            1 => (Form::Comparison, true),
            _ => (Form::Custom { form: &form, comparison }, comparison),
        };
        let tokens = weighed.then(|| tokens(&text));
        let reading = read(&rubric, form, &text, tokens.as_deref());
        if let Ok(reading) = &reading {
            is_sound(&rubric, compares, reading);
        }
        prop_assert_eq!(reading, read(&rubric, form, &text, tokens.as_deref()));
        prop_assert_eq!(read_steps(&text), read_steps(&text));
    }

    #[test]
    fn what_stands_around_an_object_does_not_change_it(
        scores in prop::array::uniform3(1_i32..6),
        order in Just(vec!["q", "a b", "Zeal"]).prop_shuffle(),
        value_first in any::<bool>(),
        around in 0..7,
        // Without the vowels of words that say something of the object, and without what asks.
        prose in "[b-dB-Df-hj-np-tv-zéß,;.! \n]{0,60}",
    ) {
        let rubric = rubric(["q", "a b", "Zeal"].map(|name| criterion(name, 1.0, 5.0)).into());
        let names = ["q", "a b", "Zeal"];
        let members: Vec<String> = order.iter().map(|name| {
            let score = scores[names.iter().position(|each| each == name).unwrap()];
            if value_first {
                format!("{}: {{\"score\": {score}, \"rationale\": \"x\"}}", json!(name))
            } else {
                format!("{}: {{\"rationale\": \"x\", \"score\": {score}}}", json!(name))
            }
        }).collect();
        let object = format!("{{\"criteria\": {{{}}}}}", members.join(", "));
        let said = match around {
            0 => object,
            1 => format!(" \n\t{object}\n\n"),
            2 => format!("```json\n{object}\n```"),
            3 => format!("{prose}.\n```\n{object}\n```\n{prose}"),
            // Within a sentence it would be spoken of.
            4 => format!("{prose}. {object} Z{prose}"),
            5 => format!("<think>{prose}</think>{object}"),
            _ => format!("<think>{{\"score\": 1}} {prose}</think>\n{prose}\n{object}"),
        };
        let reading = read(&rubric, Form::Direct, &said, None).unwrap();
        let read: Vec<f64> = reading.criteria.iter().map(|each| each.score.unwrap()).collect();
        prop_assert_eq!(read, scores.map(f64::from).to_vec());
    }

    #[test]
    fn prose_before_a_last_line_does_not_change_it(
        score in 1_i32..6,
        label in prop::sample::select(vec!["", "Score: ", "**Rating**: ", "[[", "評価："]),
        prose in prop::collection::vec("[a-zA-Zéß,;.!? ]{0,60}", 0..4),
        blank in "[ \n\t]{0,4}",
    ) {
        let rubric = rubric(vec![criterion("q", 1.0, 5.0)]);
        let form = ReplyForm {
            format: ReplyFormat::Number { min: 1.0, max: 5.0 },
            take: None,
            logprobs: false,
        };
        let form = Form::Custom { form: &form, comparison: false };
        let closing = if label == "[[" { "]]" } else { "" };
        let said = format!("{}\n{label}{score}{closing}{blank}", prose.join("\n"));
        let reading = read(&rubric, form, &said, None).unwrap();
        prop_assert_eq!(reading.criteria[0].score.unwrap().to_bits(), f64::from(score).to_bits());
    }

    #[test]
    fn what_is_not_seen_changes_nothing(
        rubric in rubrics(),
        form in forms(),
        comparison in any::<bool>(),
        text in texts(),
        places in prop::collection::vec((0_usize..200, prop::sample::select(vec!['\u{200B}', '\u{FEFF}', '\u{AD}', '\u{200F}', '\u{FE0F}'])), 1..6),
    ) {
        if form.format == ReplyFormat::Json {
            return Ok(());
        }
        let form = Form::Custom { form: &form, comparison };
        let mut hidden = text.clone();
        for (place, unseen) in places {
            hidden.insert(hidden.floor_char_boundary(place), unseen);
        }
        prop_assert_eq!(read(&rubric, form, &text, None), read(&rubric, form, &hidden, None));
    }

    /// The forgiving reader takes whatever is JSON, and the strict parser agrees on its values.
    #[test]
    fn a_score_is_the_one_that_a_strict_parser_finds(text in texts()) {
        let rubric = rubric(vec![criterion("q", 1.0, 5.0)]);
        let Ok(strict) = serde_json::from_str::<serde_json::Value>(&text) else {
            return Ok(());
        };
        let score = strict["criteria"]["q"]["score"].as_f64().filter(|score| (1.0..=5.0).contains(score));
        let reading = read(&rubric, Form::Direct, &text, None);
        if let (Some(score), Ok(reading)) = (score, reading) {
            prop_assert_eq!(reading.criteria[0].score.unwrap().to_bits(), score.to_bits());
        }
    }
}
