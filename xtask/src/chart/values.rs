//! The table of values in the chart's README, made of the comments in `values.yaml`.

use anyhow::{Context as _, Result, bail, ensure};

use super::home;

const BEGIN: &str = "<!-- values begin -->\n";
const END: &str = "<!-- values end -->";

/// Writes the table anew.
pub(crate) fn write() -> Result<()> {
    let (readme, fresh) = both()?;
    if readme != fresh {
        std::fs::write(home()?.join("README.md"), fresh)?;
    }
    Ok(())
}

/// An error unless the table is what the comments say.
pub(crate) fn check() -> Result<()> {
    let (readme, fresh) = both()?;
    ensure!(
        readme == fresh,
        "the table in helm/autorater/README.md is not what values.yaml says. `cargo xtask chart --write` makes it anew"
    );
    Ok(())
}

/// The README as it is and as it should be.
fn both() -> Result<(String, String)> {
    let home = home()?;
    let readme = std::fs::read_to_string(home.join("README.md"))?;
    let values = std::fs::read_to_string(home.join("values.yaml"))?;
    let (before, rest) = readme
        .split_once(BEGIN)
        .context("README.md has no place for the table")?;
    let (_, after) = rest.split_once(END).context("the table does not end")?;
    let table = table(&values)?;
    let fresh = format!("{before}{BEGIN}{table}{END}{after}");
    Ok((readme, fresh))
}

/// A row for each value with a comment `# -- …` above it. Every value has one, or values of its own below it.
fn table(values: &str) -> Result<String> {
    let mut rows = "| value | default | meaning |\n| --- | --- | --- |\n".to_owned();
    let mut path: Vec<&str> = Vec::new();
    let mut meaning = None;
    for line in values.lines() {
        let text = line.trim_start();
        if let Some(comment) = text.strip_prefix("# -- ") {
            meaning = Some(comment);
            continue;
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, default) = text
            .split_once(':')
            .with_context(|| format!("not a value: {line}"))?;
        path.truncate((line.len() - text.len()) / 2);
        path.push(key);
        let name = path.join(".");
        match (meaning.take(), default.trim()) {
            (None, "") => {}
            (Some(meaning), default) if !default.is_empty() => {
                rows.push_str(&format!("| `{name}` | `{default}` | {meaning} |\n"));
            }
            _ => bail!("{name} needs a comment and a default on its line, or neither"),
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_rows() {
        let rows =
            table("# About.\na:\n  # -- What it is.\n  b: {c: 1}\n# -- More.\nd: \"\"\n").unwrap();
        let (_, rows) = rows.split_once("| --- |\n").unwrap();
        assert_eq!(
            rows,
            "| `a.b` | `{c: 1}` | What it is. |\n| `d` | `\"\"` | More. |\n"
        );
    }

    #[test]
    fn a_value_without_a_comment_is_an_error() {
        table("a: 1\n").unwrap_err();
        table("# -- What it is.\na:\n  b: 1\n").unwrap_err();
    }
}
