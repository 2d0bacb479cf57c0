//! Cursors: a place in a list, opaque to clients.

use domain::EvaluationId;
use jiff::Timestamp;
use storage::evaluations::Position;
use uuid::Uuid;

/// The cursor of a place.
pub(crate) fn write(position: Position) -> String {
    format!(
        "{:x}.{}",
        position.created_at.as_microsecond(),
        position.id.0.simple()
    )
}

/// The place of a cursor.
pub(crate) fn read(cursor: &str) -> Option<Position> {
    let (time, id) = cursor.split_once('.')?;
    // Nothing is older than 1970, and the database has no times as early as some that could be written here.
    let created_at = i64::from_str_radix(time, 16)
        .ok()
        .filter(|time| *time >= 0)?;
    let created_at = Timestamp::from_microsecond(created_at).ok()?;
    Some(Position {
        created_at,
        id: EvaluationId(Uuid::parse_str(id).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let created_at: Timestamp = "2026-11-20T10:11:12.345678Z".parse().unwrap();
        let position = Position {
            created_at,
            id: EvaluationId(Uuid::from_u128(7)),
        };
        assert_eq!(read(&write(position)), Some(position));
    }

    #[test]
    fn what_is_no_cursor_is_no_place() {
        for text in [
            "",
            ".",
            "zz.00000000000000000000000000000007",
            "ffffffffffffffff.1",
            "1",
            "-53dd8d1a5f1a000.00000000000000000000000000000007",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
