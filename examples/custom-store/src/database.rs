//! A thread that owns the connection and takes one transaction after the other.

use std::{path::Path, thread, time::Duration};

use auth_core::store::{StoreError, StoreResult};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long SQLite waits while another process writes.
const BUSY: Duration = Duration::from_secs(1);

/// How long an operation may take in all.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many operations may wait for their turn.
const WAITING: usize = 1024;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS session (
        principal BLOB NOT NULL,
        id        BLOB NOT NULL,
        created   INTEGER NOT NULL,
        expires   INTEGER NOT NULL,
        record    BLOB NOT NULL,
        PRIMARY KEY (principal, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS session_expires ON session (expires);
    CREATE TABLE IF NOT EXISTS fence (principal BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS fence_at ON fence (at);
    CREATE TABLE IF NOT EXISTS login (key BLOB PRIMARY KEY, arrival INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS login_arrival ON login (arrival);
    CREATE TABLE IF NOT EXISTS server_key (number INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;
";

/// A connection, on a thread of its own; that ends with the last clone.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    jobs: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl Database {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(SCHEMA)?;
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        thread::spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut connection);
            }
        });
        Ok(Database { jobs })
    }

    /// One atomic step: a transaction that holds the lock for writing from its beginning, so that nothing comes between
    /// what it reads and what it writes. Nothing happens when the caller has given up before its turn.
    pub(crate) async fn transaction<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (answer, answered) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            if !answer.is_closed() {
                _ = answer.send(committed(connection, step));
            }
        };
        let done = async {
            self.jobs.send(Box::new(job)).await.map_err(|_| gone())?;
            answered.await.map_err(|_| gone())?.map_err(|error| StoreError::unavailable(error.to_string()))
        };
        let late = |_| StoreError::unavailable(format!("no answer within {PATIENCE:?}"));
        timeout(PATIENCE, done).await.map_err(late)?
    }
}

fn committed<T>(
    connection: &mut Connection,
    step: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let answer = step(&tx)?;
    tx.commit()?;
    Ok(answer)
}

fn gone() -> StoreError {
    StoreError::unavailable("its thread has ended")
}
