//! What reads bytes of strangers, each with what must hold whatever they are: for the fuzz targets in `fuzz/`, and for a
//! test that gives their corpora to the same functions.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::{
    http::cookies::CookieSettings,
    session::{Device, Record, payload::Payload, token::Token},
};

/// A name, and what it stands for.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 4] =
    [("cookie", cookie), ("payload", payload), ("record", record), ("token", token)];

/// The lines of `Cookie` headers: a token is what one pair of our name has, and no other does.
///
/// # Panics
///
/// When that does not hold.
pub fn cookie(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let headers: HeaderMap = lines.iter().map(|line| (COOKIE, line.clone())).collect();
    let settings = CookieSettings::secure("user");
    if let Ok(Some(token)) = settings.value(&headers).map(|value| value.and_then(Token::parse)) {
        let pairs =
            lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
        let ours: Vec<&[u8]> = pairs.filter_map(|pair| pair.strip_prefix(b"__Host-user=")).collect();
        assert!(ours == [token.encode().as_bytes()], "one pair of our name, and the token is its value");
    }
}

/// What a session carries: what is read is written the same.
///
/// # Panics
///
/// When that does not hold.
pub fn payload(bytes: &[u8]) {
    if let Some(payload) = Payload::decode(bytes) {
        let written = payload.encode();
        assert!(written.is_ok_and(|written| Payload::decode(&written) == Some(payload)));
    }
}

/// A record of a store: what is read is written the same, and is no longer than it was.
///
/// # Panics
///
/// When that does not hold.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = Record::decode(bytes) {
        let written = record.encode();
        assert_eq!(written.len(), bytes.len());
        _ = Device::decode(&record.device);
        assert_eq!(Record::decode(&written), Ok(record));
    }
}

/// A cookie's value: a token has one form.
///
/// # Panics
///
/// When that does not hold.
pub fn token(bytes: &[u8]) {
    if let Some(token) = Token::parse(bytes) {
        assert!(token.encode().as_bytes() == bytes, "a token is written as it was read");
    }
}
