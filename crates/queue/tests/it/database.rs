//! The database that a URL names.

use queue::Error;

use crate::support::{Private, connect};

#[tokio::test]
async fn a_database_that_the_server_has_not_is_told_in_its_words() {
    let private = Private::start().await;
    let at = |path: &str| {
        connect(
            &format!("{}/{path}", private.server.url().trim_end_matches('/')),
            "private",
        )
    };
    for path in ["", "0", "15"] {
        at(path).check_database().await.unwrap();
    }
    for path in ["16", "255"] {
        let error = at(path).check_database().await.unwrap_err();
        assert!(matches!(error, Error::Settings(_)), "{error:?}");
        let words = error.to_string();
        assert!(
            words.contains(path) && words.contains("DB index is out of range"),
            "{words}"
        );
    }
    // Whether one that is not there has it, nobody can say.
    let absent = at("99");
    private.server.stop().await.unwrap();
    let error = absent.check_database().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}
