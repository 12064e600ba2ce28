//! Two requests of one session at once, through two programs: both are on their way to the store before either gets
//! there, and then come to it in each order, and at the same time. On one Redis, and on a Cluster.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_core::throttle::{Rate, Throttle};
use auth_core::{MemoryStore, Policy, SessionLimit, WhenFull};
use auth_redis::RedisStore;
use auth_tests::app::App;
use auth_tests::world::{USER, sign_in};
use auth_tests::{Answer, Client, Gate, RedisCluster, RedisServer, Server};
use reqwest::Method;
use serde_json::json;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

const ROUNDS: usize = 300;

/// Where sessions are kept.
struct Place {
    url: String,
    prefix: String,
    _redis: Option<RedisServer>,
}

impl Place {
    async fn redis() -> Self {
        let redis = RedisServer::start().await;
        Place { url: redis.url(), prefix: String::new(), _redis: Some(redis) }
    }

    /// A place of its own in a Cluster that all tests share.
    async fn cluster() -> Self {
        static CLUSTER: OnceCell<RedisCluster> = OnceCell::const_new();
        static PLACES: AtomicUsize = AtomicUsize::new(0);
        let cluster = CLUSTER.get_or_init(RedisCluster::start).await;
        let prefix = format!("race-{}:", PLACES.fetch_add(1, Ordering::Relaxed));
        Place { url: cluster.url(), prefix, _redis: None }
    }

    async fn store(&self) -> RedisStore {
        RedisStore::builder(&self.url).prefix(&self.prefix).connect().await.unwrap()
    }
}

/// A program behind a gate that holds each step.
struct Program {
    gate: Gate<RedisStore>,
    app: App,
    server: Server,
}

impl Program {
    async fn at(place: &Place, change: impl Fn(App) -> App) -> Self {
        let gate = Gate::before(place.store().await).for_reading_too();
        let mut app = App::new(gate.clone(), MemoryStore::new());
        app.users = app.users.with_throttle(None);
        let app = change(app);
        Program { gate, server: Server::start(app.clone().routes()).await, app }
    }

    /// Sends a request with a client's cookies that nothing holds up.
    async fn look(&self, client: &Client) -> Answer {
        self.gate.open_for(1);
        let answer = self.with_cookies_of(client).get("/orders").await;
        self.gate.arrival().await;
        answer
    }

    async fn ann(&self) -> Client {
        let mut client = self.server.client();
        self.gate.open_for(1);
        assert_eq!(sign_in(&mut client, "ann@example.com").await.status, 200);
        self.gate.arrival().await;
        client
    }

    /// A client of this program with the cookies of another.
    fn with_cookies_of(&self, client: &Client) -> Client {
        let mut own = self.server.client();
        own.cookies.clone_from(&client.cookies);
        own
    }

    async fn assert_signed_in(&self, client: &Client) {
        assert_eq!(self.look(client).await.status, 200);
    }

    async fn assert_dead(&self, client: &Client) {
        let answer = self.look(client).await;
        answer.assert_problem(401, "not-signed-in");
    }
}

/// A client with a request on its way.
fn on_its_way(mut client: Client, method: Method, path: &'static str) -> JoinHandle<(Client, Answer)> {
    tokio::spawn(async move {
        let answer = client.send(method, path).await;
        (client, answer)
    })
}

fn login(mut client: Client) -> JoinHandle<(Client, Answer)> {
    tokio::spawn(async move {
        let answer = sign_in(&mut client, "ann@example.com").await;
        (client, answer)
    })
}

/// In which order two come to the store.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    OneFirst,
    TwoFirst,
    AtOnce,
}

struct Race {
    one: Program,
    two: Program,
}

impl Race {
    async fn at(place: &Place, change: impl Fn(App) -> App) -> Self {
        Race { one: Program::at(place, &change).await, two: Program::at(place, &change).await }
    }

