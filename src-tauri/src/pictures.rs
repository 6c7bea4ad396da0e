//! The URI scheme `muster`: thumbnails and pictures as bytes, never as JSON.
//!
//! ```text
//! muster://localhost/thumb/{capture id}/{long edge, px}
//! muster://localhost/picture/{capture id}/{asset}
//! ```
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
    let mut parts = path.trim_start_matches('/').splitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("thumb"), Some(capture_id), Some(size)) => {
            let size_px = size.parse().map_err(|_| AppError::invalid(format!("{size:?} is not a size in pixels")))?;
            picture::thumbnail(app, capture_id, size_px).await
        }
        (Some("picture"), Some(capture_id), Some(asset)) => picture::picture(app, capture_id, asset).await,
        _ => Err(AppError::not_found(format!("picture at {path}"))),
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
}
