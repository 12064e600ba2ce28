//! What it would save to keep one snapshot for all sessions of a principal. Each session has one of its own, so that a
//! request reads one field.

use super::sessions::{open, store_at, tag, with_payload};
use crate::{
    Outcome,
    markdown::Table,
    redis::{done, integer},
    redis_server::RedisServer,
};

pub(super) async fn measure() -> Outcome<String> {
    let redis = RedisServer::start().await;
    let store = store_at(&redis.url()).await?;
    let mut table = Table::new(&["snapshot", "sessions", "one in each", "one for all", "saved"]);
    let mut principal = 0;
    for bytes in [100, 400] {
        for sessions in [1, 2, 5, 20] {
            let mut taken = Vec::new();
            for payload in [bytes, 0] {
                principal += 1;
                for session in 0..sessions {
                    open(&store, principal, with_payload(&store, session, payload)).await?;
                }
                let key = format!("auth:{}", tag(principal));
                if payload == 0 {
                    done(&redis, &["HSET", &key, "@", &"x".repeat(bytes)]).await?;
                }
                taken.push(integer(&redis, &["MEMORY", "USAGE", &key, "SAMPLES", "0"]).await?);
            }
            let saved = 100.0 * (1.0 - taken[1] / taken[0]);
            table.push([
                format!("{bytes} bytes"),
                sessions.to_string(),
                format!("{:.0} bytes", taken[0]),
                format!("{:.0} bytes", taken[1]),
                format!("{saved:.0} %"),
            ]);
        }
    }
    Ok(table.to_string())
}
