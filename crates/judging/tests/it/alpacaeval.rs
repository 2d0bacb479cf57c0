//! Comparisons weighed by the probabilities of one token: the published win rates come out to the last digit.

use std::collections::BTreeMap;

use judging::Token;
use judging::reading::{Form, read};
use serde_json::Value;

use crate::recorded::{expected, reader, records};

fn tokens(call: &Value) -> Vec<Token> {
    let places = call["top_logprobs"].as_array().unwrap();
    let texts = call["replies"].as_array().unwrap();
    let alternatives = |place: &Value| {
        let all = place.as_array().unwrap().iter();
        all.map(|each| {
            let text = each["token"].as_str().unwrap().to_owned();
            (text, each["logprob"].as_f64().unwrap())
        })
        .collect()
    };
    places
        .iter()
        .zip(texts)
        .map(|(place, text)| Token {
            text: text.as_str().unwrap().to_owned(),
            alternatives: alternatives(place),
        })
        .collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn the_published_win_rates_come_out() {
    let set = "alpacaeval2_logprobs";
    let Some(calls) = records(set, "calls.jsonl.gz") else {
        return;
    };
    let mut wins: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut off_vocabulary = 0;
    for call in &calls {
        let candidate = call["pair"][1].as_str().unwrap();
        assert_ne!(candidate, "baseline");
        // Both outputs were the same and nobody was asked.
        let win = if call["replies"].as_array().unwrap().is_empty() {
            0.5
        } else {
            let reader = reader(set, call).unwrap();
            let form = Form::Custom {
                form: &reader.form,
                comparison: true,
            };
            let reply = call["replies"][0].as_str().unwrap();
            let tokens = tokens(call);
            off_vocabulary += usize::from(read(&reader.rubric, form, reply, None).is_err());
            let reading = read(&reader.rubric, form, reply, Some(&tokens)).unwrap();
            assert!(reading.criteria[0].weighed);
            let first = reading.criteria[0].score.unwrap();
            if call["shown"][0] == candidate {
                first
            } else {
                1.0 - first
            }
        };
        wins.entry(candidate.to_owned()).or_default().push(win);
    }
    assert_eq!(off_vocabulary, 1, "one reply is none of the two");
    let figures = &expected(set)["figures"];
    assert_eq!(wins.len(), 5);
    for (candidate, wins) in wins {
        let count = u32::try_from(wins.len()).unwrap();
        let rate = 100.0 * wins.iter().sum::<f64>() / f64::from(count);
        let published = figures[&candidate]["win_rate_pct"].as_f64().unwrap();
        eprintln!("{candidate}: {rate:.6} %, published {published:.6} %");
        assert_eq!(format!("{rate:.6}"), format!("{published:.6}"));
    }
}
