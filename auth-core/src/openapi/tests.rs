#![allow(clippy::unwrap_used, clippy::unused_async, clippy::unnecessary_wraps)]

use auth_macros::{Credentials, auth_service, expose_response};
use axum::{
    Form, Json,
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Argument, Operation};
use crate::{LoginError, Problem};

#[auth_service("auth.cookies.memory")]
struct User {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, ToSchema)]
struct Address {
    street: String,
}

/// Has all that serde can say.
#[derive(Deserialize, Credentials)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct SignIn {
    #[auth(identifier)]
    user_id: u64,
    #[serde(rename = "mail")]
    _e_mail: String,
    #[serde(skip)]
    _unseen: Option<Vec<u8>>,
    #[serde(deserialize_with = "bool::deserialize")]
    _odd: bool,
    #[serde(flatten)]
    _address: Address,
}

#[derive(Serialize)]
struct Odd;

#[expose_response]
struct Page {
    number: u8,
    #[serde(serialize_with = "as_text")]
    odd: Odd,
}

fn as_text<S: serde::Serializer>(_: &Odd, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("odd")
}

/// An extractor that says what it does.
struct Tenant;

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::GONE)
    }
}

impl Argument for Tenant {
    fn describe(operation: &mut Operation) {
        operation.rejects_with(StatusCode::GONE);
    }
}

/// And one that does not.
struct Silent;

impl<S: Sync> FromRequestParts<S> for Silent {
    type Rejection = StatusCode;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Err(StatusCode::GONE)
    }
}

#[auth_service]
impl User {
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        Ok(User { id: form.user_id })
    }

    #[expose_endpoint(get, "/files/{*rest}", response = Page)]
    fn file(path: Path<String>) -> Page {
        let _ = path;
        Page { number: 1, odd: Odd }
    }

    #[expose_endpoint(post, "/again")]
    fn reauthenticate(tenant: Tenant) -> Result<(), Problem> {
        let _ = tenant;
        Ok(())
    }

    #[expose_endpoint(post, "/silent")]
    fn silent(silent: Silent, body: Json<Address>) {
        let _ = (silent, &body.street);
    }

    #[expose_endpoint(post, "/fails")]
    fn fails(body: Json<std::net::Ipv4Addr>) -> Result<(), StatusCode> {
        let _ = body;
        Ok(())
    }
}

fn document() -> Value {
    serde_json::to_value(User::openapi()).unwrap()
}

#[test]
fn a_form_follows_serde() {
    let form = &document()["components"]["schemas"]["user.SignIn"];
    let [own, address] = form["allOf"].as_array().unwrap().as_slice() else { panic!("{form}") };
    assert_eq!(own["required"], json!(["USER_ID", "mail", "_ODD"]));
    assert_eq!(own["properties"]["USER_ID"]["maximum"], json!(u64::MAX));
    assert_eq!(own["properties"]["_ODD"], json!({}));
    assert_eq!(own["properties"].as_object().unwrap().len(), 3);
    assert_eq!(own["additionalProperties"], Value::Null);
    assert_eq!(address["required"], json!(["street"]));
}

/// Signs in on a page.
#[auth_service("auth.cookies.memory", "auth.bearer.memory", login_page = "/enter", forms = true)]
struct Visitor {
    #[auth(id)]
    id: u64,
}

#[derive(Deserialize, Credentials)]
struct Ticket {
    #[auth(identifier)]
    number: u64,
    /// A field of its own of this name.
    #[serde(rename = "next")]
    _next: Option<String>,
    /// As printed.
    #[serde(rename = "seat")]
    _seat: Option<u8>,
}

#[auth_service]
impl Visitor {
    async fn login(ticket: Ticket) -> Result<Self, LoginError> {
        Ok(Visitor { id: ticket.number })
    }

    #[expose_endpoint(post, "/pay", fresh = "5m")]
    fn pay() {}

    #[expose_endpoint(post, "/move")]
    fn relocate(to: Form<Address>) {
        let _ = &to.street;
    }

    #[expose_endpoint(get, "/near")]
    fn near(to: Form<Address>) {
        let _ = &to.street;
    }

    #[expose_endpoint(put, "/ask")]
    fn ask(from: Form<std::net::Ipv4Addr>) {
        let _ = from;
    }
}

#[test]
fn an_html_form_is_a_body_or_in_the_query_of_a_get() {
    let document = serde_json::to_value(Visitor::openapi()).unwrap();
    let paths = &document["paths"];
    let content = |method: &str, path: &str| paths[path][method]["requestBody"]["content"].clone();
    let sent = &content("post", "/visitor/move")["application/x-www-form-urlencoded"]["schema"];
    assert_eq!(sent["required"], json!(["street"]));
    let refused: Vec<_> = paths["/visitor/move"]["post"]["responses"].as_object().unwrap().keys().collect();
    assert_eq!(refused, ["204", "400", "403", "413", "415", "422"]);
    let near = &paths["/visitor/near"]["get"];
    assert_eq!((&near["parameters"][0]["name"], &near["requestBody"]), (&json!("street"), &Value::Null));
    assert_eq!(
        content("put", "/visitor/ask"),
        json!({ "application/x-www-form-urlencoded": { "schema": {} } })
    );
}

