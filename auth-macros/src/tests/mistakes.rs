//! Each mistake is told once; what the compiler makes of the message is in tests/ui.

use super::{Use, errors_in};
use crate::paths::Crates;

const STRUCT: &str = "struct User { #[auth(id)] id: u64, email: String }";

#[track_caller]
fn assert_one(found: &[String], expected: &str, of: &str) {
    match found {
        [one] => assert!(one.contains(expected), "found `{one}`, expected `{expected}` of {of}"),
        other => panic!("found {other:?}, expected one error `{expected}` of {of}"),
    }
}

#[test]
fn options_of_an_entity() {
    for (attr, expected) in [
        (r#""auth.cookies.radis""#, "did you mean `auth.cookies.redis`?"),
        (r#""basic""#, "unknown service `basic`"),
        ("", "names a service"),
        ("idle = \"1h\"", "begins with the id of a service"),
        (r#""auth.cookies.redis", ide = "1h""#, "unknown option `ide`, did you mean `idle`?"),
        (r#""auth.cookies.redis", schema"#, "`schema` has no value"),
        (r#""auth.cookies.redis", idle"#, "`idle` has no value"),
        (r#""auth.cookies.redis", idle ="#, "`idle` has no value"),
        (r#""auth.cookies.redis", idle = 5"#, "takes a duration in quotes, found `5`"),
        (r#""auth.cookies.redis", idle = "1h" "2h""#, "takes a duration in quotes"),
        (r#""auth.cookies.redis", idle = "1h", idle = "1h""#, "`idle` is given twice"),
        (r#""auth.cookies.redis", idle = "1w""#, "`1w` is no duration"),
        (r#""auth.cookies.redis", idle = "0m""#, "too short"),
        (r#""auth.cookies.redis", absolute = "401d""#, "cannot live for `401d`"),
        (r#""auth.cookies.redis", idle = "25h""#, "ends after 24h in any case, so it cannot be idle for 25h"),
        (
            r#""auth.cookies.redis", absolute = "10m""#,
            "ends after 10m in any case, so it cannot be idle for 30m",
        ),
        (r#""auth.cookies.redis", assurance = "aal4""#, "unknown level `aal4`"),
        (
            r#""auth.cookies.redis", assurance = "aal2", idle = "61m""#,
            "at `aal2` a session may be idle for 1h at most",
        ),
        (
            r#""auth.cookies.redis", assurance = "aal3", absolute = "13h""#,
            "at `aal3` a session ends after 12h at the latest",
        ),
        (r#""auth.cookies.redis", path = "user""#, "a path begins with `/`"),
        (r#""auth.cookies.redis", path = "/""#, "a path does not end with `/`"),
        (r#""auth.cookies.redis", path = "/a//b""#, "two `/` in a row"),
        (r#""auth.cookies.redis", path = "/a?b""#, "no query"),
        (r#""auth.cookies.redis", path = "/{a}""#, "no parameters"),
        (r#""auth.cookies.redis", path = "/a b""#, "no spaces"),
        (r#""auth.cookies.redis", cookie = """#, "cannot be the name of a cookie"),
        (r#""auth.cookies.redis", cookie = "a;b""#, "cannot be the name of a cookie"),
        (r#""auth.cookies.redis", cookie = "__Host-a""#, "the prefix `__Host-` is added"),
        (r#""auth.cookies.redis", name = "7up""#, "cannot be the name of an entity"),
        (r#""auth.cookies.redis", name = """#, "cannot be the name of an entity"),
        (r#""auth.cookies.redis", name = "a:b""#, "cannot be the name of an entity"),
        (r#""auth.cookies.redis", name = "a-b""#, "cannot be the name of an entity"),
        (r#""auth.cookies.redis", name = "aB""#, "cannot be the name of an entity"),
        (r#""auth.cookies.redis", max_sessions = 0"#, "1 to 100, found `0`"),
        (r#""auth.cookies.redis", max_sessions = 101"#, "1 to 100, found `101`"),
        (r#""auth.cookies.redis", max_sessions = "5""#, "takes a number"),
        (r#""auth.cookies.redis", "auth.bearer.memory""#, "found one store `redis` and another `memory`"),
        (r#""auth.cookies.redis", "auth.cookies.redis""#, "found `cookies` twice"),
        (r#""auth.cookies.redis", "auth.bear.redis""#, "did you mean `auth.bearer.redis`?"),
        (r#""auth.cookies.redis", "auth.bearer.redis", "more""#, "found `\"more\"`"),
        (r#""auth.bearer.redis", cookie = "sid""#, "`cookie` is for sessions that travel in cookies"),
        (
            r#""auth.bearer.redis", login_page = "/login""#,
            "`login_page` is for sessions that travel in cookies",
        ),
        (r#""auth.cookies.redis", service = my::Marker"#, "`auth.cookies.redis`"),
        (r#""auth.cookies.mine.own", service = my::Marker"#, "`auth.cookies.mine.own`"),
        (r#""auth.cookies.redis", forms = true"#, "a form is answered with a page"),
        (r#""auth.cookies.redis", login_page = "/login", forms = yes"#, "takes `true` or `false`"),
        (r#""auth.cookies.redis", login_page = "login""#, "`login` cannot be a page on this host"),
        (r#""auth.cookies.redis", login_page = "//login""#, "cannot be a page on this host"),
        (r#""auth.cookies.redis", login_page = "/\\login""#, "cannot be a page on this host"),
        (r#""auth.cookies.redis", login_page = "/login?a""#, "cannot be a page on this host"),
    ] {
        assert_one(&Use::AuthService(attr, STRUCT).errors(), expected, attr);
    }
}

/// Idle, absolute, and how many: as they are written, or less where a level asks for it. At a limit is within it.
#[test]
fn lifetimes_that_are_taken() {
    for (options, expected) in [
        ("", "Policy :: DEFAULT"),
        (r#"idle = "1h""#, "3600 86400 0"),
        (r#"absolute = "12h""#, "1800 43200 0"),
        (r#"idle = "24h""#, "86400 86400 0"),
        ("max_sessions = 3", "1800 86400 3"),
        (r#"absolute = "400d""#, "1800 34560000 0"),
        (r#"name = "a_1", idle = "1m""#, "60 86400 0"),
        (r#"assurance = "aal1""#, "1800 86400 0"),
        (r#"assurance = "aal1", idle = "30d", absolute = "30d""#, "2592000 2592000 0"),
        (r#"assurance = "aal2", idle = "1h""#, "3600 86400 0"),
        (r#"assurance = "aal3""#, "900 43200 0"),
        (r#"assurance = "aal3", idle = "5m""#, "300 43200 0"),
    ] {
        let attr = format!("\"auth.cookies.redis\", {options}");
        let expansion = Use::AuthService(&attr, STRUCT).expand().to_string();
        let numbers = expansion.split("from_secs (").skip(1).filter_map(|rest| rest.split(')').next());
        let mut found: Vec<&str> = numbers.map(|number| number.trim_end_matches("u64").trim()).collect();
        let sessions = expansion.split("from_secs").last().and_then(|rest| rest.split("u16").next());
        found.extend(sessions.and_then(|rest| rest.rsplit(' ').next()));
        if expected.starts_with("Policy") {
            assert!(expansion.contains(expected), "{options}: {expansion}");
        } else {
            assert_eq!(found.join(" "), expected, "{options}");
        }
    }
}

/// A browser would not keep the cookie.
#[test]
fn names_have_a_limit() {
    for (key, expected) in
        [("name", "cannot be the name of an entity"), ("cookie", "cannot be the name of a cookie")]
    {
        let attr = |letters| format!("\"auth.cookies.memory\", {key} = \"{}\"", "a".repeat(letters));
        assert!(Use::AuthService(&attr(256), STRUCT).errors().is_empty());
        assert_one(&Use::AuthService(&attr(257), STRUCT).errors(), expected, key);
    }
}

#[test]
fn the_struct_of_an_entity() {
    for (item, expected) in [
        ("enum User { A }", "found the enum `User`"),
        ("union User { a: u8 }", "found the union `User`"),
        ("struct User(#[auth(id)] u64);", "found a tuple struct"),
        ("struct User;", "found a unit struct"),
        ("struct User<T> { #[auth(id)] id: T }", "found generics on `User`"),
        ("struct User<'a> { #[auth(id)] id: u64, name: &'a str }", "found generics on `User`"),
        ("struct User { id: u64 }", "no field of `User` is marked as its id"),
        ("struct User { #[auth(id)] a: u64, #[auth(id)] b: u64 }", "`a` already is"),
        ("struct User { #[auth(di)] a: u64 }", "unknown mark `di` in `#[auth(…)]`"),
        ("struct User { #[auth(id = true)] a: u64 }", "`id` takes no value"),
        ("struct User { #[auth(id)] #[auth(id)] a: u64 }", "`id` is given twice"),
        ("struct User { #[auth] a: u64 }", "marks a field with a word"),
        ("struct User { #[auth(id, skip)] a: u64 }", "cannot be marked `skip`"),
        ("struct User { #[auth(id)] a: u64, #[auth(keep, skip)] b: u64 }", "contradict"),
        ("struct User { #[auth(id)] a: u64, #[cfg(test)] b: u64 }", "`#[cfg]` on a field"),
        ("fn user() {}", "found `fn`"),
        ("trait User {}", "found `trait`"),
    ] {
        assert_one(&Use::AuthService("\"auth.cookies.memory\"", item).errors(), expected, item);
    }
}

#[test]
fn the_impl_block_of_an_entity() {
    const LOGIN: &str = "async fn login(form: SignIn) -> Result<Self, LoginError> { todo }";
    let block = |methods: &str| format!("impl User {{ {LOGIN} {methods} }}");
    for (item, expected) in [
        ("impl User {}".to_owned(), "`User` has no `login`"),
        ("impl User { async fn log_in() {} }".to_owned(), "is it `log_in`?"),
        (format!("impl Login for User {{ {LOGIN} }}"), "found an impl of `Login`"),
        (format!("impl dyn User {{ {LOGIN} }}"), "found `dyn User`"),
        (format!("impl<T> User {{ {LOGIN} }}"), "no generics"),
        (LOGIN.replace("async ", "").wrapped(), "must be async"),
        (LOGIN.replace("form: SignIn", "").wrapped(), "takes the credentials as its first argument"),
        (LOGIN.replace("form: SignIn", "&self, form: SignIn").wrapped(), "found `&self` in `login`"),
        (LOGIN.replace("form: SignIn", "mut self: Box<Self>, form: SignIn").wrapped(), "no receiver"),
        (LOGIN.replace("login(", "login<T>(").wrapped(), "cannot be generic"),
        (LOGIN.replace("{ todo }", "where Self: Sized { todo }").wrapped(), "cannot be generic"),
        (LOGIN.replace("async fn", "async unsafe fn").wrapped(), "cannot be `unsafe`"),
        (LOGIN.replace("SignIn", "&SignIn").wrapped(), "found `&SignIn`"),
        (LOGIN.replace("SignIn", "SignIn<'_>").wrapped(), "found the lifetime `'_`"),
        (LOGIN.replace("SignIn", "impl Form").wrapped(), "found `impl Form`"),
        (LOGIN.replace("-> Result<Self, LoginError>", "").wrapped(), "returns nothing"),
        (LOGIN.replace("Result<Self, LoginError>", "Option<Self>").wrapped(), "found `Option<Self>`"),
        (LOGIN.replace("Result<Self, LoginError>", "()").wrapped(), "found `()`"),
        (LOGIN.replace("Result<Self, LoginError>", "impl LoginOutput").wrapped(), "found `impl LoginOutput`"),
        (format!("#[cfg(test)] {LOGIN}").wrapped(), "`#[cfg]` on an endpoint"),
        (format!("#[cfg_attr(all(), cfg(test))] {LOGIN}").wrapped(), "`#[cfg]` on an endpoint"),
        (
            block("async fn authenticate(me: Authenticated<Self>) -> Result<Option<Self>, E> {}"),
            "cannot ask for one",
        ),
        (block("async fn authenticate(session: Session<Self>) {}"), "returns nothing"),
        (block("async fn authenticate(session: Session<Self>) -> bool {}"), "found `bool`"),
        (block("fn logout() {}"), "must be async"),
        (block("async fn refresh(self) {}"), "found `self` in `refresh`"),
    ] {
        assert_one(&Use::AuthService("", &item).errors(), expected, &item);
    }
    assert_one(&Use::AuthService("name = \"user\"", &block("")).errors(), "takes no options", "options");
}

trait Wrapped {
    fn wrapped(&self) -> String;
}

impl Wrapped for String {
    fn wrapped(&self) -> String {
        format!("impl User {{ {self} }}")
    }
}

#[test]
fn paths_that_are_taken() {
    const LOGIN: &str = "async fn login(form: SignIn) -> Result<Self, LoginError> { todo }";
    let (none, one, two) = ("", "Path(a): Path<String>", "Path((a, b)): Path<(String, String)>");
    for [(first, of_first), (second, of_second)] in [
        [("/files/{*rest}", one), ("/files", none)],
        [("/files/{id}", one), ("/files/{*rest}", one)],
        [("/a/{b}/{c}", two), ("/a/{b}", one)],
    ] {
        let item = format!(
            r#"impl User {{
                {LOGIN}
                #[expose_endpoint(get, "{first}")] async fn first({of_first}) {{}}
                #[expose_endpoint(get, "{second}")] async fn second({of_second}) {{}}
            }}"#
        );
        assert_eq!(Use::AuthService("", &item).errors(), [""; 0], "{item}");
    }
}

#[test]
fn exposed_methods() {
    for (attr, method, expected) in [
        ("", "async fn me() {}", "needs an HTTP method and a path"),
        ("()", "async fn me() {}", "needs an HTTP method and a path"),
        (r#"("/me")"#, "async fn me() {}", "expected an HTTP method"),
        ("(get)", "async fn me() {}", "needs a path after the HTTP method"),
        ("(get, me)", "async fn me() {}", "expected a path in quotes, found `me`"),
        (r#"(head, "/me")"#, "async fn me() {}", "unknown HTTP method `head`"),
        (r#"(pots, "/me")"#, "async fn me() {}", "did you mean `post`?"),
        (r#"(get, "me")"#, "async fn me() {}", "a path begins with `/`"),
        (r#"(get, "/me?a=b")"#, "async fn me() {}", "no query"),
        (r#"(get, "/:id")"#, "async fn me() {}", "`:id` is no parameter in axum 0.8"),
        (r#"(get, "/*rest")"#, "async fn me() {}", "`*rest` is no parameter in axum 0.8"),
        (r#"(get, "/{id")"#, "async fn me() {}", "in one pair of braces"),
        (r#"(get, "/id}")"#, "async fn me() {}", "in one pair of braces"),
        (r#"(get, "/a{id}")"#, "async fn me() {}", "in one pair of braces"),
        (r#"(get, "/{{id}}")"#, "async fn me() {}", "in one pair of braces"),
        (r#"(get, "/{}")"#, "async fn me() {}", "a parameter has a name"),
        (r#"(get, "/{*rest}/a")"#, "async fn me() {}", "is the last part"),
        (r#"(get, "/session")"#, "async fn me() {}", "`GET /session` is there already"),
        (
            r#"(post, "/login/bearer")"#,
            "async fn me() {}",
            "`POST /login/bearer` is there already: it opens sessions that travel in bearer tokens",
        ),
        (r#"(post, "/login")"#, "async fn me() {}", "`POST /login` is there already: `login` has it"),
        (r#"(get, "/me", respones = T)"#, "async fn me() -> T {}", "did you mean `response`?"),
        (r#"(get, "/me", response = "T")"#, "async fn me() -> T {}", "takes a type, found `\"T\"`"),
        (r#"(get, "/me", require = |user| true)"#, "async fn me() {}", "takes the path of a function"),
        (r#"(get, "/me", fresh = "0s")"#, "async fn me() {}", "too short"),
        (r#"(get, "/me", fresh = 5)"#, "async fn me() {}", "takes a duration in quotes"),
        (r#"(get, "/me", response = T, status = 500)"#, "async fn me() -> T {}", "200 to 299"),
        (r#"(get, "/me", response = T, status = 204)"#, "async fn me() -> T {}", "has no body"),
        (r#"(get, "/me", status = 201)"#, "async fn me() {}", "answers 204 No Content"),
        (r#"(get, "/me")"#, "async fn me() -> Profile {}", "but the method returns `Profile`"),
        (
            r#"(get, "/me")"#,
            "async fn me() -> Result<Json<Profile>, E> {}",
            "but the method returns `Profile`",
        ),
        (r#"(get, "/me", response = T)"#, "async fn me() {}", "`me` returns nothing"),
        (r#"(get, "/me")"#, "async fn me(&self) {}", "found `&self` in `me`"),
        (
            r#"(get, "/me")"#,
            "#[expose_endpoint(get, \"/b\")] async fn me() {}",
            "a second `#[expose_endpoint]`",
        ),
        (r#"(get, "/me")"#, "async fn logout() {}", "`logout` is always a POST"),
        (
            r#"(post, "/out", require = f)"#,
            "async fn logout() {}",
            "`require` is for endpoints of the entity's own",
        ),
        (
            r#"(post, "/new", fresh = "5m")"#,
            "async fn refresh() {}",
            "`fresh` is for endpoints of the entity's own",
        ),
        (
            r#"(post, "/who")"#,
            "async fn authenticate() -> Result<Option<Self>, E> {}",
            "`authenticate` is always a GET, found `post`",
        ),
    ] {
        let login = "async fn login(form: SignIn) -> Result<Self, LoginError> {}";
        let item = format!("impl User {{ {login} #[expose_endpoint{attr}] {method} }}");
        assert_one(&Use::AuthService("", &item).errors(), expected, &item);
    }
}

#[test]
fn endpoints_in_one_place() {
    let errors = |other: &str| {
        let login = "async fn login(form: SignIn) -> Result<Self, LoginError> {}";
        let a = "#[expose_endpoint(get, \"/a/{x}\")] fn a(x: Path<X>) {}";
        let b = format!("#[expose_endpoint({other})] fn b(x: Any) {{}}");
        Use::AuthService("", &format!("impl User {{ {login} {a} {b} }}")).errors()
    };
    assert_one(&errors(r#"get, "/a/{x}""#), "`GET /a/{x}` is there already: `a` has it", "the same");
    assert_one(&errors(r#"put, "/a/{y}""#), "are the same path with other names", "other names");
    for fits in [r#"put, "/a/{x}""#, r#"get, "/a/b""#, r#"get, "/a/{x}/c""#] {
        assert_eq!(errors(fits), [""; 0], "{fits}");
    }
}

#[test]
fn too_many_arguments() {
    let errors = |attr: &str, name: &str, output: &str, count: usize| {
        let arguments = "a: A,".repeat(count);
        let login = if name == "login" { "" } else { "async fn login(form: SignIn) -> Result<Self, E> {}" };
        Use::AuthService(
            "",
            &format!("impl User {{ {login} {attr} async fn {name}({arguments}) {output} {{}} }}"),
        )
        .errors()
    };
    let (own, guarded) =
        ("#[expose_endpoint(get, \"/a\")]", "#[expose_endpoint(get, \"/a\", fresh = \"5m\")]");
    let login = "-> Result<Self, E>";
    for (attr, name, output, most) in
        [("", "login", login, 13), ("", "logout", "", 12), (own, "a", "", 13), (guarded, "a", "", 12)]
    {
        assert_eq!(errors(attr, name, output, most), [""; 0], "{name}");
        assert_one(&errors(attr, name, output, most + 1), &format!("at most {most} arguments"), name);
    }
}

#[test]
fn response_models() {
    const MODEL: &str = "struct M { id: u64, expires_at: OffsetDateTime }";
    for (attr, item, expected) in [
        ("\"login\"", MODEL, "expected an endpoint"),
        ("login", MODEL, "expected an endpoint, such as `User::login`, found `login`"),
        (
            "User::refresh",
            "struct M { #[expose(keep)] access_token: String }",
            "`access_token` stands beside the model",
        ),
        (
            "User::login",
            "struct M { #[expose(rename = \"token_type\")] kind: String }",
            "`token_type` stands beside the model",
        ),
        ("User::login, User::me", MODEL, "expected an endpoint"),
        ("User::login::<T>", MODEL, "expected an endpoint"),
        ("", "enum M { A }", "found the enum `M`"),
        ("", "struct M(u8);", "found a tuple struct"),
        ("", "struct M;", "found a unit struct"),
        ("", "struct M<T> { a: T }", "found generics on `M`"),
        ("", "#[derive(Debug, serde::Serialize)] struct M { a: u8 }", "derives `Serialize` itself"),
        ("", "struct M { password: String }", "`password` looks like a secret"),
        ("", "struct M { recovery: Option<Secret> }", "`recovery` looks like a secret"),
        ("", "struct M { #[expose(hide)] a: u8 }", "unknown mark `hide`"),
        ("", "struct M { #[expose(from = session)] expires_at: u8 }", "`from` is for the models of"),
        ("User::login", "struct M { #[expose(from = here)] expires_at: u8 }", "takes `session` or `entity`"),
        ("User::login", "struct M { #[expose(from)] expires_at: u8 }", "takes `session` or `entity`"),
        ("User::login", "struct M { #[expose(from = session)] name: u8 }", "a session has no `name`"),
        ("", "struct M { #[cfg(test)] a: u8 }", "`#[cfg]` on a field"),
        ("", "fn m() {}", "found `fn`"),
        ("", "impl M {}", "found `impl`"),
    ] {
        assert_one(&Use::ExposeResponse(attr, item).errors(), expected, item);
    }
    for fits in
        ["struct M { #[expose(keep)] token: String }", "struct M { has_password: bool }", "struct M {}"]
    {
        assert_eq!(Use::ExposeResponse("User::login", fits).errors(), [""; 0], "{fits}");
    }
}

#[test]
fn credentials() {
    for (item, expected) in [
        ("struct F { email: String }", "no field of `F` is marked as the identifier"),
        ("struct F { #[auth(identifier)] a: String, #[auth(identifier)] b: String }", "`a` already is"),
        ("struct F { #[auth(identifer)] a: String }", "unknown mark `identifer`"),
        ("struct F { #[auth(identifier, secret)] a: String }", "cannot be the secret"),
        ("struct F { #[auth(identifier)] a: String, password: Secret }", "`password` looks like a secret"),
        ("struct F { #[auth(identifier)] a: String, pin: String }", "`pin` looks like a secret"),
        ("struct F { #[auth(identifier)] a: String, recovery: Secret }", "`recovery` looks like a secret"),
        ("struct F { #[auth(identifier)] a: String, #[auth(secret, plain)] b: Secret }", "`plain` is for"),
        ("enum F { A }", "found the enum `F`"),
        ("struct F(String);", "found the tuple struct `F`"),
        ("struct F;", "found the unit struct `F`"),
        ("struct F<'a> { #[auth(identifier)] a: &'a str }", "found generics on `F`"),
    ] {
        assert_one(&Use::Credentials(item).errors(), expected, item);
    }
    for fits in [
        "struct F { #[auth(identifier)] pin: u64 }",
        "struct F { #[auth(identifier)] a: u64, #[auth(plain)] zip_code: String }",
        "struct F { #[auth(identifier)] a: u64, #[auth(secret)] b: Secret, #[auth(secret)] c: Option<Secret> }",
    ] {
        assert_eq!(Use::Credentials(fits).errors(), [""; 0], "{fits}");
    }
}

#[test]
fn a_marker_met_alone() {
    assert_one(&Use::ExposeEndpoint("fn me() {}").errors(), "does nothing by itself", "alone");
}

#[test]
fn all_mistakes_show_at_once() {
    let item = "struct User { id: u64, #[cfg(test)] b: u8 }";
    let attr = r#""auth.cookies.redys", idel = "5m", path = "user", absolute = "1y""#;
    assert_eq!(Use::AuthService(attr, item).errors().len(), 6);
}

#[test]
fn a_service_needs_its_crate() {
    let errors = |id: &str, crates| errors_in(Use::AuthService(id, STRUCT).expand_with(crates));
    assert_one(
        &errors("\"auth.cookies.redis\"", Crates::WITHOUT_REDIS),
        "`auth.cookies.redis` needs the crate auth-redis",
        "redis",
    );
    assert_eq!(errors("\"auth.cookies.memory\"", Crates::WITHOUT_REDIS), [""; 0]);
    assert_eq!(errors("\"auth.cookies.redis\"", Crates::BOTH), [""; 0]);
}

#[test]
fn every_macro_needs_auth_core() {
    let block = "impl User { async fn login(form: SignIn) -> Result<Self, LoginError> {} }";
    for used in [
        Use::AuthService("\"auth.cookies.memory\"", STRUCT),
        Use::AuthService("", block),
        Use::ExposeResponse("", "struct M { id: u64 }"),
        Use::Credentials("struct F { #[auth(identifier)] a: String }"),
    ] {
        assert_one(&errors_in(used.expand_with(Crates::NONE)), "need the crate auth-core", "no auth-core");
    }
}

#[test]
fn the_item_outlives_its_mistakes_without_our_attributes() {
    let shown = |used: Use| used.expand().to_string();
    let entity = shown(Use::AuthService("", "struct User { #[auth(id)] id: u64, #[serde(skip)] b: u8 }"));
    assert!(entity.starts_with("struct User { id : u64 , # [serde (skip)] b : u8 }"), "{entity}");
    let tuple = shown(Use::AuthService("", "struct User(#[auth(id)] u64);"));
    assert!(tuple.starts_with("struct User (u64) ;"), "{tuple}");
    let block = "impl User { #[expose_endpoint] #[must_use] async fn me() { let = } const A: u8 = 1; }";
    let block = shown(Use::AuthService("", block));
    assert!(block.contains("# [must_use] async fn me () { let = } const A : u8 = 1 ; }"), "{block}");
    assert!(!block.contains("# [expose_endpoint"), "{block}");
    let model = shown(Use::ExposeResponse("7", "struct M { #[expose(keep)] token: String }"));
    assert!(model.starts_with("struct M { token : String }"), "{model}");
}
