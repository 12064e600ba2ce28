//! What a browser is answered in place of data, where the entity has a `login_page`.

use utoipa::openapi::{
    Required, Response, ResponseBuilder,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Schema, SchemaFormat, Type},
};

use super::problems::header;
use crate::{entity::AuthEntity, http::pages::NEXT, service::Service};

/// Where a browser is sent, and when.
#[derive(Default)]
pub(super) struct Pages {
    occasions: Vec<String>,
    headers: Vec<(&'static str, &'static str)>,
}

/// The login page, where browsers are sent to one: those that present a bearer token are not.
pub(super) fn login_page<E: AuthEntity>() -> Option<&'static str> {
    E::SPEC.login_page.filter(|_| <E::Service as Service>::TRANSPORTS.cookies)
}

impl Pages {
    pub(super) fn sends(&mut self, occasion: String) {
        if !self.occasions.contains(&occasion) {
            self.occasions.push(occasion);
        }
    }

    /// With a header that the answer may have, too.
    pub(super) fn brings(&mut self, name: &'static str, about: &'static str) {
        self.headers.push((name, about));
    }

    /// 303, if it ever is.
    pub(super) fn response(&self) -> Option<Response> {
        if self.occasions.is_empty() {
            return None;
        }
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let location = text().format(Some(SchemaFormat::Custom("uri-reference".to_owned())));
        let about = format!("Where `Accept` prefers HTML: {}.", self.occasions.join("; "));
        let response = ResponseBuilder::new()
            .description(about)
            .header("Location", header(location, "The page to go to, on this host."));
        let headers = self.headers.iter();
        Some(headers.fold(response, |all, (name, about)| all.header(*name, header(text(), about))).build())
    }
}

/// What says in the query where to go afterwards.
pub(super) fn next_parameter() -> Parameter {
    let parameter = ParameterBuilder::new().name(NEXT).parameter_in(ParameterIn::Query);
    parameter.required(Required::False).description(Some(NEXT_IS)).schema(Some(text())).build()
}

/// The field of a form that says the same.
pub(super) fn next_field() -> Schema {
    text().description(Some(NEXT_IS)).into()
}

const NEXT_IS: &str = "Where a browser goes afterwards: a path on this host. Anything else counts as none.";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
