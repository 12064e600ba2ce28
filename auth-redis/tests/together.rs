//! Commands that begin in the same moment are one, for each kind of them.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use auth_core::{
    SessionStore,
    session::{Tag, Verifier},
    store::{Created, Found, NewSession, Renew, Renewed, Rotated, StoreError, StoreResult},
    throttle::{Count, CountKey, Rate, Refused},
};
use auth_redis::RedisStore;
use support::{
    MINUTE, RedisServer, Reply, a_principal, a_session, a_verifier, activity, an_id, builder_on, open,
    rotation, store_on,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

mod support;

type Running<T> = Vec<JoinHandle<StoreResult<T>>>;

/// Sessions of as many principals.
async fn sessions(store: &RedisStore, count: usize) -> Vec<(Tag, Uuid)> {
    opened(store, count).await.into_iter().map(|(at, new)| (at, new.id)).collect()
}

async fn opened(store: &RedisStore, count: usize) -> Vec<(Tag, NewSession)> {
    let mut opened = Vec::new();
    for _ in 0..count {
        let at = a_principal();
        opened.push((at, open(store, at).await));
    }
    opened
}

/// Does it for all of them at once.
fn begin<I, T, F>(store: &RedisStore, all: &[I], work: impl Fn(RedisStore, I) -> F) -> Running<T>
where
    I: Clone,
    T: Send + 'static,
    F: Future<Output = StoreResult<T>> + Send + 'static,
{
    all.iter().map(|one| tokio::spawn(work(store.clone(), one.clone()))).collect()
}

/// Reads them all at once.
fn begin_to_read(store: &RedisStore, sessions: &[(Tag, Uuid)]) -> Running<Option<Found>> {
    begin(store, sessions, |store, (at, id)| async move { store.read(at, id).await })
}

/// Notes activity of all of them at once.
fn begin_to_touch(store: &RedisStore, sessions: &[(Tag, NewSession)]) -> Running<bool> {
    begin(
        store,
        sessions,
        |store, (at, new)| async move { store.touch(at, new.id, activity(new.verifier)).await },
    )
}

/// Counts all of them at once.
fn begin_to_count(store: &RedisStore, logins: &[Vec<Count>]) -> Running<Option<Refused>> {
    begin(store, logins, |store, counts| async move { store.count(counts).await })
}

async fn all<T>(running: Running<T>) -> Vec<StoreResult<T>> {
    let mut outcomes = Vec::new();
    for work in running {
        outcomes.push(work.await.unwrap());
    }
    outcomes
}

/// Puts something else where a principal's sessions are.
async fn spoil(server: &RedisServer, at: Tag) {
    let Reply::Array(keys) = server.command(&["KEYS", &format!("*{at}*")]).await else {
        panic!("no keys");
    };
    let Some(Reply::Text(key)) = keys.first() else { panic!("no key") };
    server.command(&["SET", str::from_utf8(key).unwrap(), "no hash"]).await;
}

fn is_unavailable<T>(outcome: &StoreResult<T>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable { .. }))
}

async fn scripts(server: &RedisServer) -> u64 {
    counted(server).await.0
}

/// The scripts that were called, and the fields that were read, also by them.
async fn counted(server: &RedisServer) -> (u64, u64) {
    let stats: BTreeMap<_, _> = server.command_stats().await;
    let calls = |command| stats.get(command).copied().unwrap_or_default();
    (calls("evalsha"), calls("hget"))
}

#[tokio::test]
async fn they_are_one_command_and_each_gets_its_own_answer() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let mut wanted = sessions(&store, 30).await;
    wanted.push((a_principal(), an_id()));
    let before = counted(&server).await;
    let found = all(begin_to_read(&store, &wanted)).await;
    let (scripts, fields) = counted(&server).await;
    // The first of them was alone.
    assert_eq!((scripts - before.0, fields - before.1), (1, 31));
    let (none, some) = found.split_last().unwrap();
    assert!(matches!(none, Ok(None)));
    for ((at, id), found) in wanted.iter().zip(some) {
        let alone = store.read(*at, *id).await.unwrap().unwrap().record;
        assert_eq!(found.as_ref().unwrap().as_ref().unwrap().record, alone);
    }
}

