use auth_core::auth_service;

#[auth_service("auth.cookies.memory")]
fn user() {}

fn main() {}
