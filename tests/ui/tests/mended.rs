//! Each program that must not compile does when its mistake is mended as its comments say: see `build.rs`.
#![allow(warnings, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/mended.rs"));
