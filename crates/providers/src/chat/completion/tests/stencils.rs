//! Events that are read by what they have in common with the one before, and what comes of reading each as a whole.

use super::*;

/// How many events one kind of stream has.
const LENGTH: u32 = 3;

fn take(completion: &mut Completion, event: &str) -> String {
    format!("{:?}", completion.take(event))
}

/// What is known of an answer but the latest event.
fn known(mut completion: Completion) -> String {
    completion.latest = None;
    format!("{completion:?}")
}

#[test]
fn what_is_read_is_the_same() {
    let piece = |text: &str| {
        format!(
            r#"{{"id":"a","model":"m","choices":[{{"index":0,"delta":{{"content":{text}}},"finish_reason":null}}]}}"#
        )
    };
    let events = [
        piece(r#""Score: 4""#),
        piece(r#""4""#),
        piece(r#""\ud83d""#),
        piece(r#""\ude80 \"content\":""#),
        piece(r#""""#),
        piece("7"),
        piece(r#""_details content_filter eason\":1""#),
        piece(r#""4"}},{"index":0,"delta":{"content":"5""#),
        piece(r#""5""#).replace(r#""m""#, r#""another""#),
        piece(r#""5""#).replace(r#""a""#, r#""b""#),
        piece(r#""5""#).replace(r#""index":0"#, r#""index":1"#),
        piece(r#""5""#).replace(r#""content""#, r#""role":"assistant","content""#),
        piece(r#""5""#).replace(r#""content""#, r#""reasoning":"6","content""#),
        piece(r#""5""#).replace("null", r#""stop""#),
        piece(r#""5""#).replace(
            r#"{"id""#,
            r#"{"usage":{"prompt_tokens":9,"completion_tokens":3},"id""#,
        ),
        piece(r#""5"#),
    ];
    for asked in [1, 2] {
        let asked = NonZeroU32::new(asked).unwrap();
        for number in 0..events.len().pow(LENGTH) {
            let kinds = (0..LENGTH).map(|place| number / events.len().pow(place) % events.len());
            let (mut quick, mut whole) = (Completion::of(asked), Completion::of(asked));
            for event in kinds.map(|kind| &events[kind]) {
                whole.latest = None;
                assert_eq!(take(&mut quick, event), take(&mut whole, event), "{event}");
            }
            assert_eq!(known(quick), known(whole), "{number}");
        }
    }
}
