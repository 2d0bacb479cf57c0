//! What the targets share: a rubric out of a few bytes, and what has to hold for every reading.

use std::collections::BTreeMap;

use domain::rubric::{Criterion, Meaning, Rubric, Scale, Side};
use judging::Token;
use judging::reading::{Form, Reading, read};

/// Bytes that a case's shape is made of; what follows them is the reply.
pub const SHAPE: usize = 6;

/// Splits a case into its shape and its reply; `None` when it is too short or the reply is no text.
#[must_use]
pub fn split(data: &[u8]) -> Option<([u8; SHAPE], &str)> {
    let (shape, text) = data.split_first_chunk::<SHAPE>()?;
    Some((*shape, std::str::from_utf8(text).ok()?))
}

/// A rubric of one to three criteria on scales of all kinds.
#[must_use]
pub fn rubric(shape: u8) -> Rubric {
    let names = ["q", "a b", "Zeal"];
    let count = usize::from(shape % 3) + 1;
    let criteria = names.into_iter().take(count).enumerate();
    let criteria = criteria.map(|(index, name)| Criterion {
        name: name.to_owned(),
        description: String::new(),
        weight: 1.0,
        scale: scale((shape >> (2 * index + 1)) % 4),
        may_not_apply: false,
        locate: false,
    });
    Rubric {
        name: None,
        description: String::new(),
        pass_threshold: None,
        model: None,
        criteria: criteria.collect(),
        steps: Vec::new(),
        prompt: None,
        reply: None,
        fallback: true,
        webhook: None,
    }
}

fn scale(kind: u8) -> Scale {
    let numeric = |min, max| Scale::Numeric {
        min,
        max,
        anchors: BTreeMap::new(),
    };
    match kind {
        0 => numeric(1.0, 5.0),
        1 => numeric(-2.5, 100.0),
        2 => Scale::Boolean,
        _ => Scale::Categories {
            values: [("A", 0.0), ("tie", 0.5), ("good", 1.0)]
                .map(|(word, worth)| (word.to_owned(), worth))
                .into(),
        },
    }
}

/// Some choices, with meanings of one kind or mixed.
#[must_use]
pub fn choices(shape: u8) -> BTreeMap<String, Meaning> {
    let texts = ["A", "B", "m", "M", "Output (a)", "[[A]]", "tie", "4"];
    let meanings = [
        Meaning::Side(Side::First),
        Meaning::Side(Side::Second),
        Meaning::Truth(true),
        Meaning::Number(4.0),
        Meaning::Label("tie".to_owned()),
    ];
    let chosen = texts.into_iter().enumerate();
    chosen
        .filter(|(index, _)| shape >> index & 1 == 1)
        .map(|(index, text)| {
            let meaning = &meanings[(index + usize::from(shape)) % meanings.len()];
            (text.to_owned(), meaning.clone())
        })
        .collect()
}

/// Reads a reply twice, with and without token probabilities, and checks what it says.
///
/// # Panics
/// A reading is off its scale, or is not the same twice.
pub fn check(rubric: &Rubric, form: Form<'_>, text: &str) {
    let comparison = matches!(
        form,
        Form::Comparison
            | Form::Custom {
                comparison: true,
                ..
            }
    );
    let tokens = tokens(text);
    for tokens in [None, Some(tokens.as_slice())] {
        let reading = read(rubric, form, text, tokens);
        if let Ok(reading) = &reading {
            is_sound(rubric, comparison, reading);
        }
        assert_eq!(reading, read(rubric, form, text, tokens));
    }
}

fn is_sound(rubric: &Rubric, comparison: bool, reading: &Reading) {
    assert_eq!(reading.criteria.len(), rubric.criteria.len());
    for (criterion, read) in rubric.criteria.iter().zip(&reading.criteria) {
        let (score, normalized) = read.score.zip(read.normalized).expect("a value");
        assert!(score.is_finite());
        assert!((0.0..=1.0).contains(&normalized));
        if let (false, Scale::Numeric { min, max, .. }) = (comparison, &criterion.scale) {
            assert!((min - 1e-9..=max + 1e-9).contains(&score));
        }
    }
}

/// The text in tokens of up to three characters, each with some alternatives.
fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let chunks = letters.chunks(3);
    chunks
        .map(|chunk| {
            let own: String = chunk.iter().collect();
            let others = ["4", "5", "10", "A", "true"].map(|other| (other.to_owned(), -3.0));
            let mut alternatives = vec![(own.clone(), -0.3)];
            alternatives.extend(others);
            Token {
                text: own,
                alternatives,
            }
        })
        .collect()
}
