//! Programs that must not compile, and how they are mended.

pub mod cases;
