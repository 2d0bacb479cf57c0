//! Token probabilities which agree with each other and with the text.

use serde_json::{Value, json};

use crate::reply::Reply;
use crate::rng::SeededRng;
use crate::tokens;

/// The tokens of a reply's content with their `content` entries, which list at most `top` alternatives: those that a
/// script gives, elsewhere the token alone.
pub(crate) fn entries(reply: &Reply, top: usize) -> impl Iterator<Item = (String, Value)> + use<> {
    let pieces = tokens::pieces(reply.content.as_deref().unwrap_or_default());
    let rng = SeededRng::of([reply.bits.to_be_bytes().as_slice()]);
    let alternatives = reply.alternatives.clone();
    pieces.into_iter().enumerate().map(move |(index, piece)| {
        let mut ranked: Vec<(&str, f64)> = match alternatives.get(&piece) {
            Some(shares) => shares.iter().map(|(text, share)| (text.as_str(), *share)).collect(),
            // No letter of a word is quite certain.
            None => vec![(&piece, rng.nth(index).unit().mul_add(0.28, 0.70))],
        };
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
        let one = |(text, share): &(&str, f64)| json!({"token": text, "logprob": share.ln(), "bytes": text.as_bytes()});
        let own = ranked.iter().find(|(text, _)| *text == piece);
        let mut value = own.map_or(Value::Null, one);
        if let Some(fields) = value.as_object_mut() {
            let listed: Vec<Value> = ranked.iter().take(top).map(one).collect();
            fields.insert("top_logprobs".to_owned(), listed.into());
        }
        (piece, value)
    })
}
