//! Something to look at in a new database. A program of your own begins with one administrator, made by hand.

use std::error::Error;

use auth_core::{Secret, password::Passwords};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::SqlitePool;

const PRODUCTS: [(&str, &str, i64); 3] = [
    ("Lantern", "Burns for twelve hours on one filling. Brass, and a wick that is easily trimmed.", 4_900),
    ("Wool blanket", "From sheep of the Harz, undyed. Keeps warm when wet.", 8_900),
    ("Pocket compass", "Needle on sapphire, lid of horn. Points north since 1921.", 2_450),
];

/// Fills a database in which nobody is, and gives what to tell whoever has started the program. The passwords are made anew each time:
/// one that stands in a program is everybody's.
pub(crate) async fn fill(
    database: &SqlitePool,
    passwords: &Passwords,
) -> Result<Option<String>, Box<dyn Error>> {
    let users: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM user").fetch_one(database).await?;
    if users > 0 {
        return Ok(None);
    }
    let (admin, ann, acme) = (random()?, random()?, random()?);
    let mut transaction = database.begin().await?;
    for (email, password, is_admin) in [("admin@example.com", &admin, true), ("ann@example.com", &ann, false)]
    {
        sqlx::query("INSERT INTO user (email, password_hash, admin) VALUES (?, ?, ?)")
            .bind(email)
            .bind(passwords.hash(&Secret::from(password.clone())).await?)
            .bind(is_admin)
            .execute(&mut *transaction)
            .await?;
    }
    let account: i64 =
        sqlx::query_scalar("INSERT INTO account (name, secret_hash) VALUES ('acme', ?) RETURNING id")
            .bind(passwords.hash(&Secret::from(acme.clone())).await?)
            .fetch_one(&mut *transaction)
            .await?;
    for (name, about, cents) in PRODUCTS {
        sqlx::query("INSERT INTO product (account, name, about, cents) VALUES (?, ?, ?, ?)")
            .bind(account)
            .bind(name)
            .bind(about)
            .bind(cents)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(Some(format!(
        "The database is new. Its users, with passwords that are shown this once:\n\
         \n  ann@example.com    {ann}\n  admin@example.com  {admin}\n  acme, at the API   {acme}"
    )))
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
