//! Derived pictures: the nearest thumbnail, and pieces within their limit.

use muster_domain::{capture::AssetKind, digest::Digest};
use muster_store::thumbnail::{NewThumbnail, piece::NewPiece};

use crate::common::Bench;

#[tokio::test]
async fn the_nearest_thumbnail_is_the_next_larger_or_else_the_largest() {
    let bench = Bench::new(0).await;
    let thumbnails = bench.library.thumbnails();
    let digest = Digest::of(b"1");
    let sizes = [320u32, 160, 640];
    let new = sizes.map(|size_px| NewThumbnail { digest, size_px, picture: size_px.to_be_bytes().to_vec() });
    thumbnails.put(&new).await.unwrap();
    for (wanted, expected) in [(1, 160_u32), (160, 160), (161, 320), (400, 640), (640, 640), (2000, 640)] {
        let found = thumbnails.nearest(&digest, wanted).await.unwrap();
        assert_eq!(found, Some((expected, expected.to_be_bytes().to_vec())), "asked for {wanted}");
    }
    assert_eq!(thumbnails.nearest(&Digest::of(b"2"), 100).await.unwrap(), None);
}

#[tokio::test]
async fn the_oldest_pieces_go_when_there_are_too_many() {
    let mut bench = Bench::new(0).await;
    let digest = Digest::of(b"1");
    let piece = |place: u32| NewPiece { digest, what: format!("tile/0/{place}/0"), picture: vec![7; 20_000] };
    for batch in 0..20 {
        let pieces: Vec<NewPiece> = (batch * 40..(batch + 1) * 40).map(piece).collect();
        bench.library.thumbnails().pieces().put_within(&pieces, 10_000_000).await.unwrap();
    }
    bench.reopen().await;
    let pieces = bench.library.thumbnails().pieces();
    assert!(pieces.used_bytes().await.unwrap() <= 10_000_000);
    assert_eq!(pieces.get(&digest, "tile/0/0/0").await.unwrap(), None);
    assert_eq!(pieces.get(&digest, "tile/0/799/0").await.unwrap().map(|picture| picture.len()), Some(20_000));
    bench.library.thumbnails().remove(&[digest]).await.unwrap();
    assert_eq!(pieces.get(&digest, "tile/0/799/0").await.unwrap(), None);
}

#[tokio::test]
async fn damaged_pieces_are_made_anew() {
    let mut bench = Bench::new(0).await;
    let digest = Digest::of(b"1");
    let piece = NewPiece { digest, what: "strip/8".into(), picture: vec![1, 2, 3] };
    bench.library.thumbnails().pieces().put(&[piece]).await.unwrap();
    bench.library.close().await;
    std::fs::write(bench.folder.path().join("pieces.db"), b"garbage ".repeat(1000)).unwrap();
    bench.reopen().await;
    assert_eq!(bench.library.thumbnails().pieces().get(&digest, "strip/8").await.unwrap(), None);
}

#[tokio::test]
async fn a_cover_and_an_asset_by_name_are_those_of_the_capture() {
    let bench = Bench::new(3).await;
    let row_keys = bench.library.row_keys(0, 10).await.unwrap();
    let stored = bench.library.captures(&row_keys).await.unwrap();
    assert!(!stored.is_empty());
    for stored in stored {
        let capture = stored.capture;
        let picture = capture.assets.iter().find(|asset| asset.kind() == AssetKind::Image).cloned();
        assert_eq!(bench.library.cover(capture.capture_id).await.unwrap(), picture);
        for asset in &capture.assets {
            let found = bench.library.asset(capture.capture_id, &asset.name).await.unwrap();
            assert_eq!(found.as_ref(), Some(asset));
        }
        assert_eq!(bench.library.asset(capture.capture_id, "none").await.unwrap(), None);
    }
}