#[tokio::test]
async fn one_alone_is_no_script_and_very_many_are_several() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 97).await;
    let before = counted(&server).await;
    all(begin_to_read(&store, &wanted[..1])).await;
    let one = counted(&server).await;
    assert_eq!((one.0 - before.0, one.1 - before.1), (0, 1));
    let found = all(begin_to_read(&store, &wanted)).await;
    assert!(found.iter().all(|found| matches!(found, Ok(Some(_)))));
    let (scripts, fields) = counted(&server).await;
    // The first of them was alone.
    assert_eq!((scripts - one.0, fields - one.1), (3, 97));
}

#[tokio::test]
async fn what_cannot_be_read_of_one_is_not_held_against_the_others() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 20).await;
    spoil(&server, wanted[7].0).await;
    let found = all(begin_to_read(&store, &wanted)).await;
    for (n, found) in found.iter().enumerate() {
        assert_eq!(matches!(found, Ok(Some(_))), n != 7, "{n}: {found:?}");
    }
    assert!(is_unavailable(&found[7]), "{:?}", found[7]);
}

#[tokio::test]
async fn a_server_that_has_forgotten_its_scripts_is_given_them_again() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 20).await;
    server.command(&["SCRIPT", "FLUSH"]).await;
    assert!(all(begin_to_read(&store, &wanted)).await.iter().all(|found| matches!(found, Ok(Some(_)))));
    let before = counted(&server).await;
    assert!(all(begin_to_read(&store, &wanted)).await.iter().all(|found| matches!(found, Ok(Some(_)))));
    assert_eq!(counted(&server).await.0 - before.0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_get_what_they_asked_for() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let wanted = sessions(&store, 64).await;
    for _ in 0..100 {
        let found = all(begin_to_read(&store, &wanted)).await;
        assert!(found.iter().all(|found| matches!(found, Ok(Some(_)))));
    }
}

/// The runtime in which a store has connected may be over while another one goes on.
#[test]
fn where_the_connections_runtime_has_ended_reads_fail_at_once() {
    let first = tokio::runtime::Runtime::new().unwrap();
    let (server, store, wanted) = first.block_on(async {
        let server = RedisServer::start().await;
        let store = RedisStore::builder(server.url()).command_timeout(Duration::from_mins(1));
        let store = store.connect().await.unwrap();
        let wanted = sessions(&store, 3).await;
        (server, store, wanted)
    });
    drop(first);
    let second = tokio::runtime::Runtime::new().unwrap();
    let began = Instant::now();
    let found = second.block_on(async { all(begin_to_read(&store, &wanted)).await });
    assert!(found.iter().all(Result::is_err), "{found:?}");
    assert!(began.elapsed() < Duration::from_secs(30));
    drop(server);
}

