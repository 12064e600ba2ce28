//! The problems that an endpoint answers, one response for each status.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::json;
use utoipa::openapi::{
    Content, Header, Ref, RefOr, Response, ResponseBuilder,
    example::ExampleBuilder,
    schema::{AllOfBuilder, ObjectBuilder, Schema, SchemaFormat, Type},
};

use crate::http::problem::{Problem, ProblemType};

/// The component that all problems refer to.
pub(super) const COMPONENT: &str = "auth.Problem";

const MEDIA_TYPE: &str = "application/problem+json";

/// What is known of an endpoint's problems.
#[derive(Default)]
pub(super) struct Problems {
    kinds: Vec<Problem>,
    /// Whether bearer tokens are asked for.
    pub(super) challenge: bool,
}

impl Problems {
    pub(super) fn add(&mut self, kind: ProblemType) {
        self.add_as(kind, kind.status());
    }

    /// With another status than the kind's own.
    pub(super) fn add_as(&mut self, kind: ProblemType, status: StatusCode) {
        let problem = Problem::new(kind).with_status(status);
        if !self.kinds.contains(&problem) {
            self.kinds.push(problem);
        }
    }

    /// A response for each status.
    pub(super) fn responses(&self) -> BTreeMap<String, Response> {
        let mut by_status: BTreeMap<StatusCode, Vec<&Problem>> = BTreeMap::new();
        for problem in &self.kinds {
            by_status.entry(problem.status()).or_default().push(problem);
        }
        let response = |(status, problems): (StatusCode, Vec<&Problem>)| {
            (status.as_u16().to_string(), self.response(status, &problems))
        };
        by_status.into_iter().map(response).collect()
    }

    fn response(&self, status: StatusCode, problems: &[&Problem]) -> Response {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{} (`{}`)", problem.details().title, problem.details().r#type))
            .collect();
        let mut response =
            ResponseBuilder::new().description(lines.join(", or ")).content(MEDIA_TYPE, content(problems));
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
            response =
                response.header("Retry-After", header(seconds, "After how many seconds to try again."));
        }
        if status == StatusCode::UNAUTHORIZED && self.challenge {
            let challenge = ObjectBuilder::new().schema_type(Type::String);
            let about = "`Bearer`, or what is wrong with the token (RFC 6750).";
            response = response.header("WWW-Authenticate", header(challenge, about));
        }
        response.build()
    }
}

pub(super) fn header(schema: ObjectBuilder, description: &str) -> Header {
    let mut header = Header::new(schema);
    header.description = Some(description.to_owned());
    header
}

/// Problems of these kinds and no others.
fn content(problems: &[&Problem]) -> Content {
    let kinds = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(problems.iter().map(|problem| problem.details().r#type)));
    let narrowed = ObjectBuilder::new().property("type", kinds);
    let schema = AllOfBuilder::new().item(Ref::from_schema_name(COMPONENT)).item(narrowed);
    let examples = problems.iter().map(|problem| {
        let example =
            ExampleBuilder::new().summary(problem.details().title).value(Some(json!(problem.details())));
        (problem.kind().row().0, example.build())
    });
    utoipa::openapi::ContentBuilder::new()
        .schema(Some(RefOr::<Schema>::from(schema)))
        .examples_from_iter(examples)
        .build()
}

/// Problems of any kind.
pub(super) fn any() -> Response {
    let content = Content::new(Some(Ref::from_schema_name(COMPONENT)));
    ResponseBuilder::new()
        .description("What the program itself refuses.")
        .content(MEDIA_TYPE, content)
        .build()
}

/// The members of RFC 9457.
pub(super) fn component() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let uri = text()
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .description(Some("The kind of the problem."));
    let status =
        ObjectBuilder::new().schema_type(Type::Integer).description(Some("The status of the answer."));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("A problem (RFC 9457): it says what kind of error it is and nothing of its cause."))
        .property("type", uri)
        .property("title", text().description(Some("The kind in words.")))
        .property("status", status.minimum(Some(400)).maximum(Some(599)))
        .required("type")
        .required("title")
        .required("status")
        .examples([json!(Problem::new(ProblemType::NotSignedIn).details())])
        .into()
}
