//! What is written for right uses, as it would be formatted. `UPDATE_EXPECT=1 cargo test -p auth-macros` blesses.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::Use;
use crate::paths::Crates;

#[track_caller]
#[allow(clippy::needless_pass_by_value)]
fn assert_expansion(uses: &[Use], expected: ExpectFile) {
    expected.assert_eq(&formatted(uses.iter().map(|used| used.expand())));
}

fn formatted(outputs: impl Iterator<Item = TokenStream>) -> String {
    let file = syn::parse2(quote!(#(#outputs)*)).unwrap();
    prettyplease::unparse(&file)
}

const ENTITY: Use = Use::AuthService(
    "\"auth.cookies.redis\"",
    "#[derive(Clone)] pub struct User { #[auth(id)] pub id: Uuid, pub email: String, role: Role }",
);

const BLOCK: Use = Use::AuthService(
    "",
    "impl User { async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, LoginError> { check(form, db) } }",
);

#[test]
fn a_plain_entity_with_login() {
    assert_expansion(&[ENTITY, BLOCK], expect_file!["expansions/plain_entity.rs"]);
}

#[test]
fn a_plain_entity_with_login_gets_no_more_than_a_screen_or_two() {
    const ITEMS: usize = 10;
    let text = formatted([ENTITY, BLOCK].into_iter().map(Use::expand));
    let lines = text.lines().count() - ITEMS;
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn an_entity_with_everything() {
    let entity = Use::AuthService(
        "\"auth.cookies.memory\", name = \"member\", path = \"/v1/member\", cookie = \"sid\", idle = \"15m\", absolute = \"12h\", max_sessions = 5",
        "pub(crate) struct User { #[auth(id)] id: u64, #[auth(skip)] password_hash: String, #[auth(keep)] token: u8, r#type: String }",
    );
    let block = Use::AuthService(
        "",
        "impl User {
            #[expose_endpoint(post, \"/sign-in\", response = Welcome)]
            async fn login(form: SignIn) -> Result<Self, LoginError> { check(form) }
            async fn authenticate(session: Session<Self>, db: State<Db>) -> Result<Option<Self>, Error> { db.load(session) }
            async fn logout(session: Session<Self>) {}
            #[expose_endpoint(post, \"/refresh\", status = 201)]
            async fn refresh(user: Authenticated<Self>, db: State<Db>) -> Result<(), Error> { Ok(()) }
            #[expose_endpoint(get, \"/me\", response = Profile)]
            async fn me(user: Authenticated<Self>) -> Profile { user.profile() }
            #[expose_endpoint(patch, \"/{id}/email\", response = Profile, require = is_admin, fresh = \"5m\")]
            async fn rename(user: Authenticated<Self>, db: State<Db>, body: Json<Rename>) -> Result<Json<Profile>, StatusCode> { todo }
            #[expose_endpoint(delete, \"/cache\")]
            fn clear() {}
            fn helper(&self) {}
        }",
    );
    assert_expansion(&[entity, block], expect_file!["expansions/entity_with_everything.rs"]);
}

#[test]
fn response_models() {
    let fields = "id: Uuid, expires_at: OffsetDateTime, #[expose(from = entity)] created_at: Option<OffsetDateTime>, #[serde(with = \"mine\")] idle_expires_at: OffsetDateTime";
    let model = |name: &str| format!("pub struct {name} {{ {fields} }}");
    for (attr, name, expected) in [
        ("User::login", "Welcome", expect_file!["expansions/response_of_login.rs"]),
        ("model::User::refresh", "Renewed", expect_file!["expansions/response_of_refresh.rs"]),
    ] {
        assert_expansion(&[Use::ExposeResponse(attr, &model(name))], expected);
    }
    for (attr, item, expected) in [
        ("User::logout", "struct Bye { session_id: Uuid }", expect_file!["expansions/response_of_logout.rs"]),
        ("User::me", "struct Profile { id: Uuid }", expect_file!["expansions/response_of_a_method.rs"]),
        ("", "struct Profile { id: Uuid }", expect_file!["expansions/response_of_any.rs"]),
    ] {
        assert_expansion(&[Use::ExposeResponse(attr, item)], expected);
    }
}

#[test]
fn credentials() {
    let item = "struct SignIn { #[auth(identifier)] email: String, #[auth(secret)] password: Secret, remember: bool }";
    assert_expansion(&[Use::Credentials(item)], expect_file!["expansions/credentials.rs"]);
}

/// With the feature `openapi`: the same, and what is for the document.
#[test]
fn documented() {
    let block = Use::AuthService(
        "",
        "impl User {
            /// Signs in.
            ///
            /// By e-mail.
            async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, LoginError> { check(form, db) }
            /// Is told.
            async fn logout(session: Session<Self>) {}
            /// Renames.
            #[expose_endpoint(patch, \"/{id}\", response = Profile, require = is_admin, fresh = \"5m\")]
            async fn rename(id: Path<Uuid>, body: Json<Rename>) -> Result<Json<Profile>, Problem> { todo }
            #[expose_endpoint(delete, \"/cache\")]
            fn clear() {}
        }",
    );
    let form = Use::Credentials(
        "/// A form.
        #[serde(rename_all = \"camelCase\")]
        struct SignIn {
            /// Where to.
            #[auth(identifier)] e_mail: String,
            #[auth(secret)] password: Secret,
            year: Option<u32>,
            #[serde(default)] remember: bool,
            #[serde(with = \"mine\")] on: Date,
            #[serde(skip)] unseen: Cell,
            #[serde(flatten)] more: More,
        }",
    );
    let model = Use::ExposeResponse(
        "User::rename",
        "struct Profile { ids: Vec<Uuid>, at: Option<OffsetDateTime>, #[expose(skip_if_none, rename = \"nick\")] name: Option<String> }",
    );
    for (used, expected) in [
        (ENTITY, expect_file!["expansions/documented_entity.rs"]),
        (block, expect_file!["expansions/documented_block.rs"]),
        (form, expect_file!["expansions/documented_credentials.rs"]),
        (model, expect_file!["expansions/documented_response.rs"]),
    ] {
        assert_eq!(used.errors(), [""; 0]);
        let (others, items) = documented_items(used.expand_with(Crates::DOCUMENTED));
        assert_eq!(others.to_string(), used.expand().to_string());
        expected.assert_eq(&formatted(std::iter::once(items)));
    }
}

/// The items in `::auth_core::__private::when_documented! { … }`, apart from the others.
fn documented_items(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let (mut others, mut items) = (Vec::new(), TokenStream::new());
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        if token.to_string() == "when_documented" {
            let group = tokens.nth(1);
            let Some(TokenTree::Group(group)) = group else { panic!("no macro call") };
            items.extend(group.stream());
            others.truncate(others.len() - quote!(::auth_core::__private::).into_iter().count());
        } else {
            others.push(token);
        }
    }
    (others.into_iter().collect(), items)
}

