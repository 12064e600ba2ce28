//! A program of two entities, as a user of the library would write it: `User`, whose session carries a snapshot, and
//! `Account`, which is reloaded on each request and has hooks and endpoints of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use auth_core::{
    Auth, Authenticated, Credentials, Fresh, LoginError, Problem, Secret, Session, SessionStore,
    auth_service, expose_response,
};
use axum::extract::{FromRef, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The password of everyone.
pub const PASSWORD: &str = "open sesame";

/// A person: what a request needs of it is in the session.
#[auth_service("auth.cookies.redis")]
#[derive(Clone)]
pub struct User {
    #[auth(id)]
    id: u64,
    email: String,
    role: Role,
    #[auth(skip)]
    password_hash: String,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Role {
    Member,
    Admin,
}

/// How a user signs in.
#[derive(Deserialize, Credentials)]
pub struct SignIn {
    #[auth(identifier)]
    email: String,
    #[auth(secret)]
    password: Secret,
}

#[auth_service]
impl User {
    /// User 7 is `ann@example.com`, user 1234 `user-1234@example.com`; whoever has another address is user 8.
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        match (form.password.expose(), form.email.as_str()) {
            (PASSWORD, "broken@example.com") => Err(std::io::Error::other("the database is down"))?,
            (PASSWORD, email) => {
                let number = email.strip_prefix("user-").and_then(|rest| rest.strip_suffix("@example.com"));
                let (id, role) = match number.and_then(|number| number.parse().ok()) {
                    Some(id) => (id, Role::Member),
                    None if email == "ann@example.com" => (7, Role::Admin),
                    None => (8, Role::Member),
                };
                Ok(User { id, email: form.email, role, password_hash: "a hash".to_owned() })
            }
            _ => Err(LoginError::InvalidCredentials),
        }
    }

    /// The signed-in user's own profile.
    #[expose_endpoint(get, "/me", response = Profile)]
    fn me(user: Authenticated<Self>) -> Profile {
        Profile { id: user.id, email: user.email.clone(), has_hash: !user.password_hash.is_empty() }
    }

    /// For administrators.
    #[expose_endpoint(post, "/{id}/rename", response = Renamed, require = User::is_admin, fresh = "5m", status = 201)]
    fn rename(Path(id): Path<u64>, Json(body): Json<Renamed>) -> Result<Renamed, Problem> {
        if id == 0 { Err(Problem::not_allowed()) } else { Ok(body) }
    }

    /// A user as the database has it after a change.
    pub fn renamed(id: u64, email: &str) -> Self {
        User { id, email: email.to_owned(), role: Role::Member, password_hash: String::new() }
    }

    /// For anybody.
    #[expose_endpoint(post, "/newsletter")]
    fn subscribe() {}

    fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// What leaves of a user.
#[expose_response]
pub struct Profile {
    id: u64,
    email: String,
    has_hash: bool,
}

/// A new name.
#[expose_response(User::rename)]
#[derive(Deserialize)]
pub struct Renamed {
    email: String,
}

/// A bank account, with ids that a user could have as well.
#[auth_service(
    "auth.cookies.redis",
    path = "/bank",
    cookie = "bank",
    idle = "10m",
    absolute = "1h",
    max_sessions = 3
)]
#[derive(Clone)]
pub struct Account {
    #[auth(id)]
    number: u64,
    owner: String,
}

/// How an account signs in.
#[derive(Deserialize, Credentials)]
pub struct Pin {
    #[auth(identifier)]
    number: u64,
    #[auth(secret)]
    pin: Secret,
}

#[auth_service]
impl Account {
    #[expose_endpoint(post, "/enter", response = Welcome, status = 201)]
    async fn login(form: Pin, State(bank): State<Bank>) -> Result<Self, LoginError> {
        bank.pass_the_door().await;
        let account = bank.account(form.number).filter(|_| form.pin.expose() == "1234");
        account.ok_or(LoginError::InvalidCredentials)
    }

    #[expose_endpoint(get, "/holder", response = Holder, status = 203)]
    async fn authenticate(
        session: Session<Self>,
        State(bank): State<Bank>,
    ) -> Result<Option<Self>, &'static str> {
        if bank.is_closed_for_lunch() {
            Err("closed for lunch")
        } else {
            Ok(bank.account(*session.principal()))
        }
    }

    #[expose_endpoint(post, "/leave", response = Farewell)]
    async fn logout(session: Session<Self>, State(bank): State<Bank>) {
        bank.note(format!("{} left", session.principal()));
    }

    async fn refresh(account: Authenticated<Self>, State(bank): State<Bank>) -> Result<(), Problem> {
        bank.note(format!("{} refreshed", account.owner));
        Ok(())
    }
}

