//! Pictures for the window: thumbnails, crops, tiles, strips, frames and series of one library.

use std::{fs, process::Command};

use image::{GenericImageView as _, ImageFormat};
use muster_app::{
    annotate::{BoxDto, Edit},
    capture,
    error::ErrorCode,
    import::ImportMedia,
    picture::{self, Picture},
};

use crate::fixture::World;

fn size_of(picture: &Picture) -> (u32, u32) {
    assert_eq!(picture.media_type, "image/jpeg");
    image::load_from_memory(&picture.bytes).unwrap().dimensions()
}

/// A library with one picture that goes from black to white from left to right.
async fn with_gradient(width: u32, height: u32) -> (World, String, String) {
    let world = World::new().await;
    let photos = world.folder.path().join("photos");
    fs::create_dir_all(&photos).unwrap();
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90])
    });
    picture.save_with_format(photos.join("gradient.png"), ImageFormat::Png).unwrap();
    world.import(&photos, "images", ImportMedia::Copy).await;
    let capture_id = world.items("").await.remove(0).capture_id;
    let detail = capture::capture(&world.app, capture_id.clone()).await.unwrap();
    (world, capture_id, detail.assets[0].name.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn thumbnails_of_every_size_come_from_the_largest_that_is_there() {
    let (world, capture_id, _) = with_gradient(1600, 800).await;
    for (wanted, expected) in [(640, (640, 320)), (100, (160, 80)), (300, (320, 160)), (5000, (640, 320))] {
        let made = picture::thumbnail(&world.app, &capture_id, wanted).await.unwrap();
        assert_eq!(size_of(&made), expected, "asked for {wanted}");
        let again = picture::thumbnail(&world.app, &capture_id, wanted).await.unwrap();
        assert_eq!(again, made);
    }
    let error = picture::thumbnail(&world.app, "no id", 100).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_outlives_its_original() {
    let world = World::new().await;
    let photos = world.photos(1);
    world.import(&photos, "images", ImportMedia::Reference).await;
    let capture_id = world.items("").await.remove(0).capture_id;
    let before = picture::thumbnail(&world.app, &capture_id, 320).await.unwrap();
    fs::remove_dir_all(&photos).unwrap();
    let smaller = picture::thumbnail(&world.app, &capture_id, 100).await.unwrap();
    assert_eq!(size_of(&smaller), size_of(&before));
    let larger = picture::thumbnail(&world.app, &capture_id, 640).await.unwrap();
    assert_eq!(larger.bytes, before.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_png_reaches_the_window_as_it_is() {
    let (world, capture_id, asset) = with_gradient(300, 200).await;
    let shown = picture::picture(&world.app, &capture_id, &asset).await.unwrap();
    assert_eq!(shown.media_type, "image/png");
    let error = picture::picture(&world.app, &capture_id, "none").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_put_together_are_the_picture_and_others_do_not_exist() {
    let (world, capture_id, asset) = with_gradient(1300, 700).await;
    let grid = picture::tile_grid(&world.app, capture_id.clone(), asset.clone()).await.unwrap();
    assert_eq!((grid.width_px, grid.height_px, grid.levels, grid.advised), (1300, 700, 3, false));
    let app = &world.app;
    // Asked for at once, as a view does it: the picture is cut once.
    let places = [(0, 0, 0, (512, 512)), (0, 2, 1, (276, 188)), (1, 1, 0, (138, 350)), (2, 0, 0, (325, 175))];
    let tiles = places.map(|(level, x, y, _)| picture::tile(app, &capture_id, &asset, level, x, y));
    for (tile, place) in futures::future::join_all(tiles).await.into_iter().zip(places) {
        assert_eq!(size_of(&tile.unwrap()), place.3, "{place:?}");
    }
    let last = picture::tile(app, &capture_id, &asset, 0, 2, 0).await.unwrap();
    let right = image::load_from_memory(&last.bytes).unwrap().into_rgb8();
    assert!(right.get_pixel(275, 10)[0] > 245 && right.get_pixel(0, 10)[0].abs_diff((1024 * 255 / 1300) as u8) < 6);
    for (level, x, y) in [(0, 3, 0), (0, 0, 2), (3, 0, 0), (40, 0, 0)] {
        let error = picture::tile(app, &capture_id, &asset, level, x, y).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crop_shows_the_box_and_follows_it() {
    let (world, capture_id, asset) = with_gradient(1000, 500).await;
    let class_id = world.add_classes(&["thing"]).await.classes.last().unwrap().class_id.clone();
    let annotation_id = uuid::Uuid::new_v4().to_string();
    let bounds = BoxDto { x: 500.0, y: 100.0, width: 200.0, height: 100.0 };
    let create = Edit::Create { annotation_id: annotation_id.clone(), asset, bounds, class_id };
    world.edit(&capture_id, vec![create]).await;
    let crop = picture::crop(&world.app, &annotation_id, 90).await.unwrap();
    assert_eq!(size_of(&crop), (96, 48));
    let shown = image::load_from_memory(&crop.bytes).unwrap().into_rgb8();
    assert!(shown.get_pixel(0, 24)[0].abs_diff((500 * 255 / 1000) as u8) < 6);
    assert!(shown.get_pixel(95, 24)[0].abs_diff((700 * 255 / 1000) as u8) < 6);
    assert_eq!(picture::crop(&world.app, &annotation_id, 90).await.unwrap(), crop);
    let bounds = Some(BoxDto { x: 0.0, y: 100.0, width: 50.0, height: 100.0 });
    let moved =
        Edit::Update { annotation_id: annotation_id.clone(), base_version: 1, bounds, class_id: None, decision: None };
    world.edit(&capture_id, vec![moved]).await;
    assert_eq!(size_of(&picture::crop(&world.app, &annotation_id, 90).await.unwrap()), (48, 96));
    let error = picture::crop(&world.app, &uuid::Uuid::new_v4().to_string(), 90).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_gives_its_strip_and_its_frames() {
    let world = World::new().await;
    let videos = world.folder.path().join("videos");
    fs::create_dir_all(&videos).unwrap();
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=black:size=320x180:rate=10:duration=5"])
        .args(["-vf", "geq=lum='16+40*T':cb=128:cr=128", "-c:v", "libx264", "-preset", "veryfast"])
        .arg(videos.join("growing.mp4"))
        .status()
        .expect("ffmpeg is installed by make setup");
    assert!(status.success());
    world.import(&videos, "images", ImportMedia::Copy).await;
    let capture_id = world.items("").await.remove(0).capture_id;
    let strip = picture::strip(&world.app, &capture_id, 5).await.unwrap();
    assert_eq!(size_of(&strip), (5 * 240, 135));
    let detail = capture::capture(&world.app, capture_id.clone()).await.unwrap();
    let mut last = 0;
    for micros in [0, 1_500_000, 3_200_000, 90_000_000] {
        let frame = picture::frame(&world.app, &capture_id, &detail.assets[0].name, micros).await.unwrap();
        assert_eq!(size_of(&frame), (320, 180));
        let level = image::load_from_memory(&frame.bytes).unwrap().into_rgb8().get_pixel(160, 90)[0];
        assert!(level > last || micros == 0, "{micros}: {level} after {last}");
        last = level;
    }
}
