//! The life of a session over real HTTP, with each kind of store.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use auth_core::testing::ManualClock;
use auth_core::{Auth, Policy};
use auth_redis::RedisStore;
use auth_tests::app::{App, User};
use auth_tests::redis_server::Reply;
use auth_tests::world::{ACCOUNT, USER, enter, sign_in};
use auth_tests::{RedisServer, World};
use reqwest::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[tokio::test]
async fn sign_in_look_refresh_and_sign_out() {
    World::each(async |world| {
        let mut client = world.client();
        client.get("/orders").await.assert_problem(401, "not-signed-in");

        let answer = sign_in(&mut client, "ann@example.com").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["principal"], "7");
        let session = answer.json()["session_id"].clone();
        assert_eq!(client.get("/orders").await.body, "ann@example.com");
        let me = client.get("/user/me").await;
        assert_eq!(me.json(), json!({ "id": 7, "email": "ann@example.com", "has_hash": false }));
        let shown = client.get("/user/session").await.json();
        assert_eq!(shown["session_id"], session);
        assert_eq!(shown["created_at"], shown["authenticated_at"]);

        let before = client.clone();
        let refreshed = client.post("/user/refresh").await;
        assert_eq!(refreshed.status, 200);
        assert_eq!(refreshed.json()["session_id"], session);
        assert_ne!(client.cookie(USER), before.cookie(USER));
        assert_eq!(client.get("/orders").await.status, 200);

        let left = client.post("/user/logout").await;
        assert_eq!((left.status, left.body.as_str()), (204, ""));
        assert!(client.cookies.is_empty());
        client.get("/orders").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn a_cookie_is_dead_after_sign_out() {
    World::each(async |world| {
        let mut client = world.ann().await;
        let mut thief = client.clone();
        assert_eq!(client.post("/user/logout").await.status, 204);
        for path in ["/orders", "/user/session", "/user/me"] {
            thief.get(path).await.assert_problem(401, "not-signed-in");
        }
        thief.post("/user/refresh").await.assert_problem(401, "not-signed-in");
        thief.post("/user/logout").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn a_planted_cookie_is_never_adopted() {
    World::each(async |world| {
        let attacker = world.ann().await;
        let unknown = "A".repeat(80);
        for planted in [attacker.cookie(USER), &unknown] {
            let mut victim = world.client();
            victim.cookies.insert(USER.to_owned(), planted.to_owned());
            assert_eq!(sign_in(&mut victim, "bob@example.com").await.status, 200);
            assert_ne!(victim.cookie(USER), planted);
            assert_eq!(victim.get("/orders").await.body, "bob@example.com");
            let mut planter = attacker.clone();
            planter.cookies.insert(USER.to_owned(), planted.to_owned());
            planter.get("/orders").await.assert_problem(401, "not-signed-in");
        }
    })
    .await;
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    World::each(async |world| {
        for next in ["ann@example.com", "bob@example.com"] {
            let mut client = world.ann().await;
            let mut before = client.clone();
            let mut elsewhere = world.ann().await;
            assert_eq!(sign_in(&mut client, next).await.status, 200);
            assert_eq!(client.get("/orders").await.body, next);
            before.get("/orders").await.assert_problem(401, "not-signed-in");
            assert_eq!(elsewhere.get("/orders").await.status, 200, "another device stays signed in");
        }
    })
    .await;
}

#[tokio::test]
async fn a_failed_sign_in_changes_nothing() {
    World::each(async |world| {
        let mut client = world.ann().await;
        let before = client.cookies.clone();
        let wrong = json!({ "email": "ann@example.com", "password": "wrong" });
        client.post_json("/user/login", &wrong).await.assert_problem(401, "invalid-credentials");
        assert_eq!(client.cookies, before);
        assert_eq!(client.get("/orders").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_cookie_of_a_user_signs_no_account_in() {
    World::each(async |world| {
        // Both have the id 7, and their sessions are in one store.
        let (user, account) = (world.ann().await, world.account().await);
        for (own, other, path) in [(&user, ACCOUNT, "/bank"), (&account, USER, "/user")] {
            let mut forger = world.client();
            let value = own.cookies.values().next().unwrap();
            forger.cookies.insert(other.to_owned(), value.clone());
            forger.get(&format!("{path}/sessions")).await.assert_problem(401, "not-signed-in");
            forger.post(&format!("{path}/refresh")).await.assert_problem(401, "not-signed-in");
        }
        let mut forger = world.client();
        forger.cookies.insert(ACCOUNT.to_owned(), user.cookie(USER).to_owned());
        forger.post("/bank/leave").await.assert_problem(401, "not-signed-in");
        assert_eq!(forger.get("/maybe").await.body, "nobody, none");
        assert_eq!(user.clone().get("/orders").await.status, 200, "and does no harm to the user");
        assert_eq!(account.clone().post("/account").await.body, "Ann");
    })
    .await;
}

#[tokio::test]
async fn one_browser_can_be_a_user_and_an_account() {
    World::each(async |world| {
        let mut client = world.ann().await;
        assert_eq!(enter(&mut client, 8).await.status, 201);
        assert_eq!(client.get("/maybe").await.body, "ann@example.com, 8");
        assert_eq!(client.get("/all").await.body, "7 true true true");
        assert_eq!(client.post("/user/logout").await.status, 204);
        assert_eq!(client.get("/maybe").await.body, "nobody, 8");
    })
    .await;
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_get_the_same_cookie() {
    World::each(async |world| {
        for _ in 0..50 {
            let (mut one, mut reader) = (world.ann().await, world.client());
            let mut two = one.clone();
            reader.cookies.clone_from(&one.cookies);
            let (first, second, read) =
                tokio::join!(one.post("/user/refresh"), two.post("/user/refresh"), reader.get("/orders"));
            assert_eq!((first.status, second.status, read.status), (200, 200, 200));
            assert_eq!(one.cookies, two.cookies);
            assert_eq!(one.get("/orders").await.status, 200);
            assert_eq!(reader.get("/orders").await.status, 200, "a late request with the secret before");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_repeated() {
    World::each(async |world| {
        let mut client = world.ann().await;
        let mut lost = client.clone();
        assert_eq!(lost.post("/user/refresh").await.status, 200);
        assert_eq!(client.post("/user/refresh").await.status, 200);
        assert_eq!(client.cookies, lost.cookies);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_that_comes_too_early_sets_no_cookie() {
    World::each(async |world| {
        let mut client = world.ann().await;
        client.post("/user/refresh").await;
        let second = client.post("/user/refresh").await;
        assert_eq!(second.status, 200);
        assert!(second.set_cookies().is_empty());
        assert_eq!(client.get("/orders").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_secret_of_long_ago_ends_the_session_at_refresh_and_is_a_plain_401_elsewhere() {
    let clock = ManualClock::default();
    let world = World::at(&clock).await;
    let grace = Policy::DEFAULT.grace();
    let mut client = world.ann().await;
    let mut thief = client.clone();
    for _ in 0..2 {
        client.post("/user/refresh").await;
        assert_eq!(client.get("/orders").await.status, 200);
        // The first use of the successor is noted behind the request's back.
        while client.clone().post("/user/refresh").await.set_cookies() != Vec::<String>::new() {}
        clock.advance(grace);
    }
    thief.get("/orders").await.assert_problem(401, "not-signed-in");
    assert_eq!(client.get("/orders").await.status, 200, "the session goes on");
    thief.post("/user/refresh").await.assert_problem(401, "not-signed-in");
    client.get("/orders").await.assert_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_its_absolute_limit() {
    let clock = ManualClock::default();
    let world = World::at(&clock).await;
    let policy = Policy::DEFAULT;
    let milli = Duration::from_millis(1);

    let mut unused = world.ann().await;
    clock.advance(policy.idle().checked_sub(milli).unwrap());
    assert_eq!(unused.get("/public").await.status, 200, "a route that asks for no session is no use of one");
    clock.advance(milli);
    unused.get("/orders").await.assert_problem(401, "not-signed-in");
    unused.post("/user/refresh").await.assert_problem(401, "not-signed-in");

    let mut used = world.ann().await;
    let opened = used.get("/user/session").await.json();
    let last = date(&opened["expires_at"]);
    let step = policy.idle() / 2;
    let mut now = date(&opened["created_at"]);
    while now + step < last {
        clock.advance(step);
        now += step;
        assert_eq!(used.get("/orders").await.status, 200);
        // Activity is noted behind the request's back.
        while date(&used.get("/user/session").await.json()["idle_expires_at"])
            != last.min(now + policy.idle())
        {}
    }
    clock.advance(step.checked_sub(milli).unwrap());
    assert_eq!(used.get("/orders").await.status, 200);
    clock.advance(milli);
    used.get("/orders").await.assert_problem(401, "not-signed-in");
}

fn date(text: &serde_json::Value) -> OffsetDateTime {
    OffsetDateTime::parse(text.as_str().unwrap(), &Rfc3339).unwrap()
}

#[tokio::test]
async fn redis_ends_sessions_at_both_limits_by_its_own_clock() {
    let redis = RedisServer::start().await;
    let store = RedisStore::connect(&redis.url()).await.unwrap();
    let policy = Policy::new(Duration::from_secs(1), Duration::from_secs(3)).unwrap();
    let mut app = App::new(auth_core::MemoryStore::new(), auth_core::MemoryStore::new());
    app.users = Auth::<User>::new(store).with_policy(policy);
    let world = World::of(app, Some(redis)).await;

    let (mut used, mut unused) = (world.ann().await, world.ann().await);
    let start = Instant::now();
    let mut unused_ended = None;
    while used.get("/orders").await.status == 200 {
        assert!(start.elapsed() < Duration::from_secs(6), "activity cannot pass the absolute limit");
        tokio::time::sleep(Duration::from_millis(50)).await;
        // Asking would be using: the other one is looked at once, when it must have ended.
        if unused_ended.is_none() && start.elapsed() > Duration::from_millis(1500) {
            unused_ended = Some(unused.get("/orders").await.status);
        }
    }
    assert!(start.elapsed() >= Duration::from_millis(2500), "used, it lives on: {:?}", start.elapsed());
    assert_eq!(unused_ended, Some(401));
    used.post("/user/refresh").await.assert_problem(401, "not-signed-in");
    // Nothing is left behind either.
    let redis = world.redis.as_ref().unwrap();
    let tag = auth_core::session::Tag::of("user", "7");
    while redis.command(&["EXISTS", &format!("auth:{tag}")]).await != Reply::Int(0) {
        assert!(start.elapsed() < Duration::from_secs(9), "the key goes with its last session");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_oldest_session_makes_room_for_one_too_many() {
    World::each(async |world| {
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(world.account().await);
            tokio::time::sleep(Duration::from_millis(2)).await; // sessions of one millisecond have no order
        }
        let mut alive = Vec::new();
        for client in &mut clients {
            alive.push(client.post("/account").await.status == 200);
        }
        assert_eq!(alive, [false, true, true, true], "three sessions are the limit of an account");
    })
    .await;
}

#[tokio::test]
async fn a_program_can_end_one_session_or_all_of_a_principal() {
    World::each(async |world| {
        let (mut one, mut two, mut three) = (world.ann().await, world.ann().await, world.ann().await);
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        let id = one.get("/user/session").await.json()["session_id"].as_str().unwrap().parse().unwrap();
        assert!(!world.app.users.end(&8, id).await.unwrap(), "another principal's session is none");
        assert!(world.app.users.end(&7, id).await.unwrap());
        assert!(!world.app.users.end(&7, id).await.unwrap());
        one.get("/orders").await.assert_problem(401, "not-signed-in");
        assert_eq!(two.get("/orders").await.status, 200);

        assert_eq!(world.app.users.end_all(&7).await.unwrap(), 2);
        two.get("/orders").await.assert_problem(401, "not-signed-in");
        three.post("/user/refresh").await.assert_problem(401, "not-signed-in");
        assert_eq!(bob.get("/orders").await.status, 200);
        assert_eq!(sign_in(&mut one, "ann@example.com").await.status, 200, "a new login begins after it");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_reloaded_and_its_hooks_are_told() {
    World::each(async |world| {
        let mut client = world.client();
        let welcome = enter(&mut client, 7).await;
        assert_eq!(welcome.status, 201);
        let members: Vec<_> = welcome.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["expires_at", "owner", "session_id"], "nothing leaves that is not listed");
        assert_eq!(client.post("/account").await.body, "Ann");
        assert_eq!(client.post("/bank/refresh").await.status, 200);
        let farewell = client.post("/bank/leave").await;
        assert_eq!(farewell.status, 200);
        assert_eq!(farewell.json()["session_id"], welcome.json()["session_id"]);
        assert_eq!(world.app.bank.notes(), ["Ann refreshed", "7 left"]);
        assert!(client.cookies.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_closed_loses_its_session_and_one_that_cannot_be_looked_up_does_not() {
    World::each(async |world| {
        let mut client = world.account().await;
        world.app.bank.set_closed_for_lunch(true);
        client.post("/account").await.assert_problem(503, "unavailable");
        client.post("/bank/refresh").await.assert_problem(503, "unavailable");
        world.app.bank.set_closed_for_lunch(false);
        assert_eq!(client.post("/account").await.status, 200);
        assert_eq!(client.post("/bank/refresh").await.status, 200);

        world.app.bank.close(7);
        client.post("/account").await.assert_problem(401, "not-signed-in");
        client.get("/bank/holder").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn the_endpoint_of_authenticate_shows_what_its_model_lists() {
    World::each(async |world| {
        let mut client = world.account().await;
        let shown = client.get("/bank/holder").await;
        assert_eq!(shown.status, 203);
        assert_eq!(shown.header("cache-control"), "no-store");
        let shown = shown.json();
        let keys: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["owner", "session_id", "until"]);
        assert_eq!(shown["owner"], "Ann");
        assert_eq!(client.get("/bank/sessions").await.json()[0]["session_id"], shown["session_id"]);
        client.cookies.clear();
        client.get("/bank/holder").await.assert_problem(401, "not-signed-in");
        assert_eq!(client.get("/bank/session").await.status, 404, "the endpoint is elsewhere");
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_can_be_for_some_only() {
    World::each(async |world| {
        let name = json!({ "email": "new@example.com" });
        let mut nobody = world.client();
        nobody.post_json("/user/1/rename", &name).await.assert_problem(401, "not-signed-in");
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        bob.post_json("/user/1/rename", &name).await.assert_problem(403, "not-allowed");
        let mut ann = world.ann().await;
        let renamed = ann.post_json("/user/1/rename", &name).await;
        assert_eq!((renamed.status, renamed.json()), (201, name.clone()));
        ann.post_json("/user/0/rename", &name).await.assert_problem(403, "not-allowed");
        ann.post_json("/user/x/rename", &name).await.assert_problem(400, "rejected");
    })
    .await;
}

#[tokio::test]
async fn a_sensitive_endpoint_asks_for_a_recent_sign_in() {
    let clock = ManualClock::default();
    let world = World::at(&clock).await;
    let name = json!({ "email": "new@example.com" });
    let mut ann = world.ann().await;
    clock.advance(Duration::from_mins(5));
    assert_eq!(ann.post_json("/user/1/rename", &name).await.status, 201);
    clock.advance(Duration::from_millis(1));
    ann.post("/user/refresh").await;
    ann.post_json("/user/1/rename", &name).await.assert_problem(403, "authentication-too-old");
    sign_in(&mut ann, "ann@example.com").await;
    assert_eq!(ann.post_json("/user/1/rename", &name).await.status, 201);
}

#[tokio::test]
async fn an_optional_extractor_is_none_without_a_session() {
    World::each(async |world| {
        let mut client = world.client();
        assert_eq!(client.get("/maybe").await.body, "nobody, none");
        assert_eq!(client.send(Method::POST, "/maybe").await.body, "nobody, none");
        client.cookies.insert(USER.to_owned(), "broken".to_owned());
        assert_eq!(client.get("/maybe").await.body, "nobody, none");
    })
    .await;
}
