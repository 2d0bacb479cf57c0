//! Queries of lists: filters and cursors. Each parameter is taken as it stands, or refused by its name.
#![no_main]

use service::http::Parameters;
use status_api::ListQuery;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(parameters) = Parameters::read(data) else {
        return;
    };
    assert!(
        parameters
            .0
            .iter()
            .all(|(name, value)| !name.contains('\0') && !value.contains('\0'))
    );
    let Ok(query) = ListQuery::read(parameters.clone()) else {
        return;
    };
    assert!((1..=200).contains(&query.limit));
    for score in [query.filter.min_score, query.filter.max_score]
        .into_iter()
        .flatten()
    {
        assert!((0.0..=1.0).contains(&score));
    }
    if let Some(place) = &query.after {
        assert!(place.created_at.as_microsecond() >= 0);
    }
    // Nothing hangs on the order.
    let mut turned = parameters;
    turned.0.reverse();
    let turned = ListQuery::read(turned).expect("the same parameters");
    assert_eq!((turned.limit, turned.after), (query.limit, query.after));
});
