//! What the compiler says where auth-redis is no dependency, and where the document is asked for.

#[test]
fn mistakes_are_said_where_they_are() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
