//! Asking a running server whether it is well, for container health checks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, bail};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Succeeds when the server at the listening address answers.
pub(crate) fn check(listen: &str) -> anyhow::Result<()> {
    let mut address = listen
        .to_socket_addrs()?
        .next()
        .context("the address names no host")?;
    if address.ip().is_unspecified() {
        address = SocketAddr::new([127, 0, 0, 1].into(), address.port());
    }
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream
        .write_all(b"GET /mock/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head)?;
    if &head != b"HTTP/1.1 200" {
        bail!("unexpected answer: {}", String::from_utf8_lossy(&head));
    }
    Ok(())
}
