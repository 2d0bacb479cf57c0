//! `provider_loads`: what the workers find of each provider, which is known also when none of them is left.

use domain::Limits;
use domain::provider_load::ProviderLoad;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::error::Result;

/// Says what a worker finds, in the place of what it said before. What others have not said again for two minutes goes.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn publish(database: &Database, worker: Uuid, loads: &[ProviderLoad]) -> Result<()> {
    // Rows of others are skipped where another worker takes them away, so that no two wait for one another.
    const SQL: &str = "
        WITH gone AS (
            DELETE FROM provider_loads WHERE (worker, provider) IN (
                SELECT worker, provider FROM provider_loads
                WHERE worker = $1 AND provider <> ALL ($2::text[])
                   OR worker <> $1 AND said_at < now() - interval '2 minutes'
                FOR UPDATE SKIP LOCKED))
        INSERT INTO provider_loads (worker, provider, requests_per_minute, tokens_per_minute, concurrency,
                                    in_flight, call_seconds, call_tokens)
        SELECT $1, said.* FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                                      $7::float8[], $8::float8[]) AS said
        ON CONFLICT (worker, provider) DO UPDATE
        SET requests_per_minute = excluded.requests_per_minute, tokens_per_minute = excluded.tokens_per_minute,
            concurrency = excluded.concurrency, in_flight = excluded.in_flight, call_seconds = excluded.call_seconds,
            call_tokens = excluded.call_tokens, said_at = excluded.said_at";
    let big = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let limit = |of: fn(&Limits) -> Option<u64>| -> Vec<Option<i64>> {
        loads.iter().map(|load| of(&load.limits).map(big)).collect()
    };
    let providers: Vec<_> = loads.iter().map(|load| load.provider.as_str()).collect();
    let requests = limit(|limits| limits.requests_per_minute.map(u64::from));
    let tokens = limit(|limits| limits.tokens_per_minute);
    let concurrency = limit(|limits| limits.concurrency.map(u64::from));
    let in_flight: Vec<_> = loads.iter().map(|load| big(load.in_flight)).collect();
    let call_seconds: Vec<_> = loads.iter().map(|load| load.call_seconds).collect();
    let call_tokens: Vec<_> = loads.iter().map(|load| load.call_tokens).collect();
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    client
        .execute(
            &statement,
            &[
                &worker,
                &providers,
                &requests,
                &tokens,
                &concurrency,
                &in_flight,
                &call_seconds,
                &call_tokens,
            ],
        )
        .await?;
    Ok(())
}

/// What all workers together found of each provider: the limits said last, what is under way at those that spoke within a
/// minute, means. Where nobody speaks any more, what was said last.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn load(database: &Database) -> Result<Vec<ProviderLoad>> {
    const SQL: &str = "
        SELECT provider,
               (array_agg(requests_per_minute ORDER BY said_at DESC))[1],
               (array_agg(tokens_per_minute ORDER BY said_at DESC))[1],
               (array_agg(concurrency ORDER BY said_at DESC))[1],
               coalesce(sum(in_flight) FILTER (WHERE said_at > now() - interval '1 minute'), 0)::int8,
               avg(call_seconds), avg(call_tokens)
        FROM provider_loads
        WHERE said_at > (SELECT max(said_at) FROM provider_loads) - interval '1 minute'
        GROUP BY provider ORDER BY provider";
    let client = database.connection().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[]).await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &Row) -> ProviderLoad {
    let big = |index: usize| row.get::<_, Option<i64>>(index).map(i64::unsigned_abs);
    let int = |index: usize| big(index).map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    ProviderLoad {
        provider: row.get(0),
        limits: Limits {
            requests_per_minute: int(1),
            tokens_per_minute: big(2),
            concurrency: int(3),
        },
        in_flight: big(4).unwrap_or_default(),
        call_seconds: row.get(5),
        call_tokens: row.get(6),
    }
}