#[test]
fn a_form_has_no_null_and_the_fields_of_the_library_beside_its_own() {
    let document = serde_json::to_value(Visitor::openapi()).unwrap();
    let content = |path: &str| document["paths"][path]["post"]["requestBody"]["content"].clone();
    let form = &content("/visitor/login")["application/x-www-form-urlencoded"]["schema"]["properties"];
    assert_eq!(
        form["seat"],
        json!({ "type": "integer", "minimum": 0, "maximum": 255, "description": "As printed." })
    );
    assert_eq!(form["next"], json!({ "type": "string", "description": "A field of its own of this name." }));
    assert_eq!(form["csrf_token"]["type"], "string");
    let json = &document["components"]["schemas"]["visitor.Ticket"]["properties"];
    assert!(json["seat"]["oneOf"].is_array() && json["csrf_token"].is_null(), "{json}");
    let by_token = content("/visitor/login/bearer");
    assert!(
        by_token["application/json"].is_object() && by_token.as_object().unwrap().len() == 1,
        "{by_token}"
    );
}

#[test]
fn where_browsers_are_sent_is_said_of_each_endpoint() {
    let document = serde_json::to_value(Visitor::openapi()).unwrap();
    let sent = |method: &str, path: &str| {
        let operation = &document["paths"][path][method];
        let described = operation["responses"]["303"]["description"].as_str().unwrap_or_default().to_owned();
        let asks = operation["parameters"].as_array().into_iter().flatten();
        (described, asks.filter(|parameter| parameter["name"] == "next").count())
    };
    let (login, nexts) = sent("post", "/visitor/login");
    assert!(login.contains("`next`, or `/`; after a failure, to `/enter?error=…`"), "{login}");
    assert!(!login.contains("without a session"), "{login}");
    assert_eq!(nexts, 1);
    let (again, nexts) = sent("post", "/visitor/reauthenticate");
    assert!(again.contains("without a session, to `/enter`; after signing in"), "{again}");
    assert_eq!(nexts, 1);
    let (logout, nexts) = sent("post", "/visitor/logout");
    assert!(logout.contains("after signing out, to `next`, or `/enter`"), "{logout}");
    assert_eq!(nexts, 1);
    let (paid, nexts) = sent("post", "/visitor/pay");
    assert!(paid.contains("too long ago, to `/enter?error=authentication-too-old`"), "{paid}");
    assert_eq!(nexts, 0);
    assert_eq!(sent("post", "/visitor/login/bearer"), (String::new(), 0));
    let user = serde_json::to_value(User::openapi()).unwrap();
    assert!(user["paths"]["/user/session"]["get"]["responses"]["303"].is_null(), "it has no page");
}

#[test]
fn a_path_that_takes_the_rest_is_a_parameter() {
    let file = &document()["paths"]["/user/files/{rest}"]["get"];
    assert_eq!(file["parameters"][0]["name"], "rest");
    assert_eq!(file["security"], Value::Null);
    let page = &document()["components"]["schemas"]["user.Page"]["properties"];
    assert_eq!(page["number"], json!({ "type": "integer", "minimum": 0, "maximum": 255 }));
    assert_eq!(page["odd"], json!({}));
}

#[test]
fn a_method_may_be_called_as_an_endpoint_of_the_library_is() {
    let document = document();
    assert_eq!(document["paths"]["/user/reauthenticate"]["post"]["operationId"], "user_reauthenticate");
    assert_eq!(document["paths"]["/user/again"]["post"]["operationId"], "user_reauthenticate_");
}

#[test]
fn what_nobody_knows_is_left_open() {
    let document = document();
    let responses = |path: &str| document["paths"][path]["post"]["responses"].clone();
    let again = responses("/user/again");
    assert!(again["410"]["content"]["application/problem+json"].is_object(), "{again}");
    assert!(again["default"]["content"]["application/problem+json"].is_object(), "{again}");
    for path in ["/user/silent", "/user/fails"] {
        let default = &responses(path)["default"];
        assert!(default.is_object() && default["content"].is_null(), "{path}: {default}");
    }
    assert!(responses("/user/login")["default"].is_null());
}

#[test]
fn a_body_without_a_schema_is_any_value() {
    let document = document();
    let body = |path: &str| {
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(body("/user/fails"), json!({}));
    assert_eq!(body("/user/silent")["required"], json!(["street"]));
}
