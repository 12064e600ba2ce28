//! The steps of an authenticated request, one by one: for benches, and for a test that counts allocations.

use std::{error::Error, hint::black_box, sync::Arc};

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use uuid::Uuid;

use crate::{
    contract::Contract,
    entity::PrincipalId,
    http::cookies::CookieSettings,
    session::{
        Record, ServerKey, Tag,
        keys::EntityKeys,
        payload::{Bytes, Payload},
        token::Token,
    },
    store::Timestamp,
};

/// The name of a step, and what takes it.
pub type Step = (&'static str, Box<dyn Fn()>);

/// The name of the step that makes an entity: what it allocates is in its fields.
pub const ENTITY: &str = "the entity, from its snapshot";

type OnSample = (&'static str, fn(&Sample));

/// What the steps work on: a session of an entity.
struct Sample {
    settings: CookieSettings,
    headers: HeaderMap,
    token: Token,
    id: Uuid,
    keys: EntityKeys,
    record: Vec<u8>,
    payload: Vec<u8>,
    carried: Vec<u8>,
}

/// Those that take a request to `entity`, whose cookie is among others. What lies between them, the store and axum, is
/// left out.
///
/// # Errors
///
/// When the entity cannot be put into a session.
pub fn steps<E: Contract>(entity: &E) -> Result<Vec<Step>, Box<dyn Error>> {
    let sample = Arc::new(Sample::of(entity)?);
    let steps: [OnSample; 7] = [
        ("the cookie, found among three", |sample| {
            black_box(sample.settings.value(&sample.headers).ok());
        }),
        ("the token, decoded", |sample| {
            let value = sample.settings.value(&sample.headers);
            black_box(value.ok().flatten().and_then(Token::parse).is_some());
        }),
        ("the session's id, hashed", |sample| {
            black_box(black_box(&sample.token).session_id(E::SPEC.name));
        }),
        ("the verifier, an HMAC", |sample| {
            black_box(sample.keys.presented(black_box(&sample.token), sample.id));
        }),
        ("the record, decoded", |sample| {
            black_box(Record::decode(black_box(&sample.record)).ok());
        }),
        ("the payload, decoded, and whose it is, hashed", |sample| {
            let payload = Payload::decode(black_box(&sample.payload));
            black_box(
                payload.is_some_and(|payload| Tag::of(E::SPEC.name, payload.principal) == sample.token.tag),
            );
        }),
        (ENTITY, |sample| {
            black_box((E::CARRIAGE.unpack)(black_box(&sample.carried)).is_some());
        }),
    ];
    let with_sample = |(name, step): OnSample| -> Step {
        let sample = Arc::clone(&sample);
        (name, Box::new(move || step(&sample)))
    };
    Ok(steps.into_iter().map(with_sample).collect())
}

impl Sample {
    fn of<E: Contract>(entity: &E) -> Result<Self, Box<dyn Error>> {
        let (principal, settings) = (entity.principal().to_text(), CookieSettings::secure(E::SPEC.cookie));
        let token = Token::random(Tag::of(E::SPEC.name, &principal))?;
        let (id, keys) =
            (token.session_id(E::SPEC.name), EntityKeys::new(E::SPEC.name, &ServerKey::random()?, &[]));
        let carried = (E::CARRIAGE.pack)(entity)?;
        let payload =
            Payload { principal: &principal, carried: Bytes(&carried), stamp: Bytes(&[]) }.encode()?;
        let line = format!("theme=dark; {}={}; lang=en", settings.name(), *token.encode());
        let now = Timestamp::from_millis(1_800_000_000_000);
        let record = Record {
            created: now,
            authenticated: now,
            absolute: now,
            idle: now,
            rotated: now,
            fresh: false,
            verifier: keys.verifier(&token, id),
            previous: None,
            device: vec![7; 20],
            payload: payload.clone(),
        };
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&line)?)]);
        Ok(Sample { settings, headers, token, id, keys, record: record.encode(), payload, carried })
    }
}
