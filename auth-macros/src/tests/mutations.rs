//! Whatever stands in the source, and however an editor cuts it off: a macro answers, does not panic, and gives back the
//! item.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};

use super::errors_in;
#[cfg(feature = "schema")]
use super::with_schema;
use crate::{
    auth_router, auth_service, credentials, expose_endpoint, expose_response, paths::Crates, schema::Schemas,
};

/// The same rounds each time, so that a change that breaks one is the change that is being tested.
fn rounds(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x9e37_79b9_7f4a_7c15),
        ..Config::default()
    }
}

const SCHEMA: &str = "
entities:
  User: { service: auth.cookies.memory, idle: 5m, responses: { login: Welcome, rename: Profile } }
  Broken: { service: auth.cookies.memory, idle: 5w, cookie: 'a b' }
";

const RIGHT: &[(&str, &str)] = &[
    (
        "\"auth.cookies.redis\", name = \"user\", path = \"/user\", idle = \"5m\", max_sessions = 5",
        "#[derive(Clone)] pub struct User { #[auth(id)] pub id: Uuid, #[auth(skip)] password_hash: String, #[auth(keep)] token: Option<Secret> }",
    ),
    (
        "",
        "impl User {
            const A: u8 = { 1 };
            #[expose_endpoint(post, \"/login\", response = Welcome)]
            async fn login(form: SignIn, State(db): State<Db>) -> Result<Self, LoginError> { check(form) }
            async fn authenticate(session: Session<Self>) -> Result<Option<Self>, Error> { db.load(session) }
            #[expose_endpoint(patch, \"/{id}/email\", response = Profile, require = is_admin, fresh = \"5m\", status = 201)]
            pub(crate) async fn rename(user: Authenticated<Self>, body: Json<Rename>) -> Result<Json<Profile>, E> { x }
            other!{}
            fn helper<'a, T: Clone>(&'a self, t: T) -> &'a T where T: Copy { t }
        }",
    ),
    (
        "model::User::login",
        "#[derive(Debug)] pub struct Welcome { id: Uuid, #[expose(from = session)] expires_at: Option<OffsetDateTime>, #[serde(with = \"m\")] t: T }",
    ),
    ("", "struct SignIn { #[auth(identifier)] email: String, #[auth(secret)] password: Secret, #[auth(plain)] code: u8 }"),
];

proptest! {
    #![proptest_config(rounds(6000))]

    #[test]
    fn changed_and_truncated_items_are_answered(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let (attr, item) = RIGHT[dice.below(RIGHT.len())];
        let mut attr: TokenStream = attr.parse().unwrap();
        let mut item: TokenStream = item.parse().unwrap();
        for _ in 0..=dice.below(3) {
            if dice.below(4) == 0 {
                attr = mutated(attr, &mut dice);
            } else {
                item = mutated(item, &mut dice);
            }
        }
        check(&attr, &item);
    }

    #[test]
    fn arbitrary_tokens_are_answered(seed in 1..u64::MAX, attr_length in 0..8usize, item_length in 0..24usize) {
        let mut dice = Dice(seed);
        let attr = (0..attr_length).map(|_| anything(&mut dice)).collect();
        let beginnings = ["", "struct User", "impl User", "pub struct", "#[derive(A)] enum E", "fn login"];
        let beginning: TokenStream = beginnings[dice.below(beginnings.len())].parse().unwrap();
        let item = beginning.into_iter().chain((0..item_length).map(|_| anything(&mut dice))).collect();
        check(&attr, &item);
    }

}

#[cfg(feature = "schema")]
proptest! {
    #![proptest_config(rounds(1000))]

    #[test]
    fn changed_and_truncated_schemas_are_answered(from in 0..SCHEMA.len(), to in 0..SCHEMA.len(), put in "[ -~\\n\\t]{0,3}") {
        let (from, to) = (from.min(to), from.max(to));
        let text = format!("{}{put}{}", &SCHEMA[..from], &SCHEMA[to..]);
        let (attr, item) = (TokenStream::new(), "struct User { #[auth(id)] id: u64 }".parse().unwrap());
        // A test has one schema, which outlives it.
        with_schema(text.leak(), || check(&attr, &item));
    }
}

/// All macros on the same tokens.
fn check(attr: &TokenStream, item: &TokenStream) {
    auth_router::run(auth_router::Of::Routes, item, Crates::BOTH, Schemas::HERE);
    let outputs = [
        (auth_service::run(attr.clone(), item.clone(), Crates::BOTH, Schemas::HERE), true),
        (expose_response::run(attr, item.clone(), Crates::BOTH), true),
        (expose_endpoint::run(item), true),
        // A derive adds to the item.
        (credentials::run(item.clone(), Crates::WITHOUT_REDIS), false),
    ];
    for (output, has_item) in outputs {
        assert!(is_honest(output.clone(), item), "a stand-in without an error: {output}");
        assert!(!has_item || is_kept(item, output.clone()), "{item}\nis not in\n{output}");
    }
}

