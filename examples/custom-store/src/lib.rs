//! `auth.cookies.sqlite`: sessions in a file of SQLite, as a crate of one's own.
//!
//! A store is a type with [`SessionStore`], a service a type with [`Service`]; the rules of a session's life come from
//! [`auth_core::session::lifecycle`]. What is left is to read and write records, each operation in one transaction.

mod database;

use std::{path::Path, time::Duration};

use auth_core::{
    ServerKey, Service, SessionStore, WhenFull,
    session::{Record, Tag, lifecycle},
    store::{
        Began, Clock, Created, Found, NewSession, Renew, Renewed, Rotate, Rotated, StoreResult, SystemClock,
        Timestamp, Touch, readable,
    },
    throttle::{self, Arrival, Count, CountKey, Refused},
};
use rusqlite::{OptionalExtension as _, Transaction, named_params, params};
use uuid::Uuid;

use database::Database;

/// `auth.cookies.sqlite`: sessions in cookies, kept in SQLite.
///
/// ```
/// use auth_core::Service;
///
/// assert_eq!(custom_store::CookiesSqlite::ID, "auth.cookies.sqlite");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum CookiesSqlite {}

impl Service for CookiesSqlite {
    const ID: &'static str = "auth.cookies.sqlite";
    type Store = SqliteStore;
}

/// Sessions in a file of SQLite, for any number of processes of one machine.
///
/// Its time is that of the machine's clock. An operation gets its answer within two seconds or fails.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("sessions.db");
/// let store = custom_store::SqliteStore::open(&path)?;
/// # drop(store);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Database,
}

/// How long a fence stands: longer than any login takes.
const FENCE: Duration = Duration::from_mins(10);

impl SqliteStore {
    /// Opens the file at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is something else.
    pub fn open(path: impl AsRef<Path>) -> rusqlite::Result<Self> {
        Ok(SqliteStore { database: Database::open(path.as_ref())? })
    }
}

impl SessionStore for SqliteStore {
    fn login_begins(&self) -> Began {
        Began(SystemClock.now().as_micros())
    }

