//! Whether the server has room for what is configured.

use crate::database::Database;
use crate::error::Result;

/// How many connections the server takes from ordinary users.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn connections(database: &Database) -> Result<usize> {
    const SQL: &str = "
        SELECT current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8
             - coalesce(current_setting('reserved_connections', true), '0')::int8";
    let client = database.connection().await?;
    let row = client.query_one(SQL, &[]).await?;
    Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or_default())
}