    /// Lets both go, when both are at the gates, and gives what came out.
    async fn run<A, B>(&self, order: Order, one: JoinHandle<A>, two: JoinHandle<B>) -> (A, B) {
        self.one.gate.arrival().await;
        self.two.gate.arrival().await;
        match order {
            Order::OneFirst => {
                self.one.gate.open_for(1);
                let one = one.await.unwrap();
                self.two.gate.open_for(1);
                (one, two.await.unwrap())
            }
            Order::TwoFirst => {
                self.two.gate.open_for(1);
                let two = two.await.unwrap();
                self.one.gate.open_for(1);
                (one.await.unwrap(), two)
            }
            Order::AtOnce => {
                self.one.gate.open_for(1);
                self.two.gate.open_for(1);
                (one.await.unwrap(), two.await.unwrap())
            }
        }
    }

    /// Runs a race in each order, at each place.
    async fn rounds(rounds: usize, change: impl Fn(App) -> App, round: impl AsyncFn(&Race, Order)) {
        for place in [Place::redis().await, Place::cluster().await] {
            let race = Race::at(&place, &change).await;
            for n in 0..rounds {
                let order = [Order::OneFirst, Order::TwoFirst, Order::AtOnce][n % 3];
                round(&race, order).await;
            }
        }
    }
}

