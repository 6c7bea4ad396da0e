//! Blobs: content-addressed, atomic, evictable, mendable.

use muster_domain::digest::Digest;
use muster_store::{StoreError, check::BlobCheck, service::ImportRoot, thumbnail::NewThumbnail};

use crate::common::{Bench, imported};

#[tokio::test]
async fn bytes_are_kept_under_their_hash() {
    let mut bench = Bench::new(0).await;
    let bytes: Vec<u8> = (0..700_000_u32).map(|i| (i.wrapping_mul(i) >> 3) as u8).collect();
    let digest = bench.library.blobs().put(&bytes).await.unwrap();
    assert_eq!(digest, Digest::of(&bytes));
    let hex = digest.to_hex();
    let path = bench.folder.path().join("blobs").join(&hex[..2]).join(&hex[2..]);
    assert_eq!(bench.library.blobs().path(&digest), path);
    bench.reopen().await;
    let blobs = bench.library.blobs();
    assert!(blobs.has(&digest));
    assert_eq!(blobs.size(&digest).unwrap(), Some(700_000));
    assert_eq!(blobs.read_verified(&digest).await.unwrap().as_deref(), Some(bytes.as_slice()));
    assert_eq!(blobs.put_stream(bytes.as_slice(), Some(&digest)).await.unwrap(), (digest, 700_000));
    let source = bench.folder.path().join("original.bin");
    std::fs::write(&source, &bytes).unwrap();
    assert_eq!(blobs.put_file(&source).await.unwrap(), digest);
    assert!(blobs.open_file(&digest).await.unwrap().is_some());
    assert_eq!(blobs.usage().await.unwrap().blobs, 1);
    let absent = Digest::of(b"absent");
    assert!(!blobs.has(&absent));
    assert_eq!((blobs.size(&absent).unwrap(), blobs.read(&absent).await.unwrap()), (None, None));
}

