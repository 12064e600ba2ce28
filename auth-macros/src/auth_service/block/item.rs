//! The impl block, read without its methods' bodies: these stay tokens, so that a mistake in one is reported once, by
//! the compiler.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Path, Signature, Token, Type, Visibility, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token,
};

use crate::{
    contract::{self, Role},
    diagnostics::{self, Errors, endpoint},
    expose_endpoint::args::Args,
    openapi::{Docs, doc},
    syntax::{name_of, take_attributes},
};

/// The impl block, as it was found, without our markers.
pub(super) struct Item {
    attrs: Vec<Attribute>,
    unsafety: Option<Token![unsafe]>,
    impl_token: Token![impl],
    pub(super) generics: Generics,
    /// The trait of `impl Trait for User`.
    pub(super) of_trait: Option<(Path, Token![for])>,
    /// The type that the block is for.
    pub(super) entity: Type,
    brace: token::Brace,
    inner_attrs: Vec<Attribute>,
    pub(super) parts: Vec<Part>,
    /// Response models of endpoints that have no `#[expose_endpoint]`.
    pub(super) responses: Vec<(String, Type)>,
}

pub(super) enum Part {
    Method(Box<Method>),
    /// A constant, a macro call: emitted as it is.
    Other(TokenStream),
}

pub(super) struct Method {
    pub(super) attrs: Vec<Attribute>,
    vis: Visibility,
    pub(super) signature: Signature,
    body: TokenStream,
    pub(super) exposed: Option<Args>,
}

impl Item {
    pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> syn::Result<Self> {
        let mut item: Item =
            syn::parse2(tokens).map_err(|error| diagnostics::unreadable(&error, "#[auth_service]"))?;
        for method in item.methods_mut() {
            let mut markers = take_attributes(&mut method.attrs, "expose_endpoint").into_iter();
            method.exposed = markers.next().map(|attr| Args::parse(attr, errors));
            markers.for_each(|second| errors.push(endpoint::twice(&second)));
        }
        Ok(item)
    }

    pub(super) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.parts.iter().filter_map(|part| match part {
            Part::Method(method) => Some(&**method),
            Part::Other(_) => None,
        })
    }

    /// What is said of the methods.
    pub(super) fn docs(&self) -> Docs {
        self.methods().map(|method| (name_of(&method.signature.ident), doc(&method.attrs))).collect()
    }

    /// The response model that the schema gives an endpoint of the contract.
    pub(super) fn response_of(&self, endpoint: &str) -> Option<&Type> {
        self.responses.iter().find(|(name, _)| name == endpoint).map(|(_, response)| response)
    }

    pub(super) fn methods_mut(&mut self) -> impl Iterator<Item = &mut Method> {
        self.parts.iter_mut().filter_map(|part| match part {
            Part::Method(method) => Some(&mut **method),
            Part::Other(_) => None,
        })
    }
}

impl Method {
    fn is_called_by_us(&self) -> bool {
        self.exposed.is_some() || contract::method(&name_of(&self.signature.ident)).role != Role::Own
    }
}

impl Parse for Item {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let mut generics: Generics = if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let (of_trait, entity) = target(input)?;
        generics.where_clause = input.parse()?;
        let content;
        let brace = braced!(content in input);
        let inner_attrs = content.call(Attribute::parse_inner)?;
        let mut parts = Vec::new();
        while !content.is_empty() {
            parts.push(content.parse()?);
        }
        Ok(Item {
            attrs,
            unsafety,
            impl_token,
            generics,
            of_trait,
            entity,
            brace,
            inner_attrs,
            parts,
            responses: Vec::new(),
        })
    }
}

/// `User`, or `Trait for User`.
fn target(input: ParseStream) -> syn::Result<(Option<(Path, Token![for])>, Type)> {
    let first: Type = input.parse()?;
    let Some(for_token) = input.parse::<Option<Token![for]>>()? else {
        return Ok((None, first));
    };
    let of_trait = syn::parse2(first.into_token_stream())?;
    Ok((Some((of_trait, for_token)), input.parse()?))
}

impl Parse for Part {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if !is_method(&ahead) {
            return other(input).map(Part::Other);
        }
        let method = Method {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            signature: input.parse()?,
            body: body(input)?,
            exposed: None,
        };
        Ok(Part::Method(Box::new(method)))
    }
}

/// Whether what follows attributes and visibility is a method: `fn`, or words up to one.
fn is_method(ahead: ParseStream) -> bool {
    const BEFORE_FN: [&str; 5] = ["const", "async", "unsafe", "safe", "extern"];
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        if ahead.parse::<Option<syn::LitStr>>().is_ok_and(|abi| abi.is_some()) {
            continue;
        }
        match ahead.call(syn::Ident::parse_any) {
            Ok(word) if BEFORE_FN.iter().any(|before| word == before) => {}
            _ => return false,
        }
    }
}

/// A block, or the `;` of a method that has none, which is the compiler's to complain of.
fn body(input: ParseStream) -> syn::Result<TokenStream> {
    if input.peek(Token![;]) {
        return Ok(input.parse::<Token![;]>()?.into_token_stream());
    }
    match input.parse()? {
        TokenTree::Group(group) if matches!(group.delimiter(), Delimiter::Brace | Delimiter::None) => {
            Ok(TokenTree::Group(group).into())
        }
        token => Err(syn::Error::new(token.span(), "expected the body of a method")),
    }
}

/// All tokens up to a `;`, or to the braces of a macro call.
fn other(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut before = None;
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        tokens.extend([token.clone()]);
        match &token {
            TokenTree::Punct(end) if end.as_char() == ';' => break,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && before == Some('!') => break,
            TokenTree::Punct(sign) => before = Some(sign.as_char()),
            _ => before = None,
        }
    }
    Ok(tokens)
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (generics, _, bounds) = self.generics.split_for_impl();
        self.attrs.iter().for_each(|attr| attr.to_tokens(tokens));
        self.unsafety.to_tokens(tokens);
        self.impl_token.to_tokens(tokens);
        generics.to_tokens(tokens);
        if let Some((of_trait, for_token)) = &self.of_trait {
            of_trait.to_tokens(tokens);
            for_token.to_tokens(tokens);
        }
        self.entity.to_tokens(tokens);
        bounds.to_tokens(tokens);
        self.brace.surround(tokens, |tokens| {
            self.inner_attrs.iter().for_each(|attr| attr.to_tokens(tokens));
            self.parts.iter().for_each(|part| part.to_tokens(tokens));
        });
    }
}

impl ToTokens for Part {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Part::Other(other) => other.to_tokens(tokens),
            Part::Method(method) => {
                if method.is_called_by_us() {
                    // We ask for values, and the contract for async, whether the method needs them or not.
                    quote!(#[allow(clippy::needless_pass_by_value, clippy::unused_async)]).to_tokens(tokens);
                }
                method.attrs.iter().for_each(|attr| attr.to_tokens(tokens));
                method.vis.to_tokens(tokens);
                method.signature.to_tokens(tokens);
                method.body.to_tokens(tokens);
            }
        }
    }
}
