//! What is posted: evaluations of source code, taken from a directory of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;

/// Stands in every body, and is overwritten by its number.
const PLACE: &str = "00000000-bench";
/// How many different texts there are: their numbers alone would make them differ, but not in what they cost.
const TEXTS: usize = 32;

/// What payloads are made of.
#[derive(clap::Args)]
pub(crate) struct Payloads {
    /// A directory with source code.
    #[arg(long)]
    corpus: PathBuf,
    /// Bytes of source code in each payload.
    #[arg(long)]
    size: usize,
}

/// Bodies for one run.
pub(crate) struct Bodies {
    texts: Vec<Text>,
    /// Whether each is like no other.
    distinct: bool,
    /// Tells runs apart: the same bodies again would be duplicates.
    run: u32,
}

struct Text {
    bytes: Vec<u8>,
    /// Where its number stands.
    place: usize,
}

impl Bodies {
    /// Bodies with `size` bytes of the source code in a directory and those below.
    pub(crate) fn of(payloads: &Payloads, distinct: bool) -> Result<Self> {
        let size = payloads.size;
        let source = source(&payloads.corpus)?;
        let count = if distinct { TEXTS } else { 1 };
        let texts = (0..count).map(|nth| {
            let start = source.len() / count * nth;
            let code: String = source
                .chars()
                .cycle()
                .skip(start)
                .scan(0, |taken, char| {
                    *taken += char.len_utf8();
                    (*taken <= size).then_some(char)
                })
                .collect();
            let body = serde_json::json!({
                "input": "Write this module.",
                "output": format!("// {PLACE}\n{code}"),
            });
            let bytes = body.to_string().into_bytes();
            let place = bytes
                .windows(PLACE.len())
                .position(|window| window == PLACE.as_bytes());
            Ok(Text {
                place: place.context("a body without a place for its number")?,
                bytes,
            })
        });
        Ok(Self {
            texts: texts.collect::<Result<_>>()?,
            distinct,
            run: u32::try_from(uuid::Uuid::now_v7().as_u128() >> 64 & 0x0FFF_FFFF)?,
        })
    }

    /// The body of the nth request of a run.
    pub(crate) fn nth(&self, nth: u64) -> Result<Bytes> {
        let texts = self.texts.len() as u64;
        let index = usize::try_from(nth % texts)?;
        let text = self.texts.get(index).context("no text")?;
        let mut bytes = text.bytes.clone();
        if self.distinct {
            // Six digits of the request, and of the run: hexadecimal, so that they always fit.
            let number = format!("{:06x}-{:07x}", nth & 0xFF_FFFF, self.run);
            let place = bytes.get_mut(text.place..text.place + number.len());
            place
                .context("no place")?
                .copy_from_slice(number.as_bytes());
        }
        Ok(bytes.into())
    }
}

/// All source code in a directory and those below, in the order of the paths.
fn source(corpus: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(corpus, &mut files)?;
    files.sort();
    let texts = files.iter().map(fs::read_to_string);
    let source = texts.collect::<std::io::Result<String>>()?;
    ensure!(
        source.len() >= 100_000,
        "less than 100 kB of source code in {}",
        corpus.display()
    );
    Ok(source)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
