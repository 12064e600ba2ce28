//! From what is written to a [`Contract`], which only exists when all of it makes sense.

use std::collections::HashMap;

use syn::Type;

use super::item::{Item, Method};
use crate::{
    contract::{self, AUTHENTICATE, CORE, LOGIN, LOGOUT, OWN_ENDPOINTS, REFRESH, Role},
    diagnostics::{self, Errors, block, endpoint},
    expose_endpoint::{
        args::Args,
        parameters,
        signature::{self, Answer, Callable},
        validate::{self as exposure, Exposed},
    },
    paths::Crates,
    syntax::{cfg_among, name_of, peeled},
};

/// The checked methods of an entity.
pub(super) struct Contract {
    pub(super) login: (Callable, Exposed),
    pub(super) authenticate: (Option<Callable>, Exposed),
    pub(super) logout: (Option<Callable>, Exposed),
    pub(super) refresh: (Option<Callable>, Exposed),
    /// Each method that is exposed besides.
    pub(super) own: Vec<(Callable, Exposed)>,
}

pub(super) fn validate(item: &Item, crates: Crates, errors: &mut Errors) -> Option<Contract> {
    if crates.path(CORE).is_none() {
        errors.push(diagnostics::no_core(&item.entity));
    }
    if !check_target(item, errors) {
        return None;
    }
    let mut found = Found::default();
    for method in item.methods() {
        found.add(method, errors);
    }
    if found.has_duplicates {
        return None;
    }
    let Found { login, authenticate, logout, refresh, own, .. } = found;
    if login.is_none() && !item.methods().any(|method| name_of(&method.signature.ident) == LOGIN.name) {
        errors.push(block::no_login(
            &item.entity,
            item.methods().map(|method| name_of(&method.signature.ident)),
        ));
    }
    let or_default = |hook: Option<(Callable, Option<Exposed>)>, method: &contract::Method| {
        let (callable, exposed) = hook.unzip();
        let default = method.endpoint.as_ref().map(|endpoint| Exposed {
            response: item.response_of(method.name).cloned(),
            ..Exposed::by_default(endpoint)
        });
        exposed.flatten().or(default).map(|exposed| (callable, exposed))
    };
    let (login, exposed) = or_default(login, &LOGIN)?;
    let contract = Contract {
        login: (login?, exposed),
        authenticate: or_default(authenticate, &AUTHENTICATE)?,
        logout: or_default(logout, &LOGOUT)?,
        refresh: or_default(refresh, &REFRESH)?,
        own,
    };
    check_paths(&contract, errors);
    Some(contract)
}

/// Whether methods in the block can be those of an entity.
fn check_target(item: &Item, errors: &mut Errors) -> bool {
    if let Some((of_trait, _)) = &item.of_trait {
        errors.push(block::of_trait(of_trait, &item.entity));
        return false;
    }
    let Type::Path(path) = peeled(&item.entity) else {
        errors.push(block::no_entity(&item.entity));
        return false;
    };
    let has_arguments = path.path.segments.last().is_some_and(|last| !last.arguments.is_none());
    if has_arguments {
        // A generic entity: the struct's attribute says so.
        return false;
    }
    if !item.generics.params.is_empty() {
        errors.push(block::generic(&item.generics));
        return false;
    }
    true
}

#[derive(Default)]
struct Found {
    names: Vec<String>,
    /// The compiler says so, too.
    has_duplicates: bool,
    login: Option<(Callable, Option<Exposed>)>,
    authenticate: Option<(Callable, Option<Exposed>)>,
    logout: Option<(Callable, Option<Exposed>)>,
    refresh: Option<(Callable, Option<Exposed>)>,
    own: Vec<(Callable, Exposed)>,
}

impl Found {
    /// Sorts a method in; helpers that are neither in the contract nor exposed are left alone.
    fn add(&mut self, item: &Method, errors: &mut Errors) {
        let ident = &item.signature.ident;
        let name = name_of(ident);
        let method = contract::method(&name);
        if method.role == Role::Own && item.exposed.is_none() {
            return;
        }
        if self.names.contains(&name) {
            self.has_duplicates = true;
            return;
        }
        self.names.push(name);
        if let Some(cfg) = cfg_among(&item.attrs) {
            errors.push(block::cfg_on_method(cfg));
        }
        let exposed = item.exposed.as_ref().map(|args| exposure::validate(args, method, errors));
        let answer = item.exposed.as_ref().map_or(Answer::Nothing, Args::answer);
        let callable = signature::validate(&item.signature, method, answer, errors);
        match (method.role, exposed) {
            (Role::Own, Some(Some(exposed))) => {
                let (most, one_more) =
                    (method.most_arguments - 1, callable.arguments.get(method.most_arguments - 1));
                if let Some(one_more) = one_more.filter(|_| exposed.has_rule()) {
                    errors.push(endpoint::too_many_with_rule(one_more, most));
                }
                parameters::check(&exposed, &callable, errors);
                self.own.push((callable, exposed));
            }
            (Role::Own, _) => {}
            (Role::Login, exposed) => self.login = Some((callable, exposed.flatten())),
            (Role::Authenticate, exposed) => self.authenticate = Some((callable, exposed.flatten())),
            (Role::Logout, exposed) => self.logout = Some((callable, exposed.flatten())),
            (Role::Refresh, exposed) => self.refresh = Some((callable, exposed.flatten())),
        }
    }
}

/// No two endpoints in one place: axum would panic when the program starts.
fn check_paths(contract: &Contract, errors: &mut Errors) {
    let mut taken: HashMap<String, Vec<(&str, &str, String)>> = HashMap::new();
    for (verb, path, owner) in OWN_ENDPOINTS {
        taken.entry(without_parameter_names(path)).or_default().push((verb, path, (*owner).to_owned()));
    }
    // What nobody wrote a path for comes first, so that the message stands on one that somebody wrote.
    let mut endpoints = vec![
        ("`login` has it".to_owned(), &contract.login.1),
        ("`logout` has it".to_owned(), &contract.logout.1),
        ("`refresh` has it".to_owned(), &contract.refresh.1),
        ("it shows the session".to_owned(), &contract.authenticate.1),
    ];
    endpoints.extend(
        contract.own.iter().map(|(callable, exposed)| (format!("`{}` has it", callable.name), exposed)),
    );
    endpoints.sort_by_key(|(_, exposed)| exposed.written.is_some());
    let by_bearer = format!("{}/bearer", contract.login.1.path);
    let owner = "it opens sessions that travel in bearer tokens".to_owned();
    taken.entry(without_parameter_names(&by_bearer)).or_default().push(("POST", &by_bearer, owner));
    for (owner, Exposed { verb, path, written, .. }) in endpoints {
        let neighbours = taken.entry(without_parameter_names(path)).or_default();
        if let Some((_, other, _)) = neighbours.iter().find(|(_, other, _)| other != path) {
            errors.push(endpoint::other_parameter(written, path, other));
        } else if let Some((.., owner)) = neighbours.iter().find(|(other, ..)| other == verb) {
            errors.push(endpoint::same_path(written, verb, path, owner));
        }
        neighbours.push((verb, path, owner));
    }
}

/// `/{id}/name` as `/{}/name`.
fn without_parameter_names(path: &str) -> String {
    let bare = |segment: &str| match (segment.starts_with("{*"), segment.starts_with('{')) {
        (true, _) => "{*}".to_owned(),
        (_, true) => "{}".to_owned(),
        _ => segment.to_owned(),
    };
    path.split('/').map(bare).collect::<Vec<_>>().join("/")
}
