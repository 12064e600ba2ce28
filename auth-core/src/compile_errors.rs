#![doc = include_str!("../docs/compile-errors.md")]
// The snippets are parts of programs; the suite that the page is made from compiles the whole ones.
#![cfg(not(doctest))]
#![allow(rustdoc::invalid_rust_codeblocks)]
