//! MiniMax says in `base_resp` of each answer whether it is one, by a number of its own.

use serde_json::{Map, Value};

/// The error that a document holds so, as an error object; `None` where there is none.
pub(super) fn error(document: &Value) -> Option<Value> {
    let held = document.get("base_resp")?;
    let number = held.get("status_code")?;
    let number = number
        .as_i64()
        .or_else(|| number.as_str()?.trim().parse().ok())?;
    // 0 is success.
    let status = match number {
        0 => return None,
        1002 | 1039 | 1041 => Some(429),
        1004 | 2049 => Some(401),
        1008 => Some(402),
        1026 | 1027 | 1042 | 2013 => Some(400),
        _ => None,
    };
    let said = held.get("status_msg").cloned().unwrap_or_default();
    let mut error = Map::new();
    error.insert("message".to_owned(), said);
    if let Some(status) = status {
        error.insert("status".to_owned(), status.into());
    }
    if matches!(number, 1026 | 1027) {
        error.insert("code".to_owned(), "content_filter".into());
    }
    Some(Value::Object(error))
}
