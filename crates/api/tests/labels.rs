//! A label's type against its strict reader: what the type can say is accepted, and read as it was meant.

use api::NewLabel;
use domain::fields::Errors;
use domain::human_label::{self, HumanLabel, Labelled};
use domain::json::Json;
use domain::rubric::Side;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

proptest! {
    #[test]
    fn what_the_type_says_is_read(
        rater in "[a-zA-Z0-9é@.-]([a-zA-Z0-9é@. -]{0,38}[a-zA-Z0-9é@.-])?",
        score in of(0.0..=1.0),
        note in of("[a-zé\n]{1,40}"),
        preference in of(select(vec![Side::First, Side::Second, Side::Tie])),
    ) {
        let is_comparison = preference.is_some();
        let label = NewLabel {
            rater,
            criterion: None,
            score: score.filter(|_| !is_comparison),
            preference,
            note,
        };
        let text = serde_json::to_vec(&label).unwrap();
        let labelled = Labelled { rubric: None, is_comparison: Some(is_comparison) };
        let mut errors = Errors::default();
        let read = human_label::parse(&Json::parse(&text).unwrap(), labelled, &mut errors);
        if label.score.is_none() && label.preference.is_none() && label.note.is_none() {
            prop_assert_eq!(read, None);
        } else {
            let NewLabel { rater, criterion, score, preference, note } = label;
            let expected = HumanLabel { rater, criterion, score, preference, note };
            prop_assert_eq!(read, Some(expected), "{:?}", errors.into_vec());
        }
    }
}