/// Whether the words of the item are there, in their order, without our marks. syn leaves out signs that mean nothing, as
/// in `T:`, and a `where` without bounds.
fn is_kept(item: &TokenStream, output: TokenStream) -> bool {
    let mut output = leaves(output).into_iter();
    leaves(without_marks(item.clone()))
        .iter()
        .filter(|token| token.contains(|letter: char| letter.is_alphanumeric()) && *token != "where")
        .all(|token| output.any(|found| found == *token))
}

/// Without `#[auth(…)]` and the like, however their path is written.
fn without_marks(tokens: TokenStream) -> TokenStream {
    const MARKS: [&str; 4] = ["auth", "expose", "expose_endpoint", "serde"];
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            kept.push(token);
            continue;
        };
        let is_mark = last_of_path(group.stream()).is_some_and(|last| MARKS.contains(&last.as_str()));
        if is_mark && kept.last().is_some_and(|hash| hash.to_string() == "#") {
            kept.pop();
        } else {
            kept.push(Group::new(group.delimiter(), without_marks(group.stream())).into());
        }
    }
    kept.into_iter().collect()
}

/// `c` of `a::b::c(…)`, be it in invisible groups or not.
fn last_of_path(tokens: TokenStream) -> Option<String> {
    let mut last = None;
    let mut goes_on = true;
    for token in tokens {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == ':' => goes_on = true,
            TokenTree::Ident(word) if goes_on => {
                last = Some(word.to_string());
                goes_on = false;
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::None && goes_on => {
                last = last_of_path(group.stream()).or(last);
                goes_on = false;
            }
            _ => break,
        }
    }
    last
}

fn leaves(tokens: TokenStream) -> Vec<String> {
    let leaf = |token: TokenTree| match token {
        TokenTree::Group(group) => leaves(group.stream()),
        token => vec![token.to_string()],
    };
    tokens.into_iter().flat_map(leaf).collect()
}

/// Where a stand-in is written, an error is too: ours, or one that rustc is certain to give.
fn is_honest(output: TokenStream, item: &TokenStream) -> bool {
    let text = output.to_string();
    let has_stand_in = text.contains(":: core :: unreachable !");
    let asks = text.contains("__private :: BrokenSchema");
    let is_block = item.clone().into_iter().any(|token| token.to_string() == "impl");
    !has_stand_in || is_block || asks || !errors_in(output).is_empty()
}

/// Removes, doubles, swaps, replaces or cuts off tokens, at any depth.
fn mutated(tokens: TokenStream, dice: &mut Dice) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let groups: Vec<usize> =
        (0..tokens.len()).filter(|&i| matches!(&tokens[i], TokenTree::Group(_))).collect();
    if !groups.is_empty() && dice.below(3) > 0 {
        let i = groups[dice.below(groups.len())];
        if let TokenTree::Group(group) = &tokens[i] {
            tokens[i] = Group::new(group.delimiter(), mutated(group.stream(), dice)).into();
        }
        return tokens.into_iter().collect();
    }
    if tokens.is_empty() {
        return TokenStream::from(anything(dice));
    }
    let (i, j) = (dice.below(tokens.len()), dice.below(tokens.len()));
    match dice.below(6) {
        0 => drop(tokens.remove(i)),
        1 => tokens.insert(i, tokens[j].clone()),
        2 => tokens.swap(i, j),
        3 => tokens[i] = anything(dice),
        4 => tokens.insert(i, anything(dice)),
        _ => tokens.truncate(i),
    }
    tokens.into_iter().collect()
}

fn anything(dice: &mut Dice) -> TokenTree {
    const WORDS: [&str; 16] = [
        "struct",
        "enum",
        "union",
        "impl",
        "fn",
        "async",
        "unsafe",
        "for",
        "where",
        "self",
        "Self",
        "pub",
        "const",
        "login",
        "auth",
        "expose_endpoint",
    ];
    const SIGNS: [char; 12] = ['#', '!', '<', '>', ',', ';', ':', '=', '&', '\'', '-', '.'];
    const TEXTS: [&str; 7] = ["", "/", "{", "/{id", "5m", "aal2", "auth.cookies.memory"];
    let inner = if dice.below(2) == 0 { TokenStream::new() } else { TokenStream::from(word(&WORDS, dice)) };
    match dice.below(6) {
        0 | 1 => word(&WORDS, dice),
        2 | 3 => Punct::new(SIGNS[dice.below(SIGNS.len())], Spacing::Alone).into(),
        4 => Literal::string(TEXTS[dice.below(TEXTS.len())]).into(),
        _ => {
            let delimiters = [Delimiter::Brace, Delimiter::Bracket, Delimiter::Parenthesis, Delimiter::None];
            Group::new(delimiters[dice.below(delimiters.len())], inner).into()
        }
    }
}

fn word(words: &[&str], dice: &mut Dice) -> TokenTree {
    Ident::new(words[dice.below(words.len())], Span::call_site()).into()
}

/// xorshift64: the same rounds each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}
