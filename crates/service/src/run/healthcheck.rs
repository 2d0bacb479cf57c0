//! The subcommand `healthcheck`, for containers without a shell.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use super::exit;

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the service at its admin address.
pub(super) fn ask(addr: SocketAddr, ready: bool) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return exit::early(1, &error),
    };
    match runtime.block_on(request(addr, ready)) {
        Ok(status) if status.is_success() => ExitCode::SUCCESS,
        Ok(status) => exit::early(1, &format_args!("{addr} answers {status}")),
        Err(error) => exit::early(1, &format_args!("{addr} does not answer: {error}")),
    }
}

async fn request(addr: SocketAddr, ready: bool) -> reqwest::Result<reqwest::StatusCode> {
    let path = if ready { "readyz" } else { "livez" };
    let client = reqwest::Client::builder()
        // A proxy that is meant for providers must not come between.
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let url = format!("http://{}/{path}", reachable(addr));
    Ok(client.get(url).send().await?.status())
}

/// Where an address that stands for all addresses can be reached.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