#[test]
fn renamed_crates_are_named_as_the_program_names_them() {
    let uses = [
        ENTITY,
        BLOCK,
        Use::ExposeResponse("User::login", "struct M { expires_at: OffsetDateTime }"),
        Use::Credentials("struct F { #[auth(identifier)] a: String, #[auth(secret)] b: Secret }"),
    ];
    let text = formatted(uses.into_iter().map(|used| used.expand_with(Crates::RENAMED)));
    assert!(text.contains("::my_core::__private::serde\""), "{text}");
    assert!(text.contains("::my_redis::CookiesRedis"), "{text}");
    assert!(!text.contains("auth_core") && !text.contains("auth_redis"), "{text}");
}

/// Whether what is written names this.
fn names(used: Use, what: &str) -> bool {
    assert_eq!(used.errors(), [""; 0]);
    used.expand().to_string().contains(what)
}

/// Only types tell whether it is loaded anew for each request; until they do, it is not kept.
#[test]
fn a_field_that_looks_secret_is_not_kept_without_a_mark() {
    for (mark, kept) in
        [("", false), ("#[auth(keep)]", true), ("#[auth(skip)]", true), ("#[auth(stamp)]", true)]
    {
        let item = format!("struct User {{ #[auth(id)] id: u64, {mark} password_hash: String }}");
        let entity = Use::AuthService("\"auth.cookies.memory\"", &item);
        assert_eq!(names(entity, "assert_reloaded"), !kept, "{mark}");
        assert_eq!(names(entity, "SnapshotField"), kept, "{mark}");
    }
}

#[test]
fn the_value_of_a_field_is_the_session_s_or_the_entity_s() {
    for (field, session, kept) in [
        ("expires_at: T", true, false),
        ("#[expose(from = session)] expires_at: T", true, false),
        ("name: T", false, true),
        ("#[expose(keep)] name: T", false, false),
    ] {
        let item = format!("struct M {{ {field} }}");
        let model = Use::ExposeResponse("User::login", &item);
        assert_eq!(names(model, "& session ."), session, "{field}");
        assert_eq!(names(model, "assert_kept"), kept, "{field}");
    }
}

#[test]
fn forms_have_a_page_to_go_to() {
    for options in ["login_page = \"/login\"", "login_page = \"/login\", forms = true", "forms = false"] {
        let attr = format!("\"auth.cookies.memory\", {options}");
        assert!(names(Use::AuthService(&attr, "struct User { #[auth(id)] id: u64 }"), "User"), "{options}");
    }
}
