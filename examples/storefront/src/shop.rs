//! What is sold, and who has ordered it.

use serde::Serialize;
use sqlx::{FromRow, SqlitePool};
use utoipa::ToSchema;

#[derive(FromRow, Serialize, ToSchema)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) about: String,
    cents: i64,
}

impl Product {
    pub(crate) fn price(&self) -> String {
        price(self.cents)
    }
}

#[derive(FromRow)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) at: String,
    cents: i64,
}

impl Order {
    pub(crate) fn price(&self) -> String {
        price(self.cents)
    }
}

#[derive(FromRow, Serialize, ToSchema)]
pub(crate) struct Sold {
    name: String,
    orders: i64,
}

fn price(cents: i64) -> String {
    format!("{}.{:02} €", cents / 100, cents % 100)
}

pub(crate) async fn products(database: &SqlitePool) -> sqlx::Result<Vec<Product>> {
    sqlx::query_as("SELECT id, name, about, cents FROM product ORDER BY name").fetch_all(database).await
}

/// Whether there is such a product.
pub(crate) async fn order(database: &SqlitePool, user: i64, product: i64) -> sqlx::Result<bool> {
    let ordered = sqlx::query("INSERT INTO purchase (user, product) SELECT ?, id FROM product WHERE id = ?")
        .bind(user)
        .bind(product)
        .execute(database)
        .await?;
    Ok(ordered.rows_affected() > 0)
}

pub(crate) async fn orders_of(database: &SqlitePool, user: i64) -> sqlx::Result<Vec<Order>> {
    sqlx::query_as(
        "SELECT product.name, product.cents, purchase.at
         FROM purchase JOIN product ON product.id = purchase.product
         WHERE purchase.user = ? ORDER BY purchase.id DESC",
    )
    .bind(user)
    .fetch_all(database)
    .await
}

pub(crate) async fn sold_by(database: &SqlitePool, account: i64) -> sqlx::Result<Vec<Sold>> {
    sqlx::query_as(
        "SELECT product.name, COUNT(purchase.id) AS orders
         FROM product LEFT JOIN purchase ON purchase.product = product.id
         WHERE product.account = ? GROUP BY product.id ORDER BY product.name",
    )
    .bind(account)
    .fetch_all(database)
    .await
}
