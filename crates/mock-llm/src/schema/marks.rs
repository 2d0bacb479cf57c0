//! Where the scores of a value stand in its text.

use crate::judge::spread::Spread;

/// A score, as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    /// Its property.
    pub(super) name: String,
    /// As JSON.
    pub(super) written: String,
    /// What else might have been written.
    pub(super) spread: Spread,
}

/// The scores, given in the order in which they stand in the text, with the bytes at which they begin (inside
/// the quotes). Those that are items of a list have no property before them and are left out.
pub(crate) fn places(text: &str, judged: Vec<Judged>) -> Vec<(usize, Spread)> {
    let mut places = Vec::new();
    let mut from = 0;
    for score in judged {
        // Inside a string the quotes would be escaped: this is a property and nothing else.
        let before = format!("{}:", serde_json::Value::from(score.name));
        let whole = format!("{before}{}", score.written);
        let Some(at) = text.get(from..).and_then(|rest| rest.find(&whole)) else {
            continue;
        };
        let quote = usize::from(score.written.starts_with('"'));
        places.push((from + at + before.len() + quote, score.spread));
        from += at + whole.len();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::{Judged, places};

    #[test]
    fn scores_are_found_where_they_stand() {
        let text = r#"{"a":{"why":"\"score\":4","score":4},"b":{"score":"4"},"c":{"score":4}}"#;
        let judged = |written: &str| Judged {
            name: "score".to_owned(),
            written: written.to_owned(),
            spread: vec![("4".to_owned(), 0.5)],
        };
        let places = places(text, vec![judged("4"), judged("\"4\""), judged("4")]);
        let rest: Vec<&str> = places
            .iter()
            .filter_map(|(at, _)| text.get(*at..))
            .collect();
        let expected = [r#"4},"b""#, r#"4"},"c""#, "4}}"];
        assert_eq!(rest.len(), expected.len());
        for (rest, start) in rest.into_iter().zip(expected) {
            assert!(rest.starts_with(start), "{rest}");
        }
    }
}