    fn now(&self, _: Tag) -> Timestamp {
        SystemClock.now()
    }

    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        let step = move |tx: &Transaction<'_>| {
            let now = forget_expired(tx)?;
            if fence(tx, at)?.is_some_and(|fence| new.began.0 < fence.as_micros()) {
                return Ok(Created::Fenced);
            }
            if read(tx, at, new.id)?.is_some() {
                return Ok(Created::Exists);
            }
            let others = others(tx, at, new.replace)?;
            let surplus = (others.len() + 1).saturating_sub(usize::from(new.limit.sessions.get()));
            if surplus > 0 && new.limit.when_full == WhenFull::Refuse {
                return Ok(Created::Full);
            }
            let evicted = others[..surplus].to_vec();
            for id in new.replace.iter().chain(&evicted) {
                remove(tx, at, *id)?;
            }
            write(tx, at, new.id, &lifecycle::open(&new, now))?;
            Ok(Created::Opened { at: now, evicted })
        };
        self.database.transaction(step).await
    }

    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        let step = move |tx: &Transaction<'_>| {
            let now = SystemClock.now();
            Ok(read(tx, at, id)?.map(|record| Found { record, now }))
        };
        self.database.transaction(step).await
    }

    async fn rotate(&self, at: Tag, id: Uuid, step: Rotate) -> StoreResult<Rotated> {
        let step = move |tx: &Transaction<'_>| {
            let Some(record) = read(tx, at, id)? else { return Ok(Rotated::Gone) };
            let rotated = lifecycle::rotate(&record, &step, SystemClock.now());
            match &rotated {
                Rotated::Next(record) | Rotated::Again(record) | Rotated::Same(record) => {
                    write(tx, at, id, record)?;
                }
                Rotated::Reuse(_) | Rotated::Gone => remove(tx, at, id)?,
                Rotated::Stale => {}
            }
            Ok(rotated)
        };
        self.database.transaction(step).await
    }

    async fn touch(&self, at: Tag, id: Uuid, step: Touch) -> StoreResult<bool> {
        let step = move |tx: &Transaction<'_>| {
            let record = read(tx, at, id)?;
            match record.and_then(|record| lifecycle::touch(&record, &step, SystemClock.now())) {
                Some(record) => write(tx, at, id, &record).map(|()| true),
                None => Ok(false),
            }
        };
        self.database.transaction(step).await
    }

    async fn renew(&self, at: Tag, id: Uuid, step: Renew) -> StoreResult<Renewed> {
        let step = move |tx: &Transaction<'_>| {
            let Some(record) = read(tx, at, id)? else { return Ok(Renewed::Gone) };
            if fence(tx, at)?.is_some_and(|fence| step.began.0 < fence.as_micros()) {
                return Ok(Renewed::Fenced);
            }
            let renewed = lifecycle::renew(&record, &step, SystemClock.now());
            if let Renewed::Renewed(record) = &renewed {
                write(tx, at, id, record)?;
            }
            Ok(renewed)
        };
        self.database.transaction(step).await
    }

    async fn list(&self, at: Tag) -> StoreResult<Vec<(Uuid, Record)>> {
        let step = move |tx: &Transaction<'_>| {
            forget_expired(tx)?;
            all(tx, at)
        };
        self.database.transaction(step).await
    }

    async fn update(&self, at: Tag, only: Option<Uuid>, payload: Vec<u8>) -> StoreResult<usize> {
        let step = move |tx: &Transaction<'_>| {
            let now = forget_expired(tx)?;
            raise_fence(tx, at, now)?;
            let mut updated = 0;
            for (id, record) in all(tx, at)? {
                if only.is_none_or(|only| only == id) {
                    write(tx, at, id, &Record { payload: payload.clone(), ..record })?;
                    updated += 1;
                }
            }
            Ok(updated)
        };
        self.database.transaction(step).await
    }

    async fn count(&self, counts: Vec<Count>) -> StoreResult<Option<Refused>> {
        let step = move |tx: &Transaction<'_>| {
            let now = forget_expired(tx)?;
            let mut arrivals = Vec::with_capacity(counts.len());
            let mut refused: Option<Refused> = None;
            for (which, Count { key, rate }) in counts.iter().enumerate() {
                match throttle::count(arrival(tx, *key)?, *rate, now) {
                    Ok(arrival) => arrivals.push((*key, Some(arrival))),
                    Err(wait) if refused.is_none_or(|longest| longest.wait < wait) => {
                        refused = Some(Refused { which, wait });
                    }
                    Err(_) => {}
                }
            }
            if refused.is_none() {
                arrivals.into_iter().try_for_each(|(key, arrival)| set_arrival(tx, key, arrival))?;
            }
            Ok(refused)
        };
        self.database.transaction(step).await
    }

    async fn refund(&self, counts: Vec<Count>) -> StoreResult<()> {
        let step = move |tx: &Transaction<'_>| {
            let now = forget_expired(tx)?;
            for Count { key, rate } in counts {
                let left = arrival(tx, key)?.and_then(|last| throttle::refund(last, rate, now));
                set_arrival(tx, key, left)?;
            }
            Ok(())
        };
        self.database.transaction(step).await
    }

    async fn end(&self, at: Tag, id: Uuid) -> StoreResult<Option<Record>> {
        let step = move |tx: &Transaction<'_>| {
            let last = read(tx, at, id)?;
            remove(tx, at, id)?;
            Ok(last)
        };
        self.database.transaction(step).await
    }

    async fn end_all(&self, at: Tag, keep: Option<Uuid>) -> StoreResult<Vec<Uuid>> {
        let step = move |tx: &Transaction<'_>| {
            let now = forget_expired(tx)?;
            let ended = others(tx, at, keep)?;
            tx.prepare_cached("DELETE FROM session WHERE principal = ?1 AND id IS NOT ?2")?
                .execute(params![at.as_bytes(), keep])?;
            raise_fence(tx, at, now)?;
            Ok(ended)
        };
        self.database.transaction(step).await
    }

    async fn server_key(&self, proposed: ServerKey) -> StoreResult<ServerKey> {
        let step = move |tx: &Transaction<'_>| {
            tx.execute("INSERT OR IGNORE INTO server_key (number, key) VALUES (1, ?1)", [proposed.expose()])?;
            let kept = tx.query_row("SELECT key FROM server_key", [], |row| row.get::<_, [u8; 32]>(0))?;
            Ok(ServerKey::from(kept))
        };
        self.database.transaction(step).await
    }
}