#[tokio::test]
async fn sessions_are_used_and_refreshed_together_and_opened_one_by_one() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let new: Vec<_> = (0..21).map(|_| (a_principal(), a_session(&store))).collect();

    let before = scripts(&server).await;
    let create = |store: RedisStore, (at, new)| async move { store.create(at, new).await };
    let outcomes = all(begin(&store, &new, create)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Created::Opened { .. }))), "{outcomes:?}");
    // One that looks at all sessions of a principal takes Redis too long.
    assert_eq!(scripts(&server).await - before, 21);

    let before = scripts(&server).await;
    let outcomes = all(begin_to_touch(&store, &new)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(true))), "{outcomes:?}");
    // The first of them was alone.
    assert_eq!(scripts(&server).await - before, 2);

    let next: Vec<_> = new.iter().map(|(at, new)| (*at, new.clone(), a_verifier())).collect();
    let rotate = |store: RedisStore, (at, new, next): (Tag, NewSession, _)| async move {
        store.rotate(at, new.id, rotation(new.verifier, next)).await
    };
    let before = scripts(&server).await;
    let outcomes = all(begin(&store, &next, rotate)).await;
    assert_eq!(scripts(&server).await - before, 2);
    for ((_, new, next), outcome) in next.iter().zip(&outcomes) {
        let Ok(Rotated::Next(record)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((record.verifier, &record.payload), (*next, &new.payload));
    }

    let renewed: Vec<_> = next.iter().map(|(at, new, now)| (*at, new.id, *now, a_verifier())).collect();
    let renew = |store: RedisStore, (at, id, now, next): (Tag, Uuid, Verifier, Verifier)| async move {
        let payload = next.as_bytes().to_vec();
        let (have, began) = (now.into(), store.login_begins());
        let step = Renew { have, next, payload, grace: MINUTE, idle: MINUTE, began };
        store.renew(at, id, step).await
    };
    let before = scripts(&server).await;
    let outcomes = all(begin(&store, &renewed, renew)).await;
    assert_eq!(scripts(&server).await - before, 2);
    for ((.., next), outcome) in renewed.iter().zip(&outcomes) {
        let Ok(Renewed::Renewed(record)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((record.verifier, &*record.payload), (*next, &next.as_bytes()[..]));
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_used_is_not_held_against_the_others() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let opened = opened(&store, 12).await;
    spoil(&server, opened[5].0).await;
    store.end(opened[8].0, opened[8].1.id).await.unwrap();
    let before = scripts(&server).await;
    let outcomes = all(begin_to_touch(&store, &opened)).await;
    assert_eq!(scripts(&server).await - before, 2);
    for (n, outcome) in outcomes.iter().enumerate() {
        match n {
            5 => assert!(is_unavailable(outcome), "{outcome:?}"),
            8 => assert!(matches!(outcome, Ok(false)), "{outcome:?}"),
            _ => assert!(matches!(outcome, Ok(true)), "{n}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn of_logins_that_are_counted_together_no_more_get_through() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let rate = Rate { burst: 3, every: Duration::from_hours(1) };
    let by = |what: &str| Count { key: CountKey::of("user", what), rate };
    // By one count that all have in common, and one of each; where the first refuses, the second counts nothing.
    let logins: Vec<_> = (0..20).map(|n| vec![by("all"), by(&n.to_string())]).collect();
    let before = scripts(&server).await;
    let outcomes = all(begin_to_count(&store, &logins)).await;
    assert_eq!(scripts(&server).await - before, 2);
    let (through, refused): (Vec<_>, Vec<_>) =
        outcomes.into_iter().map(Result::unwrap).partition(Option::is_none);
    assert_eq!((through.len(), refused.len()), (3, 17));
    assert!(refused.iter().flatten().all(|refused| refused.which == 0));

    // What is given back together is there again.
    let refund = |store: RedisStore, counts| async move { store.refund(counts).await };
    assert!(all(begin(&store, &logins[..3], refund)).await.iter().all(Result::is_ok));
    let again = all(begin_to_count(&store, &logins)).await;
    assert_eq!(again.iter().filter(|outcome| matches!(outcome, Ok(None))).count(), 3);
}

/// A login by a network of IPv6 is counted by one key more.
#[tokio::test]
async fn what_is_counted_by_another_number_of_keys_goes_apart() {
    let server = RedisServer::start().await;
    let store = store_on(&server).await;
    let rate = Rate { burst: 1, every: Duration::from_hours(1) };
    let by = |what: String| Count { key: CountKey::of("user", &what), rate };
    let logins: Vec<Vec<_>> =
        (0..20).map(|n| (0..3 + n % 2).map(|key| by(format!("{n} {key}"))).collect()).collect();
    let before = scripts(&server).await;
    let outcomes = all(begin_to_count(&store, &logins)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(None))), "{outcomes:?}");
    assert_eq!(scripts(&server).await - before, 3);
    let again = all(begin_to_count(&store, &logins)).await;
    assert!(again.iter().all(|outcome| matches!(outcome, Ok(Some(_)))), "{again:?}");
}

/// Where Redis tells of changes, it notes all keys of a script for each that the script reads.
#[tokio::test]
async fn with_a_near_cache_each_goes_by_itself() {
    let server = RedisServer::start().await;
    let store = builder_on(&server).near_cache(auth_redis::NearCache::default()).connect().await.unwrap();
    let opened = opened(&store, 21).await;
    let before = scripts(&server).await;
    assert!(all(begin_to_touch(&store, &opened)).await.iter().all(|outcome| matches!(outcome, Ok(true))));
    assert_eq!(scripts(&server).await - before, 21);
}
