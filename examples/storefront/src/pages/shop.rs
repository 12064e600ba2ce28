//! `/` and `/orders`.

use askama::Template;
use auth_core::Authenticated;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use super::{Page, page};
use crate::{
    shop::{self, Order, Product},
    users::User,
};

#[derive(Template)]
#[template(path = "products.html")]
struct ProductsPage<'a> {
    viewer: Option<&'a User>,
    products: Vec<Product>,
}

pub(super) async fn products(user: Option<Authenticated<User>>, State(database): State<SqlitePool>) -> Page {
    page(&ProductsPage { viewer: user.as_deref(), products: shop::products(&database).await? })
}

#[derive(Template)]
#[template(path = "orders.html")]
struct OrdersPage<'a> {
    viewer: Option<&'a User>,
    orders: Vec<Order>,
}

pub(super) async fn orders(user: Authenticated<User>, State(database): State<SqlitePool>) -> Page {
    page(&OrdersPage { viewer: Some(&user), orders: shop::orders_of(&database, user.id).await? })
}

#[derive(Deserialize)]
pub(super) struct NewOrder {
    product: i64,
}

pub(super) async fn order(
    user: Authenticated<User>,
    State(database): State<SqlitePool>,
    Form(new): Form<NewOrder>,
) -> Page {
    if !shop::order(&database, user.id, new.product).await? {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    Ok(Redirect::to("/orders").into_response())
}
