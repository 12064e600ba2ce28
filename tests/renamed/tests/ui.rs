//! What the compiler says where auth-redis is no dependency.

#[test]
fn a_service_whose_crate_is_missing() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
