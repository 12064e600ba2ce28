//! The endpoints of an entity: what is called here is what `Routes` is called with, so that both know the same.

use std::marker::PhantomData;

use axum::{http::StatusCode, routing::MethodFilter};
use utoipa::openapi::{
    Components, Content, HttpMethod, Info, OpenApi, Paths, RefOr, Response, ResponseBuilder, Tag,
    schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, Schema, Type},
};

use super::{
    about::About,
    arguments::PathParameters,
    operation::Operation,
    pages, problems,
    structs::{Described, StructSchema, anything},
};
use crate::{
    auth::ListedSession,
    entity::AuthEntity,
    http::{
        endpoints::{EndpointSpec, own, path},
        problem::ProblemType,
    },
    service::{Service, Transports},
};

/// The endpoints of `E`, being described.
pub struct Operations<E> {
    paths: Paths,
    components: Components,
    ids: Vec<String>,
    entity: PhantomData<fn() -> E>,
}

/// What goes wrong with credentials, wherever they are checked.
const CREDENTIALS: [ProblemType; 10] = [
    ProblemType::Malformed,
    ProblemType::InvalidCredentials,
    ProblemType::RequestTimeout,
    ProblemType::TooLarge,
    ProblemType::UnsupportedMediaType,
    ProblemType::Unprocessable,
    ProblemType::TooManyLogins,
    ProblemType::Internal,
    ProblemType::Busy,
    ProblemType::Unavailable,
];

/// The headers of a logout.
const LEFT_BEHIND: [(&str, &str); 2] = [
    ("Set-Cookie", "Takes the cookie away."),
    ("Clear-Site-Data", "Has the browser forget what it keeps of the site."),
];

/// How an answer brings the client its token.
#[derive(Clone, Copy)]
struct Grant {
    cookie: bool,
    token: Token,
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Never,
    /// Where the request came with one.
    Sometimes,
    Always,
}

impl<E: AuthEntity> Operations<E> {
    const TRANSPORTS: Transports = <E::Service as Service>::TRANSPORTS;

    pub(super) fn new() -> Self {
        let mut components = Components::new();
        components.schemas.insert(problems::COMPONENT.to_owned(), problems::component());
        Operations { paths: Paths::new(), components, ids: Vec::new(), entity: PhantomData }
    }

    /// `POST /user/login` and `/user/reauthenticate`, and where both transports are there, `/user/login/bearer`.
    #[must_use]
    pub fn login<C: Described<K>, R: Described<K>, K>(
        mut self,
        spec: EndpointSpec,
        about: &About,
        arguments: impl Fn(&mut Operation),
    ) -> Self {
        let Transports { cookies, bearer } = Self::TRANSPORTS;
        let by_cookie = Grant { cookie: true, token: Token::Never };
        let by_token = Grant { cookie: false, token: Token::Always };
        let mut login = |spec: EndpointSpec, relative: &str, grant: Grant, about: &About| {
            let mut operation = Self::operation(spec.method);
            if grant.cookie {
                operation.same_origin::<E>();
            }
            Self::credentials::<C, K>(&mut operation, grant);
            operation.refuses_with([ProblemType::TooManySessions]);
            arguments(&mut operation);
            let done = Self::granted::<R, K>(&mut operation, spec.status, grant);
            self.add(spec.method, relative, about, operation, done);
        };
        login(spec, spec.path, if cookies { by_cookie } else { by_token }, about);
        if cookies && bearer {
            let relative = format!("{}{}", spec.path, own::BEARER);
            login(
                spec,
                &relative,
                by_token,
                &about.sibling("login_bearer", "The token comes in the answer."),
            );
        }
        let again = EndpointSpec::post(own::REAUTHENTICATE, 200);
        let mut operation = Self::operation(again.method);
        operation.signed_in::<E>();
        let grant = Self::by_what_came(Token::Always);
        Self::credentials::<C, K>(&mut operation, grant);
        arguments(&mut operation);
        let done = Self::granted::<R, K>(&mut operation, again.status, grant);
        self.add(again.method, again.path, &About::REAUTHENTICATE, operation, done);
        self
    }

