//! One endpoint, being described.

use axum::http::StatusCode;
use utoipa::{
    ToSchema,
    openapi::{
        Content, Ref, RefOr, Required, Response, ResponseBuilder, SecurityRequirement,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBody,
        schema::{ObjectBuilder, Schema, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    pages::{self, Pages},
    problems::{self, Problems},
    structs::{Schemas, StructSchema},
};
use crate::{
    entity::AuthEntity,
    http::problem::ProblemType,
    service::{Service, Transports},
};

/// An endpoint, being described; an [`Argument`](super::Argument) adds what it takes and how it refuses.
pub struct Operation {
    /// Whether it may change something, and pages of other origins are kept from it.
    pub(super) is_unsafe: bool,
    parameters: Vec<Parameter>,
    in_path: Vec<RefOr<Schema>>,
    body: Option<RequestBody>,
    identities: Vec<Identity>,
    problems: Problems,
    pub(super) pages: Pages,
    others: Option<Response>,
    pub(super) schemas: Schemas,
}

/// Who may or must be signed in.
struct Identity {
    entity: &'static str,
    ways: Vec<(String, SecurityScheme)>,
    is_optional: bool,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Operation {
    pub(super) fn new(is_unsafe: bool) -> Self {
        Operation {
            is_unsafe,
            parameters: Vec::new(),
            in_path: Vec::new(),
            body: None,
            identities: Vec::new(),
            problems: Problems::default(),
            pages: Pages::default(),
            others: None,
            schemas: Vec::new(),
        }
    }

    /// It asks for a signed-in `E`.
    pub fn signed_in<E: AuthEntity>(&mut self) {
        self.identify::<E>(false);
        if let Some(login_page) = pages::login_page::<E>() {
            self.pages.sends(format!("without a session, to `{login_page}`"));
        }
    }

    /// It looks whether an `E` is signed in, and answers in either case.
    pub fn maybe_signed_in<E: AuthEntity>(&mut self) {
        self.identify::<E>(true);
    }

    fn identify<E: AuthEntity>(&mut self, is_optional: bool) {
        let entity = E::SPEC.name;
        match self.identities.iter_mut().find(|known| known.entity == entity) {
            Some(known) => known.is_optional &= is_optional,
            None => self.identities.push(Identity { entity, ways: schemes::<E>(), is_optional }),
        }
        self.problems.challenge |= <E::Service as Service>::TRANSPORTS.bearer;
        self.same_origin::<E>();
        self.refuses_with([ProblemType::NotSignedIn, ProblemType::Unavailable, ProblemType::Internal]);
    }

    /// Where it may change something and takes the cookie of an `E`, it refuses the pages of other origins.
    pub(super) fn same_origin<E: AuthEntity>(&mut self) {
        if self.is_unsafe && <E::Service as Service>::TRANSPORTS.cookies {
            self.refuses_with([ProblemType::CrossOrigin]);
        }
    }

    /// It answers with these problems, too.
    pub fn refuses_with(&mut self, kinds: impl IntoIterator<Item = ProblemType>) {
        kinds.into_iter().for_each(|kind| self.problems.add(kind));
    }

    /// An extractor may refuse the request with this status.
    pub fn rejects_with(&mut self, status: StatusCode) {
        self.problems.add_as(ProblemType::Rejected, status);
    }

    /// What else it answers, nobody knows here.
    pub(super) fn answers_others(&mut self) {
        self.others = Some(ResponseBuilder::new().description("What the program itself answers.").build());
    }

    /// Of what else it answers, all are problems.
    pub(super) fn refuses_with_others(&mut self) {
        self.others.get_or_insert_with(problems::any);
    }

    /// `require = …`
    pub fn requires<E: AuthEntity>(&mut self) {
        self.signed_in::<E>();
        self.refuses_with([ProblemType::NotAllowed]);
    }

    /// `fresh = …`, or [`Fresh`](crate::Fresh).
    pub fn fresh<E: AuthEntity>(&mut self) {
        self.signed_in::<E>();
        let too_old = ProblemType::AuthenticationTooOld;
        self.refuses_with([too_old]);
        if let Some(login_page) = pages::login_page::<E>() {
            let page = format!("{login_page}?error={}", too_old.name());
            self.pages.sends(format!("where credentials were checked too long ago, to `{page}`"));
        }
    }

    /// It takes the parameters of its path as these, in this order.
    pub fn path_parameters(&mut self, schemas: impl IntoIterator<Item = RefOr<Schema>>) {
        self.in_path = schemas.into_iter().collect();
    }

    /// It takes a parameter elsewhere: in the query, in a header.
    pub fn parameter(&mut self, parameter: Parameter) {
        self.parameters.push(parameter);
    }

    /// Each property of a struct is a parameter of the query.
    pub(super) fn query<T: ToSchema>(&mut self) {
        T::schemas(&mut self.schemas);
        let RefOr::T(Schema::Object(object)) = T::schema() else { return };
        for (name, schema) in object.properties {
            let required = if object.required.contains(&name) { Required::True } else { Required::False };
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
            self.parameters.push(parameter.required(required).schema(Some(schema)).build());
        }
    }

    /// It takes a body of this media type; of several, if it is told of several.
    pub fn body(&mut self, media_type: &str, schema: RefOr<Schema>) {
        let body = self.body.get_or_insert_default();
        body.required = Some(Required::True);
        body.content.insert(media_type.to_owned(), RefOr::T(Content::new(Some(schema))));
    }

    /// It takes JSON.
    pub(super) fn json(&mut self, schema: RefOr<Schema>) {
        self.body(JSON, schema);
    }

    /// It takes an HTML form.
    pub(super) fn form(&mut self, schema: RefOr<Schema>) {
        self.body(FORM, schema);
    }

    /// The component of a struct.
    pub(super) fn component(&mut self, schema: StructSchema, entity: &str) -> Ref {
        let name = schema.component(entity);
        let (schema, referred) = schema.finish();
        self.schemas.extend(referred);
        self.schemas.push((name.clone(), schema));
        Ref::from_schema_name(name)
    }

    /// The operation, at this path, when all that went well is answered with `done`.
    pub(super) fn finish(&mut self, path: &str, (status, done): (StatusCode, Response)) -> OperationBuilder {
        let mut operation = OperationBuilder::new().response(status.as_u16().to_string(), done);
        for (status, response) in self.problems.responses() {
            operation = operation.response(status, response);
        }
        if let Some(response) = self.pages.response() {
            operation = operation.response("303", response);
        }
        if let Some(others) = self.others.take() {
            operation = operation.response("default", others);
        }
        operation = self.path_parameters_of(path).into_iter().fold(operation, OperationBuilder::parameter);
        operation = self.parameters.drain(..).fold(operation, OperationBuilder::parameter);
        self.requirements()
            .into_iter()
            .fold(operation, OperationBuilder::security)
            .request_body(self.body.take())
    }

    fn path_parameters_of(&self, path: &str) -> Vec<Parameter> {
        let names: Vec<&str> = path.split('/').filter_map(parameter).collect();
        let text = || ObjectBuilder::new().schema_type(Type::String).into();
        let schema = |i: usize| match self.in_path.get(i) {
            Some(schema) if self.in_path.len() == names.len() => schema.clone(),
            _ => text(),
        };
        let parameter = |(i, name): (usize, &&str)| {
            let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Path);
            parameter.required(Required::True).schema(Some(schema(i))).build()
        };
        names.iter().enumerate().map(parameter).collect()
    }

    /// All in one way of each who must be signed in; without those, too, who may be.
    fn requirements(&self) -> Vec<SecurityRequirement> {
        let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
        for Identity { ways, is_optional, .. } in &self.identities {
            let names =
                || ways.iter().map(|(name, _)| Some(name.as_str())).chain(is_optional.then_some(None));
            sets = sets
                .iter()
                .flat_map(|set| names().map(|name| set.iter().copied().chain(name).collect()))
                .collect();
        }
        let requirement = |set: Vec<&str>| {
            let none = SecurityRequirement::default();
            set.into_iter().fold(none, |all, name| all.add::<_, [&str; 0], _>(name, []))
        };
        if self.identities.is_empty() { Vec::new() } else { sets.into_iter().map(requirement).collect() }
    }

    /// The schemes that it refers to.
    pub(super) fn schemes(&self) -> impl Iterator<Item = (String, SecurityScheme)> {
        self.identities.iter().flat_map(|identity| identity.ways.clone())
    }
}

/// `id` of `{id}` and of `{*id}`.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(inner.strip_prefix('*').unwrap_or(inner))
}

/// How the token of an entity's session travels.
fn schemes<E: AuthEntity>() -> Vec<(String, SecurityScheme)> {
    let spec = E::SPEC;
    let Transports { cookies, bearer } = <E::Service as Service>::TRANSPORTS;
    let cookie = || {
        let about = "The session's cookie, as the login sets it.".to_owned();
        let key = ApiKeyValue::with_description(format!("__Host-{}", spec.cookie), about);
        (format!("{}_cookie", spec.name), SecurityScheme::ApiKey(ApiKey::Cookie(key)))
    };
    let token = || {
        let about = "The session's token, as the login answers it (RFC 6750).";
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
        (format!("{}_bearer", spec.name), SecurityScheme::Http(http))
    };
    cookies.then(cookie).into_iter().chain(bearer.then(token)).collect()
}
