//! Token probabilities which agree with each other and with the text.

use serde_json::{Value, json};

use crate::judge::spread::Spread;
use crate::reply::Reply;
use crate::rng::SeededRng;
use crate::tokens;

/// The tokens of a reply's content with their `content` entries, which list at most `top` alternatives. Where a
/// verdict begins there are as many as there are values; elsewhere the token alone.
pub(crate) fn entries(reply: &Reply, top: usize) -> impl Iterator<Item = (String, Value)> + use<> {
    let pieces = tokens::pieces(reply.content.as_deref().unwrap_or_default());
    let rng = SeededRng::of([reply.bits.to_be_bytes().as_slice()]);
    let verdicts = reply.verdicts.clone();
    let mut offset = 0;
    pieces.into_iter().enumerate().map(move |(index, piece)| {
        let found = verdicts.iter().find(|(at, _)| *at == offset);
        offset += piece.len();
        let ranked = found.map(|(_, spread)| beginnings(spread));
        let ranked = ranked
            .filter(|ranked| ranked.iter().any(|(text, _)| *text == piece))
            // No letter of a word is quite certain.
            .unwrap_or_else(|| vec![(piece.clone(), rng.nth(index).unit().mul_add(0.28, 0.70))]);
        let value = entry(&piece, &ranked, top);
        (piece, value)
    })
}

/// The first tokens of the values, each with the probability of all that begin with it, falling.
fn beginnings(spread: &Spread) -> Spread {
    let mut beginnings: Spread = Vec::new();
    for (text, share) in spread {
        let Some(first) = tokens::pieces(text).into_iter().next() else {
            continue;
        };
        match beginnings.iter_mut().find(|(known, _)| *known == first) {
            Some((_, sum)) => *sum += share,
            None => beginnings.push((first, *share)),
        }
    }
    beginnings.sort_by(|left, right| right.1.total_cmp(&left.1));
    beginnings
}

fn entry(token: &str, ranked: &Spread, top: usize) -> Value {
    let one = |text: &str, share: f64| json!({"token": text, "logprob": share.ln(), "bytes": text.as_bytes()});
    let own = ranked.iter().find(|(text, _)| text == token);
    let mut value = one(token, own.map_or(1e-9, |(_, share)| *share));
    let alternatives: Vec<Value> = ranked
        .iter()
        .take(top)
        .map(|(text, share)| one(text, *share))
        .collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("top_logprobs".to_owned(), alternatives.into());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::entries;
    use crate::reply::Reply;

    #[test]
    fn a_verdict_of_several_tokens_is_told_by_its_first() {
        let reply = Reply {
            content: Some("{\"score\":\"unsatisfactory\"}".to_owned()),
            verdicts: vec![(
                10,
                vec![
                    ("unsatisfactory".to_owned(), 0.5),
                    ("good".to_owned(), 0.2),
                    ("good enough".to_owned(), 0.1),
                ],
            )],
            ..Reply::default()
        };
        let entries: Vec<(String, serde_json::Value)> = entries(&reply, 5).collect();
        let texts: String = entries.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(Some(texts), reply.content);
        let several: Vec<&serde_json::Value> = entries
            .iter()
            .map(|(_, entry)| &entry["top_logprobs"])
            .filter(|top| top.as_array().unwrap().len() > 1)
            .collect();
        assert_eq!(several.len(), 1);
        assert_eq!(several[0][0]["token"], "unsatisfac");
        assert_eq!(several[0][1]["token"], "good");
        assert!((several[0][1]["logprob"].as_f64().unwrap().exp() - 0.3).abs() < 1e-9);
    }
}