#[tokio::test]
async fn other_bytes_than_announced_get_no_name() {
    let bench = Bench::new(0).await;
    let blobs = bench.library.blobs();
    let wanted = Digest::of(b"right");
    let error = blobs.put_stream(b"wrong".as_slice(), Some(&wanted)).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongBytes { .. }), "{error:?}");
    let error = blobs.put_all(&[(wanted, b"wrong".as_slice())]).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongBytes { .. }), "{error:?}");
    assert!(!blobs.has(&wanted) && !blobs.has(&Digest::of(b"wrong")));
    let left: Vec<_> = std::fs::read_dir(bench.folder.path().join("blobs/tmp")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn damage_is_found_and_mended() {
    let bench = Bench::new(3).await;
    let blobs = bench.library.blobs();
    let digests: Vec<Digest> = (1..=3).map(|number| Digest::of(format!("picture {number}").as_bytes())).collect();
    for number in 1..=3 {
        blobs.put(format!("picture {number}").as_bytes()).await.unwrap();
    }
    std::fs::write(blobs.path(&digests[0]), b"picturE 1").unwrap();
    std::fs::remove_file(blobs.path(&digests[1])).unwrap();
    let read = blobs.read_verified(&digests[0]).await.unwrap_err();
    assert!(matches!(read, StoreError::BlobDamaged { .. }), "{read:?}");
    let sizes = bench.library.check(BlobCheck::Sizes).await.unwrap();
    assert_eq!((sizes.missing_blobs.len(), sizes.damaged_blobs.len(), sizes.blobs_hashed), (1, 0, 0));
    let all = bench.library.check(BlobCheck::All).await.unwrap();
    assert_eq!((all.missing_blobs, all.damaged_blobs, all.blobs_hashed), (vec![digests[1]], vec![digests[0]], 2));
    std::fs::write(blobs.path(&digests[0]), b"short").unwrap();

    // What crashes leave: half a file, a whole blob that no row knows, and one that no capture needs.
    let unfinished = bench.folder.path().join("blobs/tmp/half.part");
    std::fs::write(&unfinished, b"half").unwrap();
    std::fs::write(blobs.path(&digests[1]), b"picture 2").unwrap();
    bench.count("SELECT 1").await;
    let mut connection = bench.connect().await;
    sqlx::query("DELETE FROM blob WHERE digest = ?")
        .bind(digests[1].as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    let stray = blobs.path(&Digest::of(b"stray"));
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, b"stray").unwrap();
    assert_eq!(bench.library.check(BlobCheck::Sizes).await.unwrap().unlisted_blobs.len(), 2);
    // The test's clock stands in 2027, so that the files count as old.
    let swept = bench.library.sweep().await.unwrap();
    assert_eq!((swept.orphan_files, swept.adopted_blobs, swept.dropped_rows), (2, 1, 1));
    assert!(!unfinished.exists() && !stray.exists());
    assert_eq!(bench.library.missing_blobs(&[1, 2, 3]).await.unwrap(), [digests[0]]);
    assert!(bench.library.check(BlobCheck::All).await.unwrap().is_sound());
}

#[tokio::test]
async fn eviction_spares_what_is_pinned_or_has_no_other_copy() {
    let bench = Bench::new(4).await;
    let blobs = bench.library.blobs();
    let root = ImportRoot { name: "photos".into(), path: "/mnt".into() };
    bench.library.set_import_root(&root).await.unwrap();
    let mut own = imported(9, "photos");
    own.assets[0].place = muster_domain::capture::MediaPlace::Stored;
    bench.library.insert_imported(&[own]).await.unwrap();
    blobs.put(b"file 9").await.unwrap();
    let mut digests = Vec::new();
    for number in 1..=4 {
        bench.clock.advance(1);
        digests.push(blobs.put(format!("picture {number}").as_bytes()).await.unwrap());
    }
    blobs.pin(&[digests[1]], true).await.unwrap();
    bench.clock.advance(1);
    blobs.touch(&[digests[0]]).await.unwrap();
    let removed = blobs.evict(25).await.unwrap();
    assert_eq!((removed.blobs, removed.bytes), (2, 18));
    let left: Vec<bool> = digests.iter().map(|digest| blobs.has(digest)).collect();
    assert_eq!(left, [true, true, false, false], "least recently used first, not the pinned one");
    let removed = blobs.evict(0).await.unwrap();
    assert_eq!(removed.blobs, 1);
    assert!(blobs.has(&digests[1]) && blobs.has(&Digest::of(b"file 9")), "pinned, and the only copy");
    assert_eq!(blobs.usage().await.unwrap().pinned_bytes, 9);
    blobs.pin(&[digests[1]], false).await.unwrap();
    bench.library.remove_service(bench.service).await.unwrap();
    assert_eq!(blobs.evict(0).await.unwrap().blobs, 0, "no service can give it again");
}

#[tokio::test]
async fn thumbnails_come_by_digest_and_size() {
    let mut bench = Bench::new(0).await;
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let thumbnail = |digest, size_px, picture: &[u8]| NewThumbnail { digest, size_px, picture: picture.to_vec() };
    let thumbnails = bench.library.thumbnails();
    thumbnails.put(&[thumbnail(one, 256, b"a"), thumbnail(one, 512, b"bb")]).await.unwrap();
    thumbnails.put(&[thumbnail(one, 256, b"ccc")]).await.unwrap();
    bench.reopen().await;
    let thumbnails = bench.library.thumbnails();
    assert_eq!(thumbnails.get(&one, 256).await.unwrap().as_deref(), Some(b"ccc".as_slice()));
    assert_eq!(thumbnails.get(&two, 256).await.unwrap(), None);
    assert_eq!(thumbnails.missing(&[two, one, two], 256).await.unwrap(), [two, two]);
    assert_eq!(thumbnails.usage().await.unwrap(), (2, 5));
    thumbnails.remove(&[one, two]).await.unwrap();
    assert_eq!(thumbnails.usage().await.unwrap(), (0, 0));
}
