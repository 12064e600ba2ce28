//! Activity is noted seldom: once for each session, twentieth of the idle time and process at most.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use auth_core::MemoryStore;
use auth_core::testing::{ManualClock, Spy, Steps};
use auth_tests::app::App;
use auth_tests::{Client, World};

/// The users' idle time is 30 minutes.
const TWENTIETH: Duration = Duration::from_secs(90);
const TWENTIETHS: usize = 10;

/// A program, with a count of what it asks the store.
async fn program(store: &Arc<MemoryStore>) -> (World, Spy<Arc<MemoryStore>>) {
    let spy = Spy::on(Arc::clone(store));
    (World::of(App::new(spy.clone(), MemoryStore::new()), None).await, spy)
}

async fn look(client: &Client) {
    let mut clients = [client.clone(), client.clone(), client.clone()];
    let [one, two, three] = clients.each_mut().map(|client| client.get("/orders"));
    let answers: [_; 3] = tokio::join!(one, two, three).into();
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[tokio::test]
async fn activity_is_noted_once_in_a_twentieth_of_the_idle_time() {
    let clock = ManualClock::default();
    let store = Arc::new(MemoryStore::with_clock(clock.clone()));
    let ((one, spy), (other, spy_of_other)) = (program(&store).await, program(&store).await);
    let client = one.ann().await;
    let mut elsewhere = other.client();
    elsewhere.cookies.clone_from(&client.cookies);
    for _ in 0..TWENTIETHS * 3 {
        clock.advance(TWENTIETH / 3);
        look(&client).await;
        look(&elsewhere).await;
        Steps(one.app.users.clone()).settled().await;
        Steps(other.app.users.clone()).settled().await;
    }
    let noted = [spy.count().touch, spy_of_other.count().touch];
    assert!(noted.iter().all(|noted| *noted <= TWENTIETHS), "{noted:?}");
    assert!(noted.iter().sum::<usize>() >= TWENTIETHS, "it is noted at all: {noted:?}");
}
