//! The URI scheme `muster`: thumbnails and pictures as bytes, never as JSON.
//!
//! ```text
//! muster://localhost/thumb/{capture id}/{long edge, px}
//! muster://localhost/picture/{capture id}/{asset}
//! muster://localhost/tile/{capture id}/{asset}/{level}/{x}/{y}
//! muster://localhost/crop/{annotation id}/{long edge, px}
//! muster://localhost/strip/{capture id}/{frames}
//! muster://localhost/frame/{capture id}/{asset}/{microseconds from the start}
//! ```
//! The name of an asset may hold separators of its own, percent-encoded or not: what follows it is counted from the end.
//! What a path names never changes its bytes (originals are content-addressed), so answers may be kept for ever.

use muster_app::{
    app::App,
    error::{AppError, ErrorCode},
    picture::{self, Picture},
};
use tauri::{
    Manager, UriSchemeContext, UriSchemeResponder, Wry,
    http::{Request, Response, StatusCode, header},
};

/// The scheme's name.
pub const SCHEME: &str = "muster";

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    Thumbnail { capture_id: &'a str, size_px: u32 },
    Picture { capture_id: &'a str, asset: &'a str },
    Tile { capture_id: &'a str, asset: &'a str, level: u32, x: u32, y: u32 },
    Crop { annotation_id: &'a str, size_px: u32 },
    Strip { capture_id: &'a str, frames: u32 },
    Frame { capture_id: &'a str, asset: &'a str, micros: i64 },
}

impl<'a> Wanted<'a> {
    fn parse(path: &'a str) -> Option<Self> {
        let (kind, rest) = path.trim_start_matches('/').split_once('/')?;
        let (id, rest) = rest.split_once('/')?;
        Some(match kind {
            "thumb" => Self::Thumbnail { capture_id: id, size_px: rest.parse().ok()? },
            "picture" => Self::Picture { capture_id: id, asset: rest },
            "crop" => Self::Crop { annotation_id: id, size_px: rest.parse().ok()? },
            "strip" => Self::Strip { capture_id: id, frames: rest.parse().ok()? },
            "frame" => {
                let (asset, micros) = rest.rsplit_once('/')?;
                Self::Frame { capture_id: id, asset, micros: micros.parse().ok()? }
            }
            "tile" => {
                let mut parts = rest.rsplitn(4, '/');
                let mut number = || parts.next()?.parse().ok();
                let (y, x, level) = (number()?, number()?, number()?);
                Self::Tile { capture_id: id, asset: parts.next()?, level, x, y }
            }
            _ => return None,
        })
    }
}

/// Answers one request off the main thread.
pub fn serve(context: &UriSchemeContext<'_, Wry>, request: &Request<Vec<u8>>, responder: UriSchemeResponder) {
    let app = context.app_handle().state::<App>().inner().clone();
    let path = percent_decoded(request.uri().path());
    tauri::async_runtime::spawn(async move {
        responder.respond(match find(&app, &path).await {
            Ok(picture) => found(picture),
            Err(error) => refused(&error),
        });
    });
}

async fn find(app: &App, path: &str) -> Result<Picture, AppError> {
    let wanted = Wanted::parse(path).ok_or_else(|| AppError::not_found(format!("picture at {path}")))?;
    match wanted {
        Wanted::Thumbnail { capture_id, size_px } => picture::thumbnail(app, capture_id, size_px).await,
        Wanted::Picture { capture_id, asset } => picture::picture(app, capture_id, asset).await,
        Wanted::Tile { capture_id, asset, level, x, y } => picture::tile(app, capture_id, asset, level, x, y).await,
        Wanted::Crop { annotation_id, size_px } => picture::crop(app, annotation_id, size_px).await,
        Wanted::Strip { capture_id, frames } => picture::strip(app, capture_id, frames).await,
        Wanted::Frame { capture_id, asset, micros } => picture::frame(app, capture_id, asset, micros).await,
    }
}

fn found(picture: Picture) -> Response<Vec<u8>> {
    answer(StatusCode::OK, &picture.media_type, "private, max-age=31536000, immutable", picture.bytes)
}

fn refused(error: &AppError) -> Response<Vec<u8>> {
    let status = match error.code {
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Invalid => StatusCode::BAD_REQUEST,
        ErrorCode::NoLibrary | ErrorCode::ServiceUnreachable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    answer(status, "text/plain; charset=utf-8", "no-store", error.message.clone().into_bytes())
}

/// Every answer allows the window's origin to read it, refusals too: without that the window sees no reason.
fn answer(status: StatusCode, media_type: &str, cache: &str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, cache),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

fn percent_decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_once() {
        for (path, expected) in [
            ("/thumb/a/320", "/thumb/a/320"),
            ("/picture/a%2Fcam%200.jpg", "/picture/a/cam 0.jpg"),
            ("/%C3%BC%2", "/ü%2"),
        ] {
            assert_eq!(percent_decoded(path), expected);
        }
    }

    #[test]
    fn a_path_says_what_is_wanted() {
        let check = |path, expected| assert_eq!(Wanted::parse(path), expected, "{path}");
        check("/thumb/a/320", Some(Wanted::Thumbnail { capture_id: "a", size_px: 320 }));
        check("/picture/a/cams/0.jpg", Some(Wanted::Picture { capture_id: "a", asset: "cams/0.jpg" }));
        let tile = Wanted::Tile { capture_id: "a", asset: "cams/0.jpg", level: 1, x: 2, y: 3 };
        check("/tile/a/cams/0.jpg/1/2/3", Some(tile));
        check("/crop/b/96", Some(Wanted::Crop { annotation_id: "b", size_px: 96 }));
        check("/strip/a/12", Some(Wanted::Strip { capture_id: "a", frames: 12 }));
        check("/frame/a/v.mp4/1500000", Some(Wanted::Frame { capture_id: "a", asset: "v.mp4", micros: 1_500_000 }));
        for path in ["/", "/thumb", "/thumb/a", "/thumb/a/x", "/tile/a/1/2/3", "/tile/a/n/1/2/-3", "/else/a/1"] {
            check(path, None);
        }
    }
}