#[tokio::test]
async fn a_logout_against_a_request() {
    Race::rounds(
        ROUNDS,
        |app| app,
        async |race, order| {
            let client = race.one.ann().await;
            let logout = on_its_way(client.clone(), Method::POST, "/user/logout");
            let request = on_its_way(race.two.with_cookies_of(&client), Method::GET, "/orders");
            let ((left, logout), (_, answer)) = race.run(order, logout, request).await;
            assert_eq!((logout.status, left.cookies.len()), (204, 0));
            match order {
                Order::OneFirst => answer.assert_problem(401, "not-signed-in"),
                Order::TwoFirst => assert_eq!(answer.status, 200),
                Order::AtOnce => assert!([200, 401].contains(&answer.status), "{answer:?}"),
            }
            race.one.assert_dead(&client).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_logout_against_a_refresh() {
    Race::rounds(
        ROUNDS,
        |app| app,
        async |race, order| {
            let client = race.one.ann().await;
            let logout = on_its_way(client.clone(), Method::POST, "/user/logout");
            let refresh = on_its_way(race.two.with_cookies_of(&client), Method::POST, "/user/refresh");
            let ((_, logout), (refreshed, answer)) = race.run(order, logout, refresh).await;
            assert_eq!(logout.status, 204, "{logout:?}");
            match order {
                Order::OneFirst => answer.assert_problem(401, "not-signed-in"),
                Order::TwoFirst => assert_eq!(answer.status, 200),
                Order::AtOnce => assert!([200, 401].contains(&answer.status), "{answer:?}"),
            }
            race.one.assert_dead(&client).await;
            race.two.assert_dead(&refreshed).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_refresh_against_a_request() {
    Race::rounds(
        ROUNDS,
        |app| app,
        async |race, order| {
            let client = race.one.ann().await;
            let refresh = on_its_way(client.clone(), Method::POST, "/user/refresh");
            let request = on_its_way(race.two.with_cookies_of(&client), Method::GET, "/orders");
            let ((refreshed, refresh), (_, answer)) = race.run(order, refresh, request).await;
            assert_eq!((refresh.status, answer.status), (200, 200), "{order:?}");
            assert_ne!(refreshed.cookie(USER), client.cookie(USER));
            race.one.assert_signed_in(&refreshed).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_refresh_against_a_refresh() {
    Race::rounds(
        ROUNDS,
        |app| app,
        async |race, order| {
            let client = race.one.ann().await;
            let one = on_its_way(client.clone(), Method::POST, "/user/refresh");
            let two = on_its_way(race.two.with_cookies_of(&client), Method::POST, "/user/refresh");
            let ((one, first), (two, second)) = race.run(order, one, two).await;
            assert_eq!((first.status, second.status), (200, 200), "{order:?}");
            assert_ne!(one.cookie(USER), client.cookie(USER));
            assert_eq!(one.cookies, two.cookies);
            race.two.assert_signed_in(&one).await;
        },
    )
    .await;
}

#[tokio::test]
async fn an_end_of_all_against_a_login() {
    Race::rounds(
        ROUNDS,
        |app| app,
        async |race, order| {
            pass_a_fence().await;
            let login = login(race.one.server.client());
            let users = race.two.app.users.clone();
            let end = tokio::spawn(async move { users.end_all(&7).await.unwrap() });
            let ((client, answer), ended) = race.run(order, login, end).await;
            match order {
                Order::OneFirst => assert_eq!((answer.status, ended), (200, 1)),
                Order::TwoFirst => {
                    answer.assert_problem(401, "invalid-credentials");
                    assert_eq!(ended, 0);
                }
                Order::AtOnce => assert_eq!(answer.status == 200, ended == 1, "{answer:?}"),
            }
            if answer.status == 200 {
                race.two.assert_dead(&client).await;
            }
        },
    )
    .await;
}

/// A login may be taken to have begun a little earlier than it did.
async fn pass_a_fence() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

fn of_three(when_full: WhenFull) -> impl Fn(App) -> App {
    let limit = SessionLimit { sessions: 3.try_into().unwrap(), when_full };
    move |mut app| {
        app.users = app.users.with_policy(Policy::DEFAULT.with_limit(limit).unwrap());
        app
    }
}

#[tokio::test]
async fn two_logins_where_one_more_may_be_open() {
    for when_full in [WhenFull::Refuse, WhenFull::EndOldest] {
        Race::rounds(ROUNDS / 3, of_three(when_full), async |race, order| {
            race.one.gate.open_for(1);
            race.one.app.users.end_all(&7).await.unwrap();
            race.one.gate.arrival().await;
            pass_a_fence().await;
            let before = [race.one.ann().await, race.one.ann().await];
            let logins = (login(race.one.server.client()), login(race.two.server.client()));
            let ((one, first), (two, second)) = race.run(order, logins.0, logins.1).await;
            let mut statuses = [first.status, second.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, if when_full == WhenFull::Refuse { 409 } else { 200 }], "{order:?}");
            assert_eq!(race.one.app.users.sessions(&7).await.unwrap().len(), 3);
            match when_full {
                WhenFull::Refuse => {
                    race.one.assert_signed_in(&before[0]).await;
                    race.one.assert_signed_in(if first.status == 200 { &one } else { &two }).await;
                }
                WhenFull::EndOldest => {
                    race.one.assert_dead(&before[0]).await;
                    race.one.assert_signed_in(&one).await;
                    race.one.assert_signed_in(&two).await;
                }
            }
        })
        .await;
    }
}

/// Two hundred are let through, however parallel they are, and not one more.
#[tokio::test]
async fn two_hundred_wrong_passwords_over_four_programs_count_two_hundred() {
    const MANY: Rate = Rate { burst: 1_000, every: Duration::from_hours(1) };
    let two_hundred = Throttle { both: Rate { burst: 200, ..MANY }, identifier: MANY, network: MANY };
    for place in [Place::redis().await, Place::cluster().await] {
        let mut servers = Vec::new();
        for _ in 0..4 {
            let mut app = App::new(place.store().await, MemoryStore::new());
            app.users = app.users.with_throttle(Some(two_hundred));
            servers.push(Server::start(app.routes()).await);
        }
        let guess = |n: usize| {
            let mut client = servers[n % 4].client();
            let wrong = json!({ "email": "ann@example.com", "password": "wrong" });
            tokio::spawn(async move { client.post_json("/user/login", &wrong).await })
        };
        for guess in (0..200).map(guess).collect::<Vec<_>>() {
            guess.await.unwrap().assert_problem(401, "invalid-credentials");
        }
        for n in 0..4 {
            guess(n).await.unwrap().assert_problem(429, "too-many-logins");
        }
    }
}
