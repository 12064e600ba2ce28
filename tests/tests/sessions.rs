//! The sessions of a principal: listed, ended, renewed, updated.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auth_core::Policy;
use auth_core::testing::ManualClock;
use auth_tests::app::PASSWORD;
use auth_tests::world::{USER, enter, sign_in};
use auth_tests::{Client, World};
use reqwest::Method;
use reqwest::header::USER_AGENT;
use serde_json::{Value, json};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn with_browser(world: &World) -> Client {
    let mut client = world.client();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let request = client.request(Method::POST, "/user/login").header(USER_AGENT, FIREFOX).json(&body);
    assert_eq!(client.finish(request).await.status, 200);
    client
}

async fn id_of(client: &mut Client) -> String {
    client.get("/user/session").await.json()["session_id"].as_str().unwrap().to_owned()
}

async fn list(client: &mut Client) -> Vec<Value> {
    let answer = client.get("/user/sessions").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn a_user_sees_the_own_sessions_and_nobody_elses() {
    World::each(async |world| {
        let (mut one, mut two) = (with_browser(&world).await, world.ann().await);
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        enter(&mut bob, 7).await;
        let sessions = list(&mut one).await;
        let ids = [id_of(&mut one).await, id_of(&mut two).await];
        assert_eq!(sessions.len(), 2);
        for session in &sessions {
            let own = session["session_id"] == ids[0].as_str();
            assert!(own || session["session_id"] == ids[1].as_str());
            assert_eq!(session["current"], own);
            assert_eq!(session["network"], "127.0.0.0/24");
            assert_eq!(session["agent"], if own { json!("Firefox on Linux") } else { Value::Null });
            assert!(session["created_at"].as_str() <= session["last_seen_at"].as_str());
            let members: Vec<_> = session.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(
                members,
                [
                    "agent",
                    "authenticated_at",
                    "created_at",
                    "current",
                    "expires_at",
                    "idle_expires_at",
                    "last_seen_at",
                    "network",
                    "session_id"
                ]
            );
        }
        world.client().get("/user/sessions").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn a_user_ends_one_of_the_own_sessions() {
    World::each(async |world| {
        let (mut one, mut two) = (world.ann().await, world.ann().await);
        let path = format!("/user/sessions/{}", id_of(&mut two).await);
        let ended = one.send(Method::DELETE, &path).await;
        assert_eq!((ended.status, ended.set_cookies().len()), (204, 0));
        two.get("/orders").await.assert_problem(401, "not-signed-in");
        one.send(Method::DELETE, &path).await.assert_problem(404, "no-such-session");
        let own = format!("/user/sessions/{}", id_of(&mut one).await);
        let ended = one.send(Method::DELETE, &own).await;
        assert_eq!(ended.status, 204);
        assert!(one.cookies.is_empty(), "ending the own one is signing out");
    })
    .await;
}

#[tokio::test]
async fn another_principals_session_is_answered_as_an_unknown_one() {
    World::each(async |world| {
        let mut ann = world.ann().await;
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        let of_bob = format!("/user/sessions/{}", id_of(&mut bob).await);
        let unknown = "/user/sessions/00000000-0000-0000-0000-000000000000";
        let mut answers = Vec::new();
        for path in [of_bob.as_str(), unknown, "/user/sessions/x", "/user/sessions/%00"] {
            let answer = ann.send(Method::DELETE, path).await;
            answer.assert_problem(404, "no-such-session");
            answers.push(answer.body);
        }
        assert!(answers.iter().all(|body| *body == answers[0]));
        assert_eq!(bob.get("/orders").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_user_ends_all_other_sessions() {
    World::each(async |world| {
        let (mut one, mut two, mut three) = (world.ann().await, world.ann().await, world.ann().await);
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        assert_eq!(one.send(Method::DELETE, "/user/sessions").await.status, 204);
        two.get("/orders").await.assert_problem(401, "not-signed-in");
        three.post("/user/refresh").await.assert_problem(401, "not-signed-in");
        assert_eq!(one.get("/orders").await.status, 200);
        assert_eq!(bob.get("/orders").await.status, 200);
        assert_eq!(list(&mut one).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn credentials_that_are_checked_again_give_the_same_session_a_new_secret_and_a_fresh_start() {
    World::each(async |world| {
        let mut client = world.ann().await;
        client.post("/user/refresh").await;
        let (before, session) = (client.clone(), id_of(&mut client).await);
        let good = json!({ "email": "ann@example.com", "password": PASSWORD });
        let answer = client.post_json("/user/reauthenticate", &good).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["session_id"], session.as_str());
        assert_ne!(client.cookie(USER), before.cookie(USER));
        assert_eq!(client.get("/orders").await.status, 200);
        before.clone().get("/orders").await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn only_the_own_credentials_renew_a_session() {
    World::each(async |world| {
        let mut client = world.ann().await;
        let before = client.cookies.clone();
        for (body, status, name) in [
            (json!({ "email": "ann@example.com", "password": "wrong" }), 401, "invalid-credentials"),
            (json!({ "email": "bob@example.com", "password": PASSWORD }), 401, "invalid-credentials"),
            (json!({}), 422, "unprocessable"),
        ] {
            client.post_json("/user/reauthenticate", &body).await.assert_problem(status, name);
        }
        assert_eq!(client.cookies, before);
        assert_eq!(client.get("/orders").await.status, 200);
        let good = json!({ "email": "ann@example.com", "password": PASSWORD });
        world.client().post_json("/user/reauthenticate", &good).await.assert_problem(401, "not-signed-in");
    })
    .await;
}

#[tokio::test]
async fn a_sensitive_step_is_open_again_after_reauthentication() {
    let clock = ManualClock::default();
    let world = World::at(&clock).await;
    let mut client = world.ann().await;
    clock.advance(Duration::from_mins(5) + Duration::from_millis(1));
    let name = json!({ "email": "new@example.com" });
    client.post_json("/user/1/rename", &name).await.assert_problem(403, "authentication-too-old");
    client.get("/sensitive").await.assert_problem(403, "authentication-too-old");
    let good = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(client.post_json("/user/reauthenticate", &good).await.status, 200);
    assert_eq!(client.post_json("/user/1/rename", &name).await.status, 201);
    assert_eq!(client.get("/sensitive").await.body, "ann@example.com");
    // The absolute limit counts from the login all the same.
    let shown = client.get("/user/session").await.json();
    assert!(shown["authenticated_at"].as_str() > shown["created_at"].as_str());
}

#[tokio::test]
async fn what_sessions_carry_can_be_updated() {
    World::each(async |world| {
        let (mut one, mut two) = (world.ann().await, world.ann().await);
        let mut bob = world.client();
        sign_in(&mut bob, "bob@example.com").await;
        one.post("/user/refresh").await;
        let before = one.clone();
        let ann = auth_tests::app::User::renamed(7, "ann@new.example");
        assert_eq!(world.app.users.update(&ann).await.unwrap(), 2);
        for client in [&mut one, &mut two, &mut before.clone()] {
            assert_eq!(client.get("/orders").await.body, "ann@new.example");
        }
        assert_eq!(bob.get("/orders").await.body, "bob@example.com");
        assert_eq!(list(&mut one).await.len(), 2, "devices are still known");
        assert_eq!(list(&mut one).await[0]["network"], "127.0.0.0/24");
        assert_eq!(sign_in(&mut two, "ann@example.com").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn when_a_session_was_last_seen_is_known_to_a_twentieth_of_the_idle_time() {
    let clock = ManualClock::default();
    let world = World::at(&clock).await;
    let (mut used, mut unused) = (world.ann().await, world.ann().await);
    let unused_id = id_of(&mut unused).await;
    clock.advance(Policy::DEFAULT.idle() / 2);
    used.get("/orders").await;
    loop {
        let sessions = list(&mut used).await;
        let seen = |unused: bool| {
            let session =
                sessions.iter().find(|s| (s["session_id"] == unused_id.as_str()) == unused).unwrap();
            (session["last_seen_at"].clone(), session["created_at"].clone())
        };
        let ((last, created), (unused_last, unused_created)) = (seen(false), seen(true));
        assert_eq!(unused_last, unused_created);
        // Activity is noted behind the request's back.
        if last != created {
            assert_eq!(last, "2026-01-01T00:15:00Z");
            break;
        }
    }
}
