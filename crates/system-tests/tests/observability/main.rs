//! What operators see of running services, and what nobody may see: log lines and their levels, canaries.

mod canaries;
mod levels;
mod lines;
mod log;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/receiver.rs"]
mod receiver;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../durability/support.rs"]
mod support;
#[expect(dead_code, reason = "shared with test programs that use more of it")]
#[path = "../webhooks/system.rs"]
mod system;

/// A body as it is sent with `Content-Encoding: gzip`.
async fn gzip(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    use tokio::io::AsyncReadExt as _;
    let mut packed = Vec::new();
    let mut encoder = async_compression::tokio::bufread::GzipEncoder::new(body);
    encoder.read_to_end(&mut packed).await?;
    Ok(packed)
}
