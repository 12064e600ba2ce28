//! What no history and no rule shows: other versions, deadlines, fences, replies of another shape.

use super::{rules::Met, *};

static ADD: Script = aside("return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])");

fn a_rotation() -> Rotate {
    Rotate { have: current().into(), next: next(), nonce: [0; 16], grace: Duration::ZERO, idle: MINUTE }
}

fn a_touch() -> Touch {
    Touch { have: current().into(), grace: Duration::ZERO, idle: MINUTE }
}

fn end_all(at: Tag) -> Call {
    Call::end_all(at, None, &Progress::start(), NEVER)
}

#[tokio::test]
async fn records_of_other_versions_are_left_alone_and_count_as_none() {
    let bench = Bench::new().await;
    let (at, other) = (Tag::of("user", "1"), Uuid::from_u128(1));
    let create = |n, limit| Call::create(at, &a_session(n, limit, WhenFull::Refuse), NEVER, NEVER);
    bench.call(&create(2, 100)).await;
    let tail_without_room = [vec![1, 2], vec![0xff; 60]].concat();
    for unreadable in [vec![2; 200], vec![1; 20], Vec::new(), tail_without_room] {
        let put = [bytes(other.as_bytes()), bytes(&unreadable)];
        bench.link.call(&ADD, key(at), put.to_vec(), Manner::Plain).await.unwrap();
        for (call, word) in [
            (Call::rotate(at, other, &a_rotation(), NEVER), "gone"),
            (Call::touch(at, other, &a_touch(), NEVER), "refused"),
            (create(1, 100), "exists"),
            // It takes no room.
            (create(3, 2), "opened"),
            (create(4, 2), "full"),
        ] {
            assert_eq!(bench.call(&call).await.word, word);
        }
        bench
            .link
            .call(&END, key(at), vec![bytes(Uuid::from_u128(3).as_bytes())], Manner::Plain)
            .await
            .unwrap();
        let kept = bench.link.read_field(&key(at)[0], other.as_bytes(), Manner::Plain).await.unwrap();
        assert_eq!(kept.as_bytes(), Some(&*unreadable));
    }
    let (_, ended) = bench.call(&end_all(at)).await.progress().unwrap();
    assert_eq!(ended.len(), 2, "but it ends with all others");
}

#[tokio::test]
async fn of_two_sessions_as_old_the_lesser_id_makes_room() {
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let now = bench.now().await;
    let record =
        Met { rotated: 0, idle: 60_000, absolute: 60_000, fresh: false, previous: false, payload: vec![] };
    for n in [3_u128, 1, 2, 5, 4] {
        let put = [bytes(Uuid::from_u128(n).as_bytes()), bytes(&record.at(now).encode())];
        bench.link.call(&ADD, key(at), put.to_vec(), Manner::Plain).await.unwrap();
    }
    let reply = bench.call(&Call::create(at, &a_session(9, 3, WhenFull::EndOldest), NEVER, NEVER)).await;
    assert_eq!(reply.ids().unwrap(), [1, 2, 3].map(Uuid::from_u128));
}

#[tokio::test]
async fn what_comes_after_its_deadline_has_no_effect() {
    let bench = Bench::new().await;
    let (at, id) = (Tag::of("user", "1"), Uuid::from_u128(1));
    let now = bench.now().await;
    let just_gone = Timestamp::from_micros(now.as_micros() - 1);
    let met =
        Met { rotated: 0, idle: 60_000, absolute: 60_000, fresh: true, previous: true, payload: vec![1] };
    let record = met.at(now);
    bench.put(at, id, &record).await;
    let new = NewSession { replace: Some(id), ..a_session(2, 1, WhenFull::EndOldest) };
    for call in [
        Call::create(at, &new, just_gone, just_gone),
        Call::rotate(at, id, &a_rotation(), just_gone),
        Call::touch(at, id, &a_touch(), just_gone),
        Call::end_all(at, None, &Progress::start(), just_gone),
    ] {
        assert_eq!(bench.call(&call).await.word, "late");
        assert_eq!(bench.kept(at, id).await.as_ref(), Some(&record));
        assert_eq!(bench.link.read_field(&key(at)[0], b"!", Manner::Plain).await.unwrap(), Value::Null);
    }
}

#[tokio::test]
async fn a_login_that_began_at_the_fence_or_later_passes_it() {
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let fence = bench.call(&end_all(at)).await.time.as_micros();
    for (n, began, word) in
        [(1, 0, "fenced"), (2, fence - 1, "fenced"), (3, fence, "opened"), (4, fence + 1, "opened")]
    {
        let began = Timestamp::from_micros(began);
        let reply = bench.call(&Call::create(at, &a_session(n, 9, WhenFull::Refuse), began, NEVER)).await;
        assert_eq!(reply.word, word);
        if word == "fenced" {
            assert_eq!(reply.fence().unwrap().as_micros(), fence);
        }
    }
}