/// What an account is told when it signs in.
#[expose_response(Account::login)]
pub struct Welcome {
    owner: String,
    session_id: Uuid,
    expires_at: OffsetDateTime,
}

/// Whose session it is, as a program sees that shows it.
#[expose_response(Account::authenticate)]
pub struct Holder {
    owner: String,
    session_id: Uuid,
    #[expose(rename = "until")]
    expires_at: OffsetDateTime,
}

/// What an account is told when it signs out.
#[expose_response(Account::logout)]
pub struct Farewell {
    session_id: Uuid,
    created_at: OffsetDateTime,
}

/// The accounts that there are, and what happened to them.
#[derive(Clone)]
pub struct Bank {
    books: Arc<Mutex<Books>>,
    arrived: Arc<Semaphore>,
    door: Arc<Semaphore>,
}

#[derive(Default)]
struct Books {
    owners: BTreeMap<u64, String>,
    notes: Vec<String>,
    closed: bool,
}

impl Bank {
    /// A bank whose accounts are numbered as the users are.
    fn open() -> Self {
        let bank = Bank {
            books: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
            door: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        };
        bank.books.lock().unwrap().owners = [(7, "Ann".to_owned()), (8, "Bob".to_owned())].into();
        bank
    }

    /// Lets no login begin to look at credentials until the door is opened.
    pub fn shut_the_door(&self) {
        self.door.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Opens it again.
    pub fn open_the_door(&self) {
        self.door.add_permits(Semaphore::MAX_PERMITS);
    }

    /// Waits until a login has come to the door.
    pub async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }

    async fn pass_the_door(&self) {
        self.arrived.add_permits(1);
        drop(self.door.acquire().await.unwrap());
    }

    /// Closes an account.
    pub fn close(&self, number: u64) {
        self.books.lock().unwrap().owners.remove(&number);
    }

    /// Whether accounts can be looked up from now on.
    pub fn set_closed_for_lunch(&self, closed: bool) {
        self.books.lock().unwrap().closed = closed;
    }

    /// What happened.
    pub fn notes(&self) -> Vec<String> {
        self.books.lock().unwrap().notes.clone()
    }

    fn is_closed_for_lunch(&self) -> bool {
        self.books.lock().unwrap().closed
    }

    fn note(&self, note: String) {
        self.books.lock().unwrap().notes.push(note);
    }

    fn account(&self, number: u64) -> Option<Account> {
        self.books.lock().unwrap().owners.get(&number).map(|owner| Account { number, owner: owner.clone() })
    }
}

/// The program's state.
#[derive(Clone, FromRef)]
pub struct App {
    /// The users' sessions.
    pub users: Auth<User>,
    /// The accounts' sessions.
    pub accounts: Auth<Account>,
    /// The bank.
    pub bank: Bank,
}

impl App {
    /// With the sessions of each entity in a store.
    pub fn new(users: impl SessionStore, accounts: impl SessionStore) -> Self {
        App { users: Auth::testing(users), accounts: Auth::testing(accounts), bank: Bank::open() }
    }

    /// The whole program: the generated routes, and handlers of its own.
    pub fn routes(self) -> Router {
        Router::new()
            .merge(User::auth_routes())
            .merge(Account::auth_routes())
            .route("/public", get(async || "hello"))
            .route("/orders", get(orders).post(orders))
            .route("/maybe", get(maybe).post(maybe))
            .route("/all", get(all))
            .route("/sensitive", get(sensitive))
            .route("/account", post(account))
            .with_state(self)
    }
}

async fn orders(user: Authenticated<User>) -> String {
    user.email.clone()
}

async fn sensitive(user: Fresh<User>) -> String {
    user.email.clone()
}

async fn account(account: Authenticated<Account>) -> String {
    account.owner.clone()
}

async fn maybe(user: Option<Authenticated<User>>, account: Option<Session<Account>>) -> String {
    let user = user.map_or("nobody".to_owned(), |user| user.email.clone());
    let account = account.map_or("none".to_owned(), |session| session.principal().to_string());
    format!("{user}, {account}")
}

async fn all(
    user: Authenticated<User>,
    session: Session<User>,
    again: Option<Authenticated<User>>,
    account: Option<Authenticated<Account>>,
) -> String {
    let same = session.info() == Authenticated::session(&user).info();
    format!("{} {same} {} {}", session.principal(), again.is_some(), account.is_some())
}
