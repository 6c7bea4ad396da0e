//! Lets Tauri check the configuration and the capabilities.

fn main() {
    tauri_build::build();
}
