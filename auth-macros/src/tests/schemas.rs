//! What a schema and the attributes say beside each other.

use super::{Use, errors_in, with_schema};
use crate::paths::Crates;

const STRUCT: &str = "struct User { #[auth(id)] id: u64 }";
const BLOCK: &str = "impl User {
    async fn login(form: SignIn) -> Result<Self, E> {}
    #[expose_endpoint(get, \"/me\")] fn me() -> Profile {}
    #[expose_endpoint(get, \"/us\", response = Profile)] fn us() -> Profile {}
}";

const SCHEMA: &str = "
services:
  auth.cookies.sqlite: my_store::CookiesSqlite
entities:
  User:
    service: auth.cookies.memory
    path: /v1/user
    idle: 10m
    max_sessions: 5
    responses: { me: Profile, logout: crate::Bye }
  Guest: auth.cookies.sqlite
  Wrong:
    service: auth.cookies.memory
    idle: 30d
    cookie: a;b
";

fn expanded(used: Use) -> String {
    let output = with_schema(SCHEMA, || used.expand());
    assert_eq!(errors_in(output.clone()), [""; 0]);
    output.to_string()
}

fn errors(used: Use) -> Vec<String> {
    with_schema(SCHEMA, || used.errors())
}

#[test]
fn an_entity_takes_what_it_does_not_say_from_the_schema() {
    let text = expanded(Use::AuthService("", STRUCT));
    for part in ["CookiesMemory", "\"/v1/user\"", "600u64", "5u16", "include_bytes ! (\"/app/schema.yaml\")"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    let agreeing =
        "\"auth.cookies.memory\", idle = \"600s\", path = \"/v1/user\", max_sessions = 5, absolute = \"2h\"";
    assert!(expanded(Use::AuthService(agreeing, STRUCT)).contains("7200u64"));
}

#[test]
fn where_both_speak_they_agree() {
    let attr = "\"auth.cookies.redis\", idle = \"5m\", path = \"/u\", max_sessions = 6";
    assert_eq!(
        errors(Use::AuthService(attr, STRUCT)),
        [
            "`service` is `auth.cookies.redis` here, and `auth.cookies.memory` in schema.yaml:6:14",
            "`path` is `/u` here, and `/v1/user` in schema.yaml:7:11",
            "`idle` is `5m` here, and `10m` in schema.yaml:8:11",
            "`max_sessions` is `6` here, and `5` in schema.yaml:9:19",
        ]
    );
}

#[test]
fn a_service_of_ones_own_brings_its_marker() {
    let text = expanded(Use::AuthService("", "struct Guest { #[auth(id)] id: u64 }"));
    assert!(text.contains("type Service = my_store :: CookiesSqlite"), "{text}");
    assert!(text.contains("assert_service_ids :: < Guest > (& [\"auth.cookies.sqlite\"])"), "{text}");
}

#[test]
fn two_services_are_a_list() {
    const LIST: &str = "entities:\n  User:\n    service:\n    - auth.cookies.redis\n    - auth.bearer.redis\n  Guest: [auth.cookies.memory, auth.bearer.redis]";
    let run = |attr: &str, item: &str| with_schema(LIST, || Use::AuthService(attr, item).expand());
    let pair = "type Service = (:: auth_redis :: CookiesRedis , :: auth_redis :: BearerRedis)";
    for attr in ["", "\"auth.cookies.redis\", \"auth.bearer.redis\""] {
        assert!(run(attr, STRUCT).to_string().contains(pair), "{}", run(attr, STRUCT));
    }
    let agreed = "`service` is `auth.cookies.redis` here, and `auth.cookies.redis, auth.bearer.redis` in schema.yaml:4:7";
    assert_eq!(errors_in(run("\"auth.cookies.redis\"", STRUCT)), [agreed]);
    let stores = "schema.yaml:6:11: both services keep the entity's sessions, found one store `memory` and another `redis`";
    assert_eq!(errors_in(run("", "struct Guest { #[auth(id)] id: u64 }")), [stores]);
    for (wrong, found) in
        [("[]", "a list"), ("[a, b, c]", "a list"), ("[auth.cookies.redis, {}]", "a mapping")]
    {
        let text = format!("entities:\n  User:\n    service: {wrong}\n").leak();
        let found_errors = with_schema(text, || Use::AuthService("", STRUCT).errors());
        let expected =
            format!("schema.yaml:3:5: `service` takes the id of a service, or a list of two, found {found}");
        assert_eq!(found_errors, [expected], "{wrong}");
    }
}

#[test]
fn values_are_checked_where_they_stand() {
    assert_eq!(
        errors(Use::AuthService("", "struct Wrong { #[auth(id)] id: u64 }")),
        [
            "schema.yaml:15:13: `a;b` cannot be the name of a cookie",
            "schema.yaml:14:11: a session ends after 24h in any case, so it cannot be idle for 30d",
        ]
    );
}

#[test]
fn an_entity_that_is_not_declared() {
    let item = "struct Users { #[auth(id)] id: u64 }";
    assert_eq!(errors(Use::AuthService("", item)), ["`Users` is not in schema.yaml, did you mean `User`?"]);
    assert_eq!(errors(Use::AuthService("\"auth.cookies.memory\"", item)), [""; 0]);
    let asked = "\"auth.cookies.memory\", schema = \"schema.yaml\"";
    assert_eq!(errors(Use::AuthService(asked, item)).len(), 1);
}

#[test]
fn responses_reach_the_endpoints() {
    let text = expanded(Use::AuthService("", BLOCK));
    assert!(text.contains("crate :: Bye"), "{text}");
    assert!(text.contains("include_bytes"), "{text}");
    let other = BLOCK.replace("\"/me\"", "\"/me\", response = Other");
    assert_eq!(
        errors(Use::AuthService("", &other)),
        ["`response` is `Other` here, and `Profile` in schema.yaml:10:18"]
    );
    let gone = BLOCK.replace("fn me", "fn mee");
    let found = errors(Use::AuthService("", &gone));
    assert!(
        found[0].starts_with("schema.yaml:10:18: `User` has no endpoint `me`, did you mean `mee`?"),
        "{found:?}"
    );
}

#[test]
fn a_broken_schema_is_reported_by_the_first_entity_and_asked_for_by_the_others() {
    for broken in ["entities:\n  User: auth.cookies.memory\nidle: 5m", "entities:\n  User: [\n"] {
        let run = |attr: &str, name: &str| {
            let item = STRUCT.replace("User", name);
            with_schema(broken, || Use::AuthService(attr, &item).expand())
        };
        let first = run("", "User");
        assert_eq!(errors_in(first.clone()).len(), 1, "{first}");
        assert!(first.to_string().contains("Reports < Reporter >"), "{first}");
        for attr in ["", "\"auth.cookies.memory\""] {
            let second = run(attr, "Guest");
            assert_eq!(errors_in(second.clone()), [""; 0], "{second}");
            assert!(second.to_string().contains("message = \"schema.yaml:3:"), "{second}");
        }
        let router = with_schema(broken, || Use::AuthRouter("").expand());
        assert!(router.to_string().contains("message = \"schema.yaml:3:"), "{router}");
    }
}

#[test]
fn the_router_of_all_entities() {
    let text = expanded(Use::AuthRouter("\"schema.yaml\""));
    assert!(text.contains("< User > :: auth_routes"), "{text}");
    assert!(text.contains("schema.yaml:11 declares the entity `Guest`"), "{text}");
    let wrong = |used: Use| used.errors();
    assert_eq!(
        wrong(Use::AuthRouter("")),
        ["there is no schema.yaml in the crate's folder, nor above it in the workspace"]
    );
    assert_eq!(
        errors(Use::AuthRouter("schema.yaml")),
        ["`auth_router!` takes the path of a schema in quotes, found `schema.yaml`"]
    );
    assert_eq!(with_schema("entities:", || wrong(Use::AuthRouter(""))), ["schema.yaml declares no entities"]);
    assert_eq!(errors_in(Use::AuthRouter("").expand_with(Crates::NONE)).len(), 1);
}

#[test]
fn the_document_of_all_entities() {
    let text = expanded(Use::AuthOpenapi("\"schema.yaml\""));
    assert!(text.contains("< User > :: openapi ()"), "{text}");
    assert!(text.contains("openapi :: all (["), "{text}");
    assert!(text.contains("schema.yaml:11 declares the entity `Guest`"), "{text}");
    assert_eq!(
        errors(Use::AuthOpenapi("schema.yaml")),
        ["`auth_openapi!` takes the path of a schema in quotes, found `schema.yaml`"]
    );
}
