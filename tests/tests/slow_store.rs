//! A store that takes its time: what is late is tried once more, and what two requests want is done once.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use auth_core::session::Tag;
use auth_core::store::{Created, Found, NewSession, StoreResult};
use auth_core::testing::Spy;
use auth_core::{MemoryStore, SessionStore};
use auth_tests::app::App;
use auth_tests::world::sign_in;
use auth_tests::{Client, World, pass_on};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// A store that gets to some logins too late.
struct Late {
    store: MemoryStore,
    times: Mutex<usize>,
    tried: Arc<Mutex<Vec<Uuid>>>,
}

impl SessionStore for Late {
    async fn create(&self, at: Tag, new: NewSession) -> StoreResult<Created> {
        self.tried.lock().unwrap().push(new.id);
        {
            let mut times = self.times.lock().unwrap();
            if *times > 0 {
                *times -= 1;
                return Ok(Created::Late);
            }
        }
        self.store.create(at, new).await
    }

    pass_on!(store: login_begins now read rotate touch renew list update count refund end end_all server_key);
}

async fn late(times: usize) -> (World, Arc<Mutex<Vec<Uuid>>>) {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let store = Late { store: MemoryStore::new(), times: Mutex::new(times), tried: Arc::clone(&tried) };
    (World::of(App::new(store, MemoryStore::new()), None).await, tried)
}

#[tokio::test]
async fn a_login_that_came_too_late_is_tried_once_more_with_another_id() {
    let (world, tried) = late(1).await;
    let mut client = world.client();
    let answer = sign_in(&mut client, "ann@example.com").await;
    assert_eq!(answer.status, 200);
    let tried = tried.lock().unwrap().clone();
    let [first, second] = tried[..] else { panic!("{tried:?}") };
    assert_ne!(first, second, "a copy of the first that comes later must open nothing");
    assert_eq!(answer.json()["session_id"], second.to_string());
    assert_eq!(client.get("/orders").await.status, 200);
}

#[tokio::test]
async fn a_login_that_comes_too_late_twice_is_given_up() {
    let (world, tried) = late(2).await;
    let mut client = world.client();
    sign_in(&mut client, "ann@example.com").await.assert_problem(503, "unavailable");
    assert!(client.cookies.is_empty());
    assert_eq!(tried.lock().unwrap().len(), 2);
    assert!(world.app.users.sessions(&7).await.unwrap().is_empty());
}

/// A store whose answers to reading wait, when they have been made.
#[derive(Clone)]
struct SlowToAnswer {
    store: Spy<MemoryStore>,
    read: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl SlowToAnswer {
    fn new() -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        SlowToAnswer { store: Spy::on(MemoryStore::new()), read: closed(), open: closed() }
    }

    /// Waits until a session has been read.
    async fn has_read(&self) {
        self.read.acquire().await.unwrap().forget();
    }
}

impl SessionStore for SlowToAnswer {
    async fn read(&self, at: Tag, id: Uuid) -> StoreResult<Option<Found>> {
        let found = self.store.read(at, id).await;
        self.read.add_permits(1);
        self.open.acquire().await.unwrap().forget();
        found
    }

    pass_on!(store: login_begins now create rotate touch renew list update count refund end end_all server_key);
}

fn look(client: &Client) -> tokio::task::JoinHandle<()> {
    let mut client = client.clone();
    tokio::spawn(async move { assert_eq!(client.get("/orders").await.status, 200) })
}

/// Both have read that nobody has used the successor yet, and the second one's answer comes when that is noted.
#[tokio::test]
async fn activity_is_noted_once_for_requests_that_arrive_at_once() {
    let slow = SlowToAnswer::new();
    let world = World::of(App::new(slow.clone(), MemoryStore::new()), None).await;
    let mut client = world.ann().await;
    assert_eq!(client.post("/user/refresh").await.status, 200);
    let (one, two) = (look(&client), look(&client));
    slow.has_read().await;
    slow.has_read().await;
    assert_eq!(slow.store.count().touch, 0);
    slow.open.add_permits(1);
    while slow.store.count().touch == 0 {
        tokio::task::yield_now().await;
    }
    slow.open.add_permits(1);
    one.await.unwrap();
    two.await.unwrap();
    // What the second left to be done comes before this one is answered.
    slow.open.add_permits(1);
    look(&client).await.unwrap();
    assert_eq!(slow.store.count().touch, 1);
}