    /// `POST /user/logout`
    #[must_use]
    pub fn logout<R: Described<K>, K>(
        self,
        spec: EndpointSpec,
        about: &About,
        arguments: impl Fn(&mut Operation),
    ) -> Self {
        let described = R::described();
        self.endpoint_of(spec, about, |operation| {
            operation.signed_in::<E>();
            arguments(operation);
            let (status, mut done) = Self::done(operation, spec.status, described);
            if Self::TRANSPORTS.cookies {
                for (name, about) in LEFT_BEHIND {
                    done = done.header(name, problems::header(text(), about));
                }
            }
            if let Some(login_page) = pages::login_page::<E>() {
                operation.parameter(pages::next_parameter());
                operation.pages.sends(format!("after signing out, to `next`, or `{login_page}`"));
                for (name, about) in LEFT_BEHIND {
                    operation.pages.brings(name, about);
                }
            }
            (status, done.build())
        })
    }

    /// `POST /user/refresh`
    #[must_use]
    pub fn refresh<R: Described<K>, K>(
        self,
        spec: EndpointSpec,
        about: &About,
        arguments: impl Fn(&mut Operation),
    ) -> Self {
        self.endpoint_of(spec, about, |operation| {
            operation.signed_in::<E>();
            arguments(operation);
            // Too early a refresh keeps the token that is there.
            Self::granted::<R, K>(operation, spec.status, Self::by_what_came(Token::Sometimes))
        })
    }

    /// `GET /user/session`
    #[must_use]
    pub fn authenticate<R: Described<K>, K>(self, spec: EndpointSpec, about: &About) -> Self {
        self.endpoint_of(spec, about, |operation| {
            operation.signed_in::<E>();
            let (status, done) = Self::done(operation, spec.status, R::described());
            (status, done.build())
        })
    }

    /// The endpoints that list the principal's sessions, and end them.
    #[must_use]
    pub fn sessions(mut self) -> Self {
        let mut list = Self::operation(MethodFilter::GET);
        list.signed_in::<E>();
        let described = <ListedSession as Described<()>>::described();
        let items = described.map(|schema| list.component(schema, E::SPEC.name));
        let items = items.map_or_else(anything, RefOr::Ref);
        let schema = ArrayBuilder::new().items(items);
        let done = (StatusCode::OK, json("The sessions that are alive, the newest first.", schema).build());
        self.add(MethodFilter::GET, own::SESSIONS, &About::LIST_SESSIONS, list, done);

        let mut end_others = Self::operation(MethodFilter::DELETE);
        end_others.signed_in::<E>();
        self.add(
            MethodFilter::DELETE,
            own::SESSIONS,
            &About::END_OTHERS,
            end_others,
            nothing("All others have ended."),
        );

        let mut end = Self::operation(MethodFilter::DELETE);
        end.signed_in::<E>();
        end.path_parameters(<uuid::Uuid as PathParameters>::schemas());
        end.refuses_with([ProblemType::NoSuchSession]);
        let mut done = ResponseBuilder::new().description("It has ended.");
        if Self::TRANSPORTS.cookies {
            let about = "Takes the cookie away, where it was the session that asks.";
            done = done.header("Set-Cookie", problems::header(text(), about));
        }
        let done = (StatusCode::NO_CONTENT, done.build());
        self.add(MethodFilter::DELETE, own::SESSION, &About::END_SESSION, end, done);
        self
    }

    /// An endpoint of the entity's own.
    #[must_use]
    pub fn endpoint<R: Described<K>, K>(
        self,
        spec: EndpointSpec,
        about: &About,
        arguments: impl Fn(&mut Operation),
    ) -> Self {
        self.endpoint_of(spec, about, |operation| {
            operation.same_origin::<E>();
            arguments(operation);
            let (status, done) = Self::done(operation, spec.status, R::described());
            (status, done.build())
        })
    }

    /// The document.
    pub(super) fn finish(self) -> OpenApi {
        let name = E::SPEC.name;
        let info = Info::new(format!("Authentication of `{name}`"), env!("CARGO_PKG_VERSION").to_owned());
        let mut document = OpenApi::new(info, self.paths);
        document.components = Some(self.components);
        document.tags = Some(vec![Tag::new(name)]);
        document
    }

    fn endpoint_of(
        mut self,
        spec: EndpointSpec,
        about: &About,
        describe: impl FnOnce(&mut Operation) -> (StatusCode, Response),
    ) -> Self {
        let mut operation = Self::operation(spec.method);
        let done = describe(&mut operation);
        self.add(spec.method, spec.path, about, operation, done);
        self
    }

    fn operation(method: MethodFilter) -> Operation {
        Operation::new(method != MethodFilter::GET)
    }

