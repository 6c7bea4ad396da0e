//! What an import reads: archives, videos, times and places, and files that are of no use.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use muster_app::{
    import::{self, ImportMedia},
    job::JobState,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::fixture::{World, picture, test_data};

fn zip_of(path: &Path, folder: &Path, names: &[&str]) {
    let mut writer = ZipWriter::new(File::create(path).unwrap());
    for name in names {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(&fs::read(folder.join(name)).unwrap()).unwrap();
    }
    writer.finish().unwrap();
}

fn tar_of(path: &Path, folder: &Path, names: &[&str]) {
    let mut builder = tar::Builder::new(File::create(path).unwrap());
    for name in names {
        builder.append_path_with_name(folder.join(name), name).unwrap();
    }
    builder.finish().unwrap();
}

/// Three pictures and labels for two of them.
fn labelled_set(world: &World) -> (PathBuf, [&'static str; 4]) {
    let folder = world.folder.path().join("set");
    let names = ["annotations/instances_all.json", "images/a.jpg", "images/deep/b.jpg", "c.png"];
    for (name, shade) in names[1..].iter().zip(1..) {
        picture(&folder.join(name), 64, 48, shade);
    }
    fs::create_dir_all(folder.join("annotations")).unwrap();
    let labels = r#"{"images":[{"id":1,"file_name":"a.jpg"},{"id":2,"file_name":"deep/b.jpg"},{"id":3,"file_name":"lost.jpg"}],
        "categories":[{"id":7,"name":"bottle"}],
        "annotations":[{"id":1,"image_id":1,"category_id":7,"bbox":[1,2,10,8]},
                       {"id":2,"image_id":2,"category_id":7,"bbox":[1.5,2.5,10,8]}]}"#;
    fs::write(folder.join(names[0]), labels).unwrap();
    (folder, names)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_an_archive_and_a_label_file_bring_the_same() {
    let world = World::new().await;
    let (folder, names) = labelled_set(&world);
    let (zip, tar) = (world.folder.path().join("set.zip"), world.folder.path().join("set.tar"));
    zip_of(&zip, &folder, &names);
    tar_of(&tar, &folder, &names);
    let labels = folder.join(names[0]);
    for (path, captures) in [(folder.clone(), 3), (zip, 3), (tar, 3), (labels, 2)] {
        let world = World::new().await;
        let text = path.to_str().unwrap().to_owned();
        let preview = import::preview_import(&world.app, text, "auto".into()).await.unwrap();
        let found = (preview.images, preview.new, preview.annotations, preview.missing, preview.unreadable);
        assert_eq!(found, (captures, captures, 2, 1, 0), "{path:?} {preview:?}");
        assert_eq!((preview.unknown_classes[0].name.as_str(), preview.unknown_classes[0].count), ("bottle", 2));
        let job = world.import(&path, "auto", ImportMedia::Reference).await;
        assert_eq!((job.state, job.failed), (JobState::Done, 1), "{job:?}");
        assert_eq!(u64::from(world.found("").await), captures, "{path:?}");
        assert_eq!(world.found("class:bottle").await, 2, "{path:?}");
        // What was unpacked is gone, and the pictures are there.
        assert_eq!(fs::read_dir(world.library().join("imports")).unwrap().count(), 0);
        for item in world.items("").await {
            let picture = muster_app::picture::thumbnail(&world.app, &item.capture_id, 640).await.unwrap();
            assert!(picture.bytes.starts_with(&[0xff, 0xd8]));
        }
        let again = world.import(&path, "auto", ImportMedia::Reference).await;
        assert!(again.message.unwrap().starts_with(&format!("0 new captures, {captures} were there already")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn videos_come_in_with_their_length_and_first_frame() {
    let Some(data) = test_data("importing videos") else { return };
    let world = World::new().await;
    let job = world.import(&data.join("video/opencv"), "auto", ImportMedia::Reference).await;
    assert_eq!((job.state, job.failed), (JobState::Done, 0), "{job:?}");
    let items = world.items("has:video").await;
    assert_eq!(items.len(), 5, "every video of the folder, and not the text beside them");
    assert!(items.iter().all(|item| item.duration_micros.is_some_and(|length| length > 0)));
}

/// A JPEG with when and where it was taken in its EXIF block.
fn taken(path: &Path, (north, east): (u32, u32), time: &str) {
    picture(path, 64, 48, 9);
    let plain = fs::read(path).unwrap();
    let mut tiff: Vec<u8> = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut bytes = Vec::new();
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    };
    let end = [0_u8; 4];
    // IFD0 at 8 (2 entries, 30 bytes), EXIF at 38 (1 entry, 18 bytes), GPS at 56 (4 entries, 54 bytes), values at 110.
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend(entry(0x8769, 4, 1, 38));
    tiff.extend(entry(0x8825, 4, 1, 56));
    tiff.extend(end);
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(entry(0x9003, 2, 20, 110));
    tiff.extend(end);
    tiff.extend(4_u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, u32::from(b'N')));
    tiff.extend(entry(2, 5, 3, 130));
    tiff.extend(entry(3, 2, 2, u32::from(b'E')));
    tiff.extend(entry(4, 5, 3, 154));
    tiff.extend(end);
    tiff.extend(time.as_bytes());
    tiff.push(0);
    for degrees in [north, east] {
        for part in [degrees, 1, 30, 1, 0, 1] {
            tiff.extend(part.to_le_bytes());
        }
    }
    let mut with_exif = plain[..2].to_vec();
    with_exif.extend([0xff, 0xe1]);
    with_exif.extend((tiff.len() as u16 + 8).to_be_bytes());
    with_exif.extend(b"Exif\0\0");
    with_exif.extend(&tiff);
    with_exif.extend(&plain[2..]);
    fs::write(path, with_exif).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn path_time_and_place_are_searched() {
    let world = World::new().await;
    let folder = world.folder.path().join("trip");
    taken(&folder.join("Berlin/wall.jpg"), (52, 13), "2024:05:06 07:08:09");
    taken(&folder.join("Lisboa/tram.jpg"), (38, 9), "2025:01:02 03:04:05");
    picture(&folder.join("Lisboa/nowhere.jpg"), 64, 48, 3);
    world.import(&folder, "auto", ImportMedia::Copy).await;
    for (query, expected) in [
        ("path:Berlin", 1),
        ("path:Lisboa", 2),
        ("lat:>52", 1),
        ("lat:38..39 lon:9..10", 1),
        ("lon:>0", 2),
        ("after:2024-05-06 before:2024-05-07", 1),
        ("before:2025-06-01", 2),
    ] {
        assert_eq!(world.found(query).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_no_use_is_named_with_its_reason() {
    let world = World::new().await;
    let photos = world.photos(2);
    let whole = fs::read(photos.join("photo 0.jpg")).unwrap();
    for number in 0..70 {
        fs::write(photos.join(format!("cut {number:02}.jpg")), &whole[..whole.len() / 2]).unwrap();
    }
    fs::write(photos.join("empty.png"), "").unwrap();
    fs::write(photos.join("words.jpg"), "these are words").unwrap();
    let text = photos.to_str().unwrap().to_owned();
    let preview = import::preview_import(&world.app, text, "auto".into()).await.unwrap();
    assert_eq!((preview.images, preview.unreadable), (74, 2), "{preview:?}");
    let job = world.import(&photos, "auto", ImportMedia::Copy).await;
    assert_eq!((job.state, job.done, job.failed), (JobState::Done, 74, 72), "{job:?}");
    assert!(job.failures.len() < 72);
    let all = import::import_problems(&world.app, job.job_id.clone(), 0, 1_000).await.unwrap();
    assert_eq!((all.total, all.problems.len()), (72, 72));
    let reason = |path: &str| all.problems.iter().find(|problem| problem.path == path).unwrap().reason.clone();
    assert!(reason("cut 00.jpg").contains("cut 00.jpg"), "{}", reason("cut 00.jpg"));
    assert!(reason("words.jpg").contains("not a picture"), "{}", reason("words.jpg"));
    let page = import::import_problems(&world.app, job.job_id, 70, 10).await.unwrap();
    assert_eq!(page.problems, all.problems[70..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referenced_import_costs_less_than_a_hundredth() {
    let mut world = World::new().await;
    let folder = world.folder.path().join("large");
    fs::create_dir_all(&folder).unwrap();
    let mut bytes = 0;
    for number in 0..24_u32 {
        let path = folder.join(format!("{number}.bmp"));
        image::RgbImage::from_fn(1_200, 900, |x, y| image::Rgb([(x ^ y) as u8, (x * number) as u8, y as u8]))
            .save(&path)
            .unwrap();
        bytes += fs::metadata(&path).unwrap().len();
    }
    world.restart().await;
    let before = database_bytes(&world.library());
    let job = world.import(&folder, "auto", ImportMedia::Reference).await;
    assert_eq!((job.state, job.failed), (JobState::Done, 0), "{job:?}");
    world.restart().await;
    let added = database_bytes(&world.library()) - before;
    assert!(added * 100 < bytes, "{added} of {bytes} bytes");
    let blobs = fs::read_dir(world.library().join("blobs")).unwrap().flatten();
    assert_eq!(blobs.filter(|entry| entry.file_name() != "tmp").count(), 0);
}

/// The truth without what is derived: thumbnails and index.
fn database_bytes(library: &Path) -> u64 {
    ["library.db", "library.db-wal"]
        .iter()
        .filter_map(|name| fs::metadata(library.join(name)).ok())
        .map(|metadata| metadata.len())
        .sum()
}
