//! What is posted: evaluations of source code, taken from a directory of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bytes::buf::Chain;
use bytes::{Buf as _, Bytes};

/// A body in three pieces, of which only the one in the middle is its own: a megabyte that were copied for each
/// request would cost what is measured a part of its cores.
pub(crate) type Body = Chain<Chain<Bytes, Bytes>, Bytes>;

/// Stands in every body, in the place of its number.
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
    head: Bytes,
    number: Bytes,
    tail: Bytes,
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
            let mut tail = Bytes::from(body.to_string());
            let place = tail
                .windows(PLACE.len())
                .position(|window| window == PLACE.as_bytes())
                .context("a body without a place for its number")?;
            Ok(Text {
                head: tail.split_to(place),
                number: tail.split_to(PLACE.len()),
                tail,
            })
        });
        Ok(Self {
            texts: texts.collect::<Result<_>>()?,
            distinct,
            run: u32::try_from(uuid::Uuid::now_v7().as_u128() >> 64 & 0x0FFF_FFFF)?,
        })
    }

    /// The body of the nth request of a run.
    pub(crate) fn nth(&self, nth: u64) -> Result<Body> {
        let texts = self.texts.len() as u64;
        let index = usize::try_from(nth % texts)?;
        let text = self.texts.get(index).context("no text")?;
        let number = if self.distinct {
            // Of the request, and of the run: hexadecimal, so that they always fit.
            format!("{:06x}-{:07x}", nth & 0xFF_FFFF, self.run).into()
        } else {
            text.number.clone()
        };
        Ok(text.head.clone().chain(number).chain(text.tail.clone()))
    }

    /// The same in one piece.
    pub(crate) fn whole(&self, nth: u64) -> Result<Bytes> {
        let mut body = self.nth(nth)?;
        Ok(body.copy_to_bytes(body.remaining()))
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