#[tokio::test]
async fn a_fence_goes_with_its_key_or_at_a_login_when_it_is_old() {
    static AGE: Script = aside(
        "local at = struct.unpack('>I7', redis.call('HGET', KEYS[1], '!')) \
         return redis.call('HSET', KEYS[1], '!', struct.pack('>I7', at - 601000000))",
    );
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let reply = bench.call(&end_all(at)).await;
    assert_eq!(bench.expiry(at).await.as_millis(), (reply.time + FENCE).as_millis());
    bench.link.call(&AGE, key(at), vec![], Manner::Plain).await.unwrap();
    let began = bench.now().await;
    let reply = bench.call(&Call::create(at, &a_session(1, 1, WhenFull::Refuse), began, NEVER)).await;
    assert_eq!(reply.word, "opened");
    assert_eq!(bench.link.read_field(&key(at)[0], b"!", Manner::Plain).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn a_fence_outlives_the_sessions_that_are_opened_behind_it() {
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let fenced = bench.call(&end_all(at)).await;
    let short = a_session(1, 9, WhenFull::Refuse);
    assert_eq!(bench.call(&Call::create(at, &short, fenced.time, NEVER)).await.word, "opened");
    assert!(bench.expiry(at).await.as_millis() >= (fenced.time + FENCE).as_millis());
    let again = bench.call(&end_all(at)).await;
    assert!(bench.expiry(at).await.as_millis() >= (again.time + FENCE).as_millis());
}

#[tokio::test]
async fn a_key_with_sessions_left_goes_with_the_last_of_them_and_not_with_the_fence() {
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let long = NewSession { idle: 2 * FENCE, absolute: 2 * FENCE, ..a_session(1, 9, WhenFull::Refuse) };
    let opened = bench.call(&Call::create(at, &long, NEVER, NEVER)).await;
    bench.call(&Call::end_all(at, Some(long.id), &Progress::start(), NEVER)).await;
    let last = (opened.time + 2 * FENCE).to_millis();
    assert_eq!(bench.expiry(at).await, last);
    let fenced = bench.call(&end_all(at)).await;
    assert_eq!(bench.expiry(at).await.as_millis(), (fenced.time + FENCE).as_millis());
}

#[test]
fn a_reply_of_another_shape_is_an_error_and_no_panic() {
    let list = |values: Vec<Value>| Reply::read(&Value::Array(values));
    for value in [Value::Null, Value::from("late"), Value::Integer(7), Value::Array(Vec::new())] {
        assert!(Reply::read(&value).is_err());
    }
    assert!(list(vec![Value::Integer(1), Value::Integer(2)]).is_err());
    assert!(list(vec![Value::from("next"), Value::from("soon")]).is_err());
    let reply = list(vec![Value::from("next"), Value::Integer(2)]).unwrap();
    assert!(reply.record().is_err() && reply.progress().is_err() && reply.fence().is_err());
    assert!(reply.unknown::<()>().is_err());
    let wrong_id = list(vec![Value::from("opened"), Value::Integer(2), bytes(&[1; 15])]).unwrap();
    assert!(wrong_id.ids().is_err());
}

#[tokio::test]
async fn who_takes_the_time_for_later_than_it_is_knows_not_when_a_login_began() {
    let bench = Bench::new().await;
    let at = Tag::of("user", "1");
    let fence = bench.call(&end_all(at)).await.time;
    let after = fence + Duration::from_secs(1);
    let create =
        |believed| Call::create(at, &a_session(2, 100, WhenFull::Refuse), after, NEVER).believing(believed);
    let ahead = bench.now().await + Duration::from_secs(2);
    assert_eq!(bench.call(&create(ahead)).await.word, "fenced");
    assert_eq!(bench.call(&create(fence)).await.word, "opened");
}

#[tokio::test]
async fn a_session_of_the_future_ends_with_all_others() {
    let bench = Bench::new().await;
    let (at, id) = (Tag::of("user", "1"), Uuid::from_u128(1));
    let now = bench.now().await + Duration::from_mins(1);
    let met =
        Met { rotated: 0, idle: 600_000, absolute: 600_000, fresh: false, previous: false, payload: vec![1] };
    bench.put(at, id, &Record { created: now, ..met.at(now) }).await;
    assert_eq!(bench.call(&end_all(at)).await.progress().unwrap().1, [id]);
}

/// No script of today does, but each may: nothing, and an error, would else be those of all.
#[tokio::test]
async fn a_call_among_many_that_gives_no_list_fails_alone() {
    static ODD: Script = aside(concat!(
        "#!lua\nlocal function one(KEYS, ARGV)\n",
        "  if ARGV[1] == 'nothing' then return nil end\n",
        "  if ARGV[1] == 'text' then return 'text' end\n",
        "  if ARGV[1] == 'error' then return redis.error_reply('ERR odd') end\n",
        "  if ARGV[1] == 'wrong' then return redis.call('GET') end\n",
        "  return {ARGV[1]}\nend\n",
        include_str!("../many.lua"),
    ));
    let bench = Bench::new().await;
    let call = |what: &&str| Command::Call {
        script: &ODD,
        many: &ODD,
        keys: vec!["key".to_owned()],
        arguments: vec![bytes(what.as_bytes())],
    };
    let calls = ["one", "nothing", "text", "two", "error", "wrong", "three"];
    let answers = send_all(&bench.link, calls.iter().map(call).collect()).await.unwrap();
    for (what, answer) in calls.iter().zip(answers) {
        let is_list = ["one", "two", "three"].contains(what);
        // What it gave may be a record, and an error is logged.
        assert!(answer.as_ref().err().is_none_or(|error| !error.details().contains("text")), "{answer:?}");
        assert_eq!(answer.ok(), is_list.then(|| Value::Array(vec![Value::from(*what)])), "{what}");
    }
}
