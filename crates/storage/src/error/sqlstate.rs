//! What an SQLSTATE says about who can take an error away, and which of the server's words may be logged.

use std::error::Error;

use tokio_postgres::error::{DbError, SqlState};

/// Where the cause of an error lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// In the record's own data: final.
    Record,
    /// In what goes on at the moment: it passes by itself, and says nothing about the next statement.
    Moment,
    /// In a bound on time, which a statement or a lock reached.
    Slowness,
    /// In the server, its schema, its rights or its settings: an operator takes it away.
    Server,
}

/// Classes (two characters) and single codes, the first that fits. What stands in none of them is the server's:
/// an evaluation that waits for too much can be helped, one that has failed for too little cannot.
const CAUSES: &[(&str, Cause, &str)] = &[
    // Within the classes of data: not the record's.
    ("22023", Cause::Server, "a parameter of the session"),
    ("2200H", Cause::Server, "a sequence is at its end"),
    ("22", Cause::Record, "a value does not fit its type"),
    ("23", Cause::Record, "the row breaks a constraint"),
    (
        "54000",
        Cause::Record,
        "the row is too large for its table or index",
    ),
    ("08", Cause::Moment, "the connection broke"),
    ("40", Cause::Moment, "it gave way to another transaction"),
    ("53300", Cause::Moment, "too many connections"),
    (
        "57P",
        Cause::Moment,
        "the server starts, stops or ended the connection",
    ),
    ("25P03", Cause::Moment, "the session was idle for too long"),
    (
        "57014",
        Cause::Slowness,
        "it took too long, or somebody cancelled it",
    ),
    ("55P03", Cause::Slowness, "a lock was not to be had in time"),
];

/// Where the cause of an error lies.
pub(crate) fn cause(code: &SqlState) -> Cause {
    let code = code.code();
    let known = CAUSES.iter().find(|(start, ..)| code.starts_with(start));
    known.map_or(Cause::Server, |(_, cause, _)| *cause)
}

/// Whether the connection itself is of no use any more: it leads to a server that is no primary now, or its
/// prepared statements are not those that the server has.
pub(crate) fn spoils_connection(code: &SqlState) -> bool {
    [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::INVALID_SQL_STATEMENT_NAME,
    ]
    .contains(code)
}

/// An error in words for a log, with those below it: `tokio_postgres` alone only says `db error`. What may quote a
/// row is left out.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    if let Some(told) = error.downcast_ref::<DbError>() {
        return of_server(told);
    }
    match error.source() {
        None => error.to_string(),
        // `db error` says nothing beside the server's words.
        Some(below) if below.is::<DbError>() => words(below),
        Some(below) => format!("{error}: {}", words(below)),
    }
}

/// The server's message with the SQLSTATE and the names in the schema. Detail, hint and context quote rows; so do
/// messages about values, and those of triggers and functions, which have a context. What they raise themselves may
/// have any names.
fn of_server(told: &DbError) -> String {
    const QUOTES_VALUES: [&str; 5] = ["22", "23", "38", "39", "P0"];
    let code = told.code().code();
    let quotes =
        QUOTES_VALUES.iter().any(|class| code.starts_with(class)) || told.where_().is_some();
    let mut words = if quotes {
        format!("SQLSTATE {code}")
    } else {
        format!("{} (SQLSTATE {code})", told.message())
    };
    if told.routine() == Some("exec_stmt_raise") {
        return words;
    }
    for (kind, name) in [
        ("table", told.table()),
        ("column", told.column()),
        ("constraint", told.constraint()),
    ] {
        if let Some(name) = name {
            words = format!("{words}, {kind} `{name}`");
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_is_only_what_is_wrong_with_the_records_data() {
        use Cause::{Moment, Record, Server, Slowness};
        for (code, expected, what) in [
            ("22001", Record, "a text too long for its column"),
            ("22003", Record, "a number out of range"),
            ("22021", Record, "bytes that are no UTF-8, or U+0000"),
            ("22P02", Record, "a text that is no value of the type"),
            ("22P05", Record, "a character without an equivalent"),
            ("23502", Record, "a value is missing"),
            ("23503", Record, "what it refers to is gone"),
            ("23505", Record, "it is there already"),
            ("23514", Record, "a check does not hold"),
            ("54000", Record, "a row larger than an index takes"),
            (
                "22023",
                Server,
                "a parameter of the session: settings, not data",
            ),
            (
                "2200H",
                Server,
                "a sequence at its end: the table's, not the row's",
            ),
            ("54001", Server, "`max_stack_depth` is a setting"),
            ("0A000", Server, "a cached plan that a migration made stale"),
            ("25006", Server, "read-only: a standby that is not promoted"),
            (
                "26000",
                Server,
                "a pooler that mixes up prepared statements",
            ),
            ("28P01", Server, "a password that is being changed"),
            ("3D000", Server, "a database that is not made yet"),
            ("42501", Server, "a GRANT that was forgotten"),
            ("42703", Server, "a column that is not migrated yet"),
            ("42P01", Server, "a table that is not migrated yet"),
            ("42883", Server, "a function or operator that is not there"),
            ("42804", Server, "a column of another type: the schema"),
            ("53100", Server, "a disk that is full"),
            ("53200", Server, "a server without memory"),
            (
                "55000",
                Server,
                "an object in no state for it, such as a partition being detached",
            ),
            ("58030", Server, "a disk that fails"),
            ("F0000", Server, "a damaged configuration file"),
            ("P0001", Server, "a trigger that somebody made"),
            ("XX000", Server, "a defect of the server"),
            (
                "XX001",
                Server,
                "a damaged page: a replica may have it whole",
            ),
            ("ZZ999", Server, "what nobody has heard of yet"),
            ("08006", Moment, "a connection that broke"),
            ("40001", Moment, "a serialisation failure"),
            ("40P01", Moment, "a deadlock"),
            ("53300", Moment, "no connection is left"),
            ("57P01", Moment, "a server that is stopped"),
            ("57P03", Moment, "a server that starts"),
            ("55P03", Slowness, "a lock that is not given"),
            ("57014", Slowness, "a statement that takes too long"),
        ] {
            assert_eq!(
                cause(&SqlState::from_code(code)),
                expected,
                "{code}: {what}"
            );
        }
    }
}