    fn credentials<C: Described<K>, K>(operation: &mut Operation, grant: Grant) {
        operation.refuses_with(CREDENTIALS);
        if let Some(schema) = C::described() {
            let form = operation.component(schema, E::SPEC.name);
            operation.json(form.into());
        }
        if !grant.cookie {
            return;
        }
        if E::SPEC.forms
            && let Some(schema) = C::described()
        {
            let (schema, referred) = schema.into_form().finish();
            operation.schemas.extend(referred);
            operation.form(schema);
        }
        if let Some(login_page) = pages::login_page::<E>() {
            operation.parameter(pages::next_parameter());
            operation.pages.sends("after signing in, to `next`, or `/`".to_owned());
            operation
                .pages
                .sends(format!("after a failure, to `{login_page}?error=…`, by the problem's name"));
            operation.pages.brings("Set-Cookie", "The session's cookie.");
            operation.pages.brings("Retry-After", "After how many seconds to try again, where that helps.");
        }
    }

    /// The token goes back as it came.
    fn by_what_came(token: Token) -> Grant {
        let Transports { cookies, bearer } = Self::TRANSPORTS;
        let token = match (cookies, bearer) {
            (true, true) => Token::Sometimes,
            (false, true) => token,
            (_, false) => Token::Never,
        };
        Grant { cookie: cookies, token }
    }

    /// An answer with a token.
    fn granted<R: Described<K>, K>(
        operation: &mut Operation,
        status: StatusCode,
        Grant { cookie, token }: Grant,
    ) -> (StatusCode, Response) {
        let (status, done) = match (R::described(), token) {
            (Some(schema), Token::Sometimes | Token::Always) => {
                let summary = schema.summary();
                let model = operation.component(schema, E::SPEC.name);
                let schema = AllOfBuilder::new().item(model).item(token_members(token));
                (status, json(&summary, RefOr::<Schema>::from(schema)))
            }
            (described, _) => Self::done(operation, status, described),
        };
        let done = if cookie {
            done.header("Set-Cookie", problems::header(text(), "The session's cookie."))
        } else {
            done
        };
        (status, done.build())
    }

    /// An answer without.
    fn done(
        operation: &mut Operation,
        status: StatusCode,
        described: Option<StructSchema>,
    ) -> (StatusCode, ResponseBuilder) {
        match described {
            None => (StatusCode::NO_CONTENT, ResponseBuilder::new().description("Done.")),
            Some(schema) => {
                let summary = schema.summary();
                (status, json(&summary, operation.component(schema, E::SPEC.name)))
            }
        }
    }

    fn add(
        &mut self,
        method: MethodFilter,
        relative: &str,
        about: &About,
        mut operation: Operation,
        done: (StatusCode, Response),
    ) {
        let path = without_wildcards(&path::<E>(relative));
        for (name, scheme) in operation.schemes() {
            self.components.add_security_scheme(name, scheme);
        }
        let described = operation
            .finish(&path, done)
            .tag(E::SPEC.name)
            .operation_id(Some(self.id(about.name)))
            .summary(Some(about.summary()))
            .description(about.description());
        self.components.schemas.extend(operation.schemas);
        self.paths.add_path_operation(path, vec![http_method(method)], described.build());
    }

    /// A name that no other operation has: a method may be called as an endpoint of the library is.
    fn id(&mut self, name: &str) -> String {
        let mut id = format!("{}_{name}", E::SPEC.name);
        while self.ids.contains(&id) {
            id.push('_');
        }
        self.ids.push(id.clone());
        id
    }
}

/// What RFC 6749, section 5.1, has beside the members of the response model.
fn token_members(token: Token) -> ObjectBuilder {
    let kind = text().enum_values(Some(["Bearer"]));
    let members = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("access_token", text().description(Some("The session's token.")))
        .property("token_type", kind);
    if token == Token::Always { members.required("access_token").required("token_type") } else { members }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn json(description: &str, schema: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    ResponseBuilder::new().description(description).content("application/json", Content::new(Some(schema)))
}

fn nothing(description: &str) -> (StatusCode, Response) {
    (StatusCode::NO_CONTENT, Response::new(description))
}

/// OpenAPI knows of no parameter that takes the rest of a path.
fn without_wildcards(path: &str) -> String {
    path.replace("{*", "{")
}

fn http_method(method: MethodFilter) -> HttpMethod {
    match method {
        MethodFilter::POST => HttpMethod::Post,
        MethodFilter::PUT => HttpMethod::Put,
        MethodFilter::PATCH => HttpMethod::Patch,
        MethodFilter::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
