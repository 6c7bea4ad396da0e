//! Commands that answer with bytes: a number a capture as JSON would be megabytes to write and to read.

use muster_app::{app::App, error::AppError, search};
use tauri::{
    State, Wry,
    ipc::{Invoke, Response},
};

/// The shape of the whole result: width / height × 100 of each hit, little-endian 16-bit numbers.
#[tauri::command]
async fn grid_layout(app: State<'_, App>, search_id: u32) -> Result<Response, AppError> {
    search::grid_layout(&app, search_id).await.map(Response::new)
}

/// True for the commands of this module; their types are written by hand in `ui/src/backend/tauri.ts`.
pub fn answers(command: &str) -> bool {
    command == "grid_layout"
}

/// Answers one call.
pub fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![grid_layout]
}
