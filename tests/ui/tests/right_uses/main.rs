//! Right uses of the macros: they compile without a warning, and what they assert holds.
//!
//! What is about the whole of a crate is a test of its own beside this one.

mod alias_of_the_entity;
mod all_options;
mod assurance_levels;
mod attributes_in_any_order;
mod authenticate_and_hooks;
mod bearer_tokens;
mod cfg_attr;
mod crate_under_another_name;
mod derives_in_any_order;
mod endpoints_of_all_kinds;
mod entity_of_the_schema;
mod in_a_function;
mod many_entities_in_one_state;
mod marks_of_a_response;
mod names_with_hashes;
mod parts_in_other_modules;
mod path_parameters;
mod quickstart;
mod results_of_all_kinds;
mod schema_and_attribute_agree;
mod service_of_ones_own;
mod stamp;
mod states_of_all_kinds;
mod two_services;
mod types_with_our_names;
mod visibility;
mod written_by_a_macro;

#[test]
fn no_file_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/right_uses");
    let here = include_str!("main.rs");
    let files = auth_tests_ui::cases::files(&folder, "rs");
    let names = files.iter().map(|file| file.file_stem().unwrap().display().to_string());
    let forgotten: Vec<_> =
        names.filter(|name| name != "main" && !here.contains(&format!("mod {name};"))).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
