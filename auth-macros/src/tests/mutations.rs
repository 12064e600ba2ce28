//! Whatever stands in the source, and however an editor cuts it off: a macro answers, and does not panic.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::errors_in;
use crate::{auth_service, credentials, expose_endpoint, expose_response, paths::Crates};

const ROUNDS: usize = 6000;

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

#[test]
fn changed_and_truncated_items_never_panic() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..ROUNDS {
        let (attr, item) = RIGHT[round % RIGHT.len()];
        let mut attr: TokenStream = attr.parse().unwrap();
        let mut item: TokenStream = item.parse().unwrap();
        for _ in 0..=dice.below(3) {
            if dice.below(4) == 0 {
                attr = mutated(attr, &mut dice);
            } else {
                item = mutated(item, &mut dice);
            }
        }
        expose_endpoint::run(&item);
        let entity_or_block = auth_service::run(attr.clone(), item.clone(), Crates::BOTH);
        let response = expose_response::run(&attr, item.clone(), Crates::BOTH);
        let credentials = credentials::run(item.clone(), Crates::WITHOUT_REDIS);
        for output in [entity_or_block, response, credentials] {
            assert!(is_honest(output.clone(), &item), "a stand-in without an error: {output}");
        }
    }
}

/// Where a stand-in is written, an error is too: ours, or one that rustc is certain to give.
fn is_honest(output: TokenStream, item: &TokenStream) -> bool {
    let has_stand_in = output.to_string().contains(":: core :: unreachable !");
    let is_block = item.clone().into_iter().any(|token| token.to_string() == "impl");
    !has_stand_in || is_block || !errors_in(output).is_empty()
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
    const TEXTS: [&str; 6] = ["", "/", "{", "/{id", "5m", "auth.cookies.memory"];
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
