//! What can be seen of a method's signature in its tokens: the rest is left to types.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, ReturnType, Signature, Type};

use crate::{
    contract::{Method, Role},
    diagnostics::{Errors, endpoint},
    syntax::{is_unit, named_type, peeled},
};

/// A method that can be called by generated code.
pub(crate) struct Callable {
    pub(crate) name: Ident,
    pub(crate) is_async: bool,
    pub(crate) arguments: Vec<Type>,
    pub(crate) output: Type,
}

/// What the method's endpoint says that it answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer<'a> {
    Nothing,
    Response(&'a Type),
    /// The attribute could not be read.
    Unknown,
}

pub(crate) fn validate(
    signature: &Signature,
    method: &Method,
    answer: Answer,
    errors: &mut Errors,
) -> Callable {
    check_qualifiers(signature, method, errors);
    let arguments = arguments(signature, method, errors);
    check_output(signature, method, answer, errors);
    let output = match &signature.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    Callable { name: signature.ident.clone(), is_async: signature.asyncness.is_some(), arguments, output }
}

fn check_qualifiers(signature: &Signature, method: &Method, errors: &mut Errors) {
    let Signature { generics, ident, .. } = signature;
    if signature.asyncness.is_none() && method.role != Role::Own {
        errors.push(endpoint::not_async(signature.fn_token, method));
    }
    if !generics.params.is_empty() {
        errors.push(endpoint::generic(generics, ident));
    } else if let Some(bounds) = &generics.where_clause {
        errors.push(endpoint::generic(bounds, ident));
    }
    let special = [
        signature.constness.map(ToTokens::into_token_stream),
        Some(signature.safety.to_token_stream()).filter(|safety| !safety.is_empty()),
        signature.abi.as_ref().map(ToTokens::to_token_stream),
        signature.variadic.as_ref().map(ToTokens::to_token_stream),
    ];
    for qualifier in special.into_iter().flatten() {
        errors.push(endpoint::qualified(&qualifier, ident));
    }
}

fn arguments(signature: &Signature, method: &Method, errors: &mut Errors) -> Vec<Type> {
    let mut types = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Receiver(receiver) => errors.push(endpoint::receiver(receiver, &signature.ident, method)),
            FnArg::Typed(argument) => {
                errors.take(checked_argument(&argument.ty, method));
                types.push((*argument.ty).clone());
            }
        }
    }
    if let Some(one_more) = signature.inputs.iter().nth(method.most_arguments) {
        errors.push(endpoint::too_many_arguments(one_more, method));
    }
    if method.role == Role::Login && signature.inputs.is_empty() {
        errors.push(endpoint::no_credentials(&signature.ident));
    }
    types
}

fn checked_argument(ty: &Type, method: &Method) -> syn::Result<()> {
    match peeled(ty) {
        Type::Reference(_) => return Err(endpoint::borrowed(ty)),
        Type::ImplTrait(_) => return Err(endpoint::impl_trait(ty)),
        _ => {}
    }
    if let Some(lifetime) = lifetime_in(ty.to_token_stream()) {
        return Err(endpoint::lifetime(&lifetime));
    }
    let (name, of) = named_type(ty).unzip();
    let is_self = of.flatten().and_then(named_type).is_some_and(|(of, _)| of == "Self");
    if method.role == Role::Authenticate && name.is_some_and(|name| name == "Authenticated") && is_self {
        return Err(endpoint::cycle(ty));
    }
    Ok(())
}

/// A lifetime that no caller could name: any but `'static`.
fn lifetime_in(tokens: TokenStream) -> Option<TokenStream> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) => {
                if let Some(found) = lifetime_in(group.stream()) {
                    return Some(found);
                }
            }
            TokenTree::Punct(tick) if tick.as_char() == '\'' => {
                let name = tokens.next()?;
                if name.to_string() != "static" {
                    return Some([token, name].into_iter().collect());
                }
            }
            _ => {}
        }
    }
    None
}

fn check_output(signature: &Signature, method: &Method, answer: Answer, errors: &mut Errors) {
    let checked = match (&signature.output, method.role) {
        (ReturnType::Default, Role::Login | Role::Authenticate) => {
            Err(endpoint::returns_nothing(&signature.ident, method))
        }
        (ReturnType::Default, Role::Own) => match answer {
            Answer::Response(ty) if !is_unit(ty) => Err(endpoint::returns_no_response(&signature.ident, ty)),
            _ => Ok(()),
        },
        (ReturnType::Default, _) => Ok(()),
        (ReturnType::Type(_, ty), role) => checked_output(ty, role, method, answer),
    };
    errors.take(checked);
}

fn checked_output(ty: &Type, role: Role, method: &Method, answer: Answer) -> syn::Result<()> {
    if matches!(peeled(ty), Type::ImplTrait(_)) {
        return Err(endpoint::returns_impl_trait(ty, method));
    }
    if let Some(lifetime) = lifetime_in(ty.to_token_stream()) {
        return Err(endpoint::lifetime(&lifetime));
    }
    match role {
        Role::Login | Role::Authenticate if is_no_result(ty) => Err(endpoint::returns_no_result(ty, method)),
        Role::Own if matches!(answer, Answer::Nothing) => {
            said(ty).map_or(Ok(()), |said| Err(endpoint::returns_without_response(said)))
        }
        _ => Ok(()),
    }
}

/// A type that is no `Result`, whatever is in scope; what else is not, types will tell.
fn is_no_result(ty: &Type) -> bool {
    let never = ["Self", "Option", "bool", "String", "Box"];
    match peeled(ty) {
        Type::Path(_) => named_type(ty).is_some_and(|(name, _)| never.iter().any(|other| name == other)),
        _ => true,
    }
}

/// What an output says to the client: `Profile` of `Result<Json<Profile>, E>`; `None` where that is nothing.
fn said(output: &Type) -> Option<&Type> {
    match named_type(output) {
        Some((result, Some(inner))) if result == "Result" => said(inner),
        Some((json, Some(inner))) if json == "Json" => Some(inner),
        _ => Some(output).filter(|output| !is_unit(output)),
    }
}
