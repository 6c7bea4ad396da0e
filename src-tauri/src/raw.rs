//! Commands that answer with bytes: a number a capture as JSON would be megabytes to write and to read.

use muster_app::{
    app::App,
    error::AppError,
    map::{self, MapView},
    search,
};
use tauri::{
    State, Wry,
    ipc::{Invoke, Response},
};

/// The shape of the whole result: width / height × 100 of each hit, little-endian 16-bit numbers.
#[tauri::command]
async fn grid_layout(app: State<'_, App>, search_id: u32) -> Result<Response, AppError> {
    search::grid_layout(&app, search_id).await.map(Response::new)
}

/// What is seen of the map; `muster_app::map::map_view` documents the bytes.
#[tauri::command]
async fn map_view(app: State<'_, App>, search_id: u32, view: MapView) -> Result<Response, AppError> {
    map::map_view(&app, search_id, view).await.map(Response::new)
}

/// True for the commands of this module; their types are written by hand in `ui/src/backend/tauri.ts`.
pub fn answers(command: &str) -> bool {
    matches!(command, "grid_layout" | "map_view")
}

/// Answers one call.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![grid_layout, map_view]
}
