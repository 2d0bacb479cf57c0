use async_compression::{
    Level,
    tokio::bufread::{GzipEncoder, ZstdEncoder},
    zstd::CParameter,
};
use futures::{StreamExt as _, stream};
use proptest::prelude::*;

use super::*;

/// A part of a body that stands by itself.
#[derive(Clone, Debug)]
enum Part {
    Content(Vec<u8>),
    /// Of zstd only.
    Skippable(Vec<u8>),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    // Also one that is larger than what one call decodes.
    let long = (any::<u8>(), 0..80_000_usize).prop_map(|(byte, size)| vec![byte; size]);
    let part = prop_oneof![
        4 => bytes().prop_map(Part::Content),
        1 => long.prop_map(Part::Content),
        1 => bytes().prop_map(Part::Skippable),
    ];
    prop::collection::vec(part, 1..5)
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Identity),
        Just(Encoding::Gzip),
        Just(Encoding::Zstd)
    ]
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// What goes over the connection for a part, and what it stands for.
async fn packed(encoding: Encoding, part: &Part) -> (Vec<u8>, Vec<u8>) {
    let mut packed = Vec::new();
    let content = match part {
        Part::Content(content) => content.as_slice(),
        Part::Skippable(hidden) if encoding == Encoding::Zstd => {
            packed.extend_from_slice(&[0x5c, 0x2a, 0x4d, 0x18]);
            packed.extend_from_slice(&u32::try_from(hidden.len()).unwrap().to_le_bytes());
            packed.extend_from_slice(hidden);
            return (packed, Vec::new());
        }
        Part::Skippable(_) => &[],
    };
    let checked = [CParameter::checksum_flag(true)];
    match encoding {
        Encoding::Identity => packed.extend_from_slice(content),
        Encoding::Gzip => drop(GzipEncoder::new(content).read_to_end(&mut packed).await),
        Encoding::Zstd => {
            let mut encoder =
                ZstdEncoder::with_quality_and_params(content, Level::Default, &checked);
            drop(encoder.read_to_end(&mut packed).await);
        }
    }
    (packed, content.to_vec())
}

/// The decoded body, which arrives in chunks of these sizes, and between them not at all for a moment.
async fn unpacked(encoding: Encoding, bytes: &[u8], sizes: &[usize]) -> io::Result<Vec<u8>> {
    let (mut chunks, mut rest, mut sizes) = (Vec::new(), bytes, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = (*sizes.next().unwrap()).min(rest.len());
        let (chunk, behind) = rest.split_at(size);
        chunks.push(Ok(Bytes::copy_from_slice(chunk)));
        rest = behind;
    }
    let slowly = stream::iter(chunks).then(|chunk| async {
        tokio::task::yield_now().await;
        chunk
    });
    let mut body = Vec::new();
    let mut reader = decoded(encoding, Box::pin(slowly));
    reader.read_to_end(&mut body).await?;
    Ok(body)
}

proptest! {
    #[test]
    fn a_body_is_the_same_in_whichever_parts_it_comes(
        encoding in encoding(), parts in parts(), sizes in prop::collection::vec(1..5_000_usize, 1..4),
    ) {
        run(async {
            let (mut wire, mut body) = (Vec::new(), Vec::new());
            for part in &parts {
                let (bytes, content) = packed(encoding, part).await;
                wire.extend(bytes);
                body.extend(content);
            }
            let read = unpacked(encoding, &wire, &sizes).await;
            prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(body));
            Ok(())
        })?;
    }

    #[test]
    fn what_is_cut_off_is_an_error_unless_it_is_cut_between_parts(
        gzip in any::<bool>(), parts in parts(), at in any::<prop::sample::Index>(), size in 1..300_usize,
    ) {
        let encoding = if gzip { Encoding::Gzip } else { Encoding::Zstd };
        run(async {
            let (mut wire, mut body, mut whole) = (Vec::new(), Vec::new(), Vec::new());
            for part in &parts {
                let (bytes, content) = packed(encoding, part).await;
                wire.extend(bytes);
                body.extend(content);
                whole.push((wire.len(), body.clone()));
            }
            let cut = 1 + at.index(wire.len());
            let expected = whole.into_iter().find(|(end, _)| *end == cut);
            let read = unpacked(encoding, &wire[..cut], &[size]).await;
            prop_assert_eq!(read.ok(), expected.map(|(_, body)| body));
            Ok(())
        })?;
    }

    #[test]
    fn a_bent_byte_is_an_error_or_changes_nothing(
        gzip in any::<bool>(), parts in parts(), at in any::<prop::sample::Index>(), bits in 1..=255_u8,
    ) {
        let encoding = if gzip { Encoding::Gzip } else { Encoding::Zstd };
        run(async {
            let (mut wire, mut body) = (Vec::new(), Vec::new());
            for part in &parts {
                let (bytes, content) = packed(encoding, part).await;
                wire.extend(bytes);
                body.extend(content);
            }
            let at = at.index(wire.len());
            wire[at] ^= bits;
            if let Ok(read) = unpacked(encoding, &wire, &[1_000]).await {
                prop_assert_eq!(read, body);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_stands_behind_the_last_part_is_an_error(
        gzip in any::<bool>(), parts in parts(), garbage in prop::collection::vec(any::<u8>(), 1..40), size in 1..300_usize,
    ) {
        let encoding = if gzip { Encoding::Gzip } else { Encoding::Zstd };
        run(async {
            let mut wire = Vec::new();
            for part in &parts {
                wire.extend(packed(encoding, part).await.0);
            }
            wire.extend(garbage);
            prop_assert!(unpacked(encoding, &wire, &[size]).await.is_err());
            Ok(())
        })?;
    }
}

#[test]
fn what_came_before_a_body_broke_off_is_decoded_first() {
    run(async {
        for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::Zstd] {
            let (wire, _) = packed(encoding, &Part::Content(b"whole".to_vec())).await;
            let broken = io::Error::new(io::ErrorKind::UnexpectedEof, "cut");
            let chunks = stream::iter([Ok(Bytes::from(wire)), Err(broken)]);
            let (mut reader, mut body) = (decoded_to_the_last(encoding, chunks), Vec::new());
            let error = loop {
                match reader.read_buf(&mut body).await {
                    Ok(0) => panic!("{encoding:?}: an end"),
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            assert_eq!(error.to_string(), "cut", "{encoding:?}");
            assert_eq!(body, b"whole", "{encoding:?}");
        }
    });
}

#[test]
fn a_gzip_header_with_a_field_that_nobody_knows_is_refused() {
    run(async {
        let (wire, _) = packed(Encoding::Gzip, &Part::Content(b"whole".to_vec())).await;
        for size in [1, 2, 3, 4, 100] {
            assert!(unpacked(Encoding::Gzip, &wire, &[size]).await.is_ok());
            for flag in [0x20, 0x40, 0x80] {
                let mut reserved = wire.clone();
                reserved[3] |= flag;
                let read = unpacked(Encoding::Gzip, &reserved, &[size]).await;
                assert!(read.is_err(), "{flag:#x} in chunks of {size}");
                // Of a later member as well.
                let both = [wire.as_slice(), &wire, &reserved].concat();
                let read = unpacked(Encoding::Gzip, &both, &[size]).await;
                assert!(
                    read.is_err(),
                    "{flag:#x} behind another in chunks of {size}"
                );
            }
        }
    });
}
