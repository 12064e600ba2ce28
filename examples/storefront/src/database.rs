//! SQLite: the file that `DATABASE_URL` names, with all migrations.

use std::{env, error::Error};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

pub(crate) async fn open() -> Result<SqlitePool, Box<dyn Error>> {
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite:storefront.db".to_owned());
    let options: SqliteConnectOptions = url.parse()?;
    let options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let database = SqlitePool::connect_with(options).await?;
    sqlx::migrate!().run(&database).await?;
    Ok(database)
}