/// The time of this step, with what has expired by then out of the way.
fn forget_expired(tx: &Transaction<'_>) -> rusqlite::Result<Timestamp> {
    let now = SystemClock.now();
    let fences = now.as_micros().saturating_sub(u64::try_from(FENCE.as_micros()).unwrap_or(u64::MAX));
    tx.prepare_cached("DELETE FROM session WHERE expires <= ?1")?.execute([micros(now.to_millis())])?;
    tx.prepare_cached("DELETE FROM fence WHERE at < ?1")?
        .execute([micros(Timestamp::from_micros(fences))])?;
    tx.prepare_cached("DELETE FROM login WHERE arrival <= ?1")?.execute([micros(now)])?;
    Ok(now)
}

fn fence(tx: &Transaction<'_>, at: Tag) -> rusqlite::Result<Option<Timestamp>> {
    tx.prepare_cached("SELECT at FROM fence WHERE principal = ?1")?
        .query_row([at.as_bytes()], |row| Ok(Timestamp::from_micros(row.get::<_, i64>(0)?.cast_unsigned())))
        .optional()
}

fn raise_fence(tx: &Transaction<'_>, at: Tag, now: Timestamp) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO fence (principal, at) VALUES (?1, ?2)")?
        .execute(params![at.as_bytes(), micros(now)])?;
    Ok(())
}

fn arrival(tx: &Transaction<'_>, key: CountKey) -> rusqlite::Result<Option<Arrival>> {
    tx.prepare_cached("SELECT arrival FROM login WHERE key = ?1")?
        .query_row([key.as_bytes()], |row| Ok(Timestamp::from_micros(row.get::<_, i64>(0)?.cast_unsigned())))
        .optional()
}

fn set_arrival(tx: &Transaction<'_>, key: CountKey, arrival: Option<Arrival>) -> rusqlite::Result<()> {
    match arrival {
        Some(arrival) => tx
            .prepare_cached("INSERT OR REPLACE INTO login (key, arrival) VALUES (?1, ?2)")?
            .execute(params![key.as_bytes(), micros(arrival)])?,
        None => tx.prepare_cached("DELETE FROM login WHERE key = ?1")?.execute([key.as_bytes()])?,
    };
    Ok(())
}

/// The sessions of a principal that can be read.
fn all(tx: &Transaction<'_>, at: Tag) -> rusqlite::Result<Vec<(Uuid, Record)>> {
    let mut statement = tx.prepare_cached("SELECT id, record FROM session WHERE principal = ?1")?;
    let rows = statement.query_map([at.as_bytes()], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let readable = |(id, bytes): (Uuid, Vec<u8>)| Some((id, readable(&bytes)?));
    rows.filter_map(|row| row.map(readable).transpose()).collect()
}

/// A record that cannot be read counts as none.
fn read(tx: &Transaction<'_>, at: Tag, id: Uuid) -> rusqlite::Result<Option<Record>> {
    let bytes: Option<Vec<u8>> = tx
        .prepare_cached("SELECT record FROM session WHERE principal = ?1 AND id = ?2")?
        .query_row(params![at.as_bytes(), id], |row| row.get(0))
        .optional()?;
    Ok(bytes.as_deref().and_then(readable))
}

/// The sessions of a principal but one, the oldest first.
fn others(tx: &Transaction<'_>, at: Tag, but: Option<Uuid>) -> rusqlite::Result<Vec<Uuid>> {
    tx.prepare_cached("SELECT id FROM session WHERE principal = ?1 AND id IS NOT ?2 ORDER BY created, id")?
        .query_map(params![at.as_bytes(), but], |row| row.get(0))?
        .collect()
}

fn write(tx: &Transaction<'_>, at: Tag, id: Uuid, record: &Record) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO session (principal, id, created, expires, record)
         VALUES (:principal, :id, :created, :expires, :record)",
    )?
    .execute(named_params! {
        ":principal": at.as_bytes(),
        ":id": id,
        ":created": micros(record.created),
        ":expires": micros(record.idle), // never later than `record.absolute`
        ":record": record.encode(),
    })?;
    Ok(())
}

fn remove(tx: &Transaction<'_>, at: Tag, id: Uuid) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM session WHERE principal = ?1 AND id = ?2")?
        .execute(params![at.as_bytes(), id])?;
    Ok(())
}

/// A time as SQLite keeps it.
fn micros(time: Timestamp) -> i64 {
    time.as_micros().cast_signed()
}
