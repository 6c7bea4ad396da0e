//! The list of commands, and the TypeScript that is generated from it.

use muster_app::event::LibraryChanged;
use specta_typescript::{Typescript, semantic};
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

use crate::commands;

/// Every command of the window, with its types.
#[expect(clippy::too_many_lines, reason = "a list of commands")]
pub fn builder() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .commands(collect_commands![
            commands::start_state,
            commands::open_library,
            commands::set_up,
            commands::open_demo,
            commands::save_ui_state,
            commands::search,
            commands::grid_page,
            commands::grid_groups,
            commands::index_of,
            commands::facets,
            commands::facet_values,
            commands::histogram_fields,
            commands::histogram,
            commands::search_annotations,
            commands::annotation_page,
            commands::confidence_histogram,
            commands::complete_query,
            commands::new_matches,
            commands::resolve_selection,
            commands::capture,
            commands::series,
            commands::tile_grid,
            commands::apply_edits,
            commands::undo,
            commands::redo,
            commands::recent_acts,
            commands::submit,
            commands::tag_selection,
            commands::act_on_annotations,
            commands::set_note,
            commands::slices,
            commands::save_slice,
            commands::rename_slice,
            commands::delete_slice,
            commands::picks,
            commands::save_pick,
            commands::delete_pick,
            commands::user_fields,
            commands::define_field,
            commands::remove_field,
            commands::set_field,
            commands::import_fields,
            commands::sites,
            commands::set_time_zone,
            commands::project,
            commands::save_classes,
            commands::settings,
            commands::save_settings,
            commands::models,
            commands::connections,
            commands::connect,
            commands::set_wanted,
            commands::kept_aside,
            commands::disconnect,
            commands::sync_now,
            commands::take_offline,
            commands::offline,
            commands::resume_offline,
            commands::release_offline,
            commands::cache_state,
            commands::jobs,
            commands::cancel_job,
            commands::preview_import,
            commands::start_import,
            commands::import_problems,
            commands::import_roots,
            commands::relink,
            commands::changed_files,
            commands::start_export,
            commands::start_prelabel,
            commands::embedding_state,
            commands::start_embed,
            commands::start_dedupe,
            commands::duplicates,
            commands::map_state,
            commands::start_map,
            commands::map_bounds,
            commands::map_legend,
            commands::select_in_polygon,
            commands::doctor,
            commands::pick_folder,
            commands::pick_file,
        ])
        .typ::<LibraryChanged>()
        .error_handling(ErrorHandlingMode::Throw)
        // Times and sizes stay far below 2^53; sequence numbers too.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
        .semantic_types(semantic::Configuration::empty().enable_lossless_floats())
}

/// The TypeScript of every command and type.
pub fn typescript() -> Typescript {
    Typescript::default()
        .header("// Generated from Rust: MUSTER_UPDATE_BINDINGS=1 cargo test -p muster-desktop bindings\n")
}
