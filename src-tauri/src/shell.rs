//! Building and running the window.

use std::path::PathBuf;

use anyhow::Context as _;
use muster_app::{
    app::{App, AppOptions},
    event::AppEvent,
    open,
    place::Places,
};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter, Manager, RunEvent, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::sync::broadcast::error::RecvError;

use crate::{bindings, pictures, raw};

const LABEL: &str = "main";
const TITLE: &str = "Muster";
const LEAST_SIZE: (f64, f64) = (1024.0, 700.0);
const FIRST_SIZE: (f64, f64) = (1440.0, 900.0);

/// Where the window was, in physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct WindowPlace {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    maximized: bool,
}

/// Opens the window on a library (`None` is the one that was open last, else the first-start page) and runs until it
/// closes.
#[expect(clippy::disallowed_methods, reason = "Tauri's own macro holds the exit of a development build")]
pub fn run(library: Option<PathBuf>) -> anyhow::Result<()> {
    let builder = bindings::builder();
    let (typed, bytes) = (builder.invoke_handler(), raw::handler());
    let running = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .register_asynchronous_uri_scheme_protocol(pictures::SCHEME, |context, request, responder| {
            pictures::serve(&context, &request, responder);
        })
        .invoke_handler(
            move |invoke| {
                if raw::answers(invoke.message.command()) { bytes(invoke) } else { typed(invoke) }
            },
        )
        .setup(move |handle| Ok(set_up(handle.handle(), library)?))
        .build(tauri::generate_context!())
        .context("cannot build the window")?;
    running.run(|handle, event| {
        if let RunEvent::Exit = event {
            let app = handle.state::<App>().inner().clone();
            tauri::async_runtime::block_on(app.close());
        }
    });
    Ok(())
}

fn set_up(handle: &AppHandle, library: Option<PathBuf>) -> anyhow::Result<()> {
    let resources = handle.path().resource_dir().into_iter().collect();
    let app = App::new(AppOptions::new(Places::of_this_machine(resources), true));
    handle.manage(app.clone());
    forward_events(handle.clone(), &app);
    tauri::async_runtime::block_on(open_first(&app, library))?;
    open_window(handle, &app)
}

/// A library that was named must open; the last one may be gone, then the person chooses.
async fn open_first(app: &App, library: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(path) = library {
        open::open(app, &path, true).await.with_context(|| format!("cannot open the library in {}", path.display()))?;
        return Ok(());
    }
    if let Some(path) = app.last_library()
        && let Err(error) = open::open(app, &path, false).await
    {
        tracing::warn!(%error, library = %path.display(), "the last library does not open");
    }
    Ok(())
}

fn forward_events(handle: AppHandle, app: &App) {
    let mut events = app.events();
    tauri::async_runtime::spawn(async move {
        loop {
            let sent = match events.recv().await {
                Ok(AppEvent::Job(job)) => handle.emit("job", job),
                Ok(AppEvent::LibraryChanged(changed)) => handle.emit("library_changed", changed),
                Ok(AppEvent::Connection(connection)) => handle.emit("connection", connection),
                // The window asks again for what it shows; a gap costs nothing.
                Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = sent {
                tracing::warn!(%error, "an event did not reach the window");
            }
        }
    });
}

fn open_window(handle: &AppHandle, app: &App) -> anyhow::Result<()> {
    let window = WebviewWindowBuilder::new(handle, LABEL, WebviewUrl::default())
        .title(TITLE)
        .min_inner_size(LEAST_SIZE.0, LEAST_SIZE.1)
        .inner_size(FIRST_SIZE.0, FIRST_SIZE.1)
        .disable_drag_drop_handler()
        .build()
        .context("cannot open the window")?;
    if let Some(place) = app.window_state().and_then(|state| serde_json::from_value(state).ok()) {
        restore(&window, place);
    }
    let (watched, app) = (window.clone(), app.clone());
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::CloseRequested { .. }) {
            remember(&watched, &app);
        }
    });
    Ok(())
}

fn restore(window: &WebviewWindow, place: WindowPlace) {
    let visible = window.available_monitors().unwrap_or_default().iter().any(|monitor| {
        let (origin, size) = (monitor.position(), monitor.size());
        let inside = |at: i32, start: i32, length: u32| at >= start && at < start + length as i32;
        inside(place.x, origin.x, size.width) && inside(place.y, origin.y, size.height)
    });
    let restored = if place.maximized {
        window.maximize()
    } else {
        let sized = window.set_size(tauri::PhysicalSize::new(place.width, place.height));
        // A screen that is not there any more would hide the window.
        if visible { sized.and(window.set_position(tauri::PhysicalPosition::new(place.x, place.y))) } else { sized }
    };
    if let Err(error) = restored {
        tracing::warn!(%error, "the window does not go where it was");
    }
}

fn remember(window: &WebviewWindow, app: &App) {
    let place = || -> tauri::Result<WindowPlace> {
        let (position, size) = (window.outer_position()?, window.inner_size()?);
        let maximized = window.is_maximized()?;
        Ok(WindowPlace { x: position.x, y: position.y, width: size.width, height: size.height, maximized })
    };
    let Ok(place) = place() else { return };
    match serde_json::to_value(place) {
        Ok(state) => {
            if let Err(error) = app.save_window_state(state) {
                tracing::warn!(%error, "the window's place is not saved");
            }
        }
        Err(error) => tracing::warn!(%error, "the window's place is not saved"),
    }
}
