//! What a container may not do, as the engine was told and as the kernel sees it.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::docker::{docker, output};

/// The user of every image.
const USER: &str = "65532:65532";

/// An error unless the engine was told to confine the container.
pub(crate) async fn told(container: &str) -> Result<()> {
    let text = output(&mut docker(&["inspect", "--format={{json .}}", container])?).await?;
    let all: Value = serde_json::from_str(&text)?;
    let at = |pointer: &str| all.pointer(pointer).cloned().unwrap_or_default();
    let is = |pointer: &str, wanted: Value| {
        let found = at(pointer);
        ensure!(found == wanted, "{pointer} is {found}, not {wanted}");
        anyhow::Ok(())
    };
    is("/Config/User", USER.into())?;
    is("/HostConfig/ReadonlyRootfs", true.into())?;
    is("/HostConfig/Privileged", false.into())?;
    is("/HostConfig/CapDrop", vec!["ALL"].into())?;
    is("/HostConfig/CapAdd", Value::Null)?;
    is(
        "/HostConfig/SecurityOpt",
        vec!["no-new-privileges:true"].into(),
    )?;
    ensure!(
        at("/HostConfig/Memory").as_u64() > Some(0),
        "no limit of memory"
    );
    // Nothing is written anywhere: no tmpfs and no volume.
    ensure!(
        at("/Mounts").as_array().is_some_and(Vec::is_empty),
        "it has mounts"
    );
    is("/HostConfig/Tmpfs", Value::Null)?;
    for bindings in at("/HostConfig/PortBindings")
        .as_object()
        .into_iter()
        .flat_map(|map| map.values())
    {
        let hosts = bindings.as_array().into_iter().flatten();
        for host in hosts.filter_map(|binding| binding.get("HostIp")) {
            ensure!(host == "127.0.0.1", "a port is open on {host}");
        }
    }
    Ok(())
}

/// An error unless the kernel confines the first process of the container.
///
/// Our images have no shell, so another container that sees its processes looks, `image` being any with a shell: root with the one
/// capability that lets it look, so that nothing but a file system that is read-only keeps it from writing.
pub(crate) async fn is_so(container: &str, image: &str) -> Result<()> {
    let pid = format!("container:{container}");
    let script = "cat /proc/1/status; touch /proc/1/root/written 2>&1 && echo could write";
    let look = [
        "run",
        "--rm",
        "--network=none",
        "--user=0",
        "--cap-add=SYS_PTRACE",
        "--entrypoint=sh",
        "--pid",
        &pid,
        image,
        "-c",
        &format!("{script}; true"),
    ];
    let text = output(&mut docker(&look)?).await?;
    let field = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(str::trim)
            .with_context(|| format!("no {name} in\n{text}"))
    };
    for ids in ["Uid", "Gid"] {
        let found = field(ids)?;
        ensure!(
            found.split_whitespace().all(|id| id == "65532"),
            "{ids} {found}"
        );
    }
    for capabilities in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        let found = field(capabilities)?;
        ensure!(
            found.bytes().all(|digit| digit == b'0'),
            "{capabilities} {found}"
        );
    }
    ensure!(field("NoNewPrivs")? == "1", "new privileges can be had");
    ensure!(field("Seccomp")? == "2", "no seccomp filter");
    ensure!(
        text.contains("Read-only file system"),
        "writing did not fail as it should:\n{text}"
    );
    Ok(())
}
