//! The schemas of what is sent and answered, put together from the fields of structs.

use serde_json::Value;
use utoipa::{
    Number, ToSchema,
    openapi::{
        RefOr,
        schema::{
            AdditionalProperties, AllOfBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema,
            SchemaFormat, SchemaType, Type,
        },
    },
};

use super::pages::next_field;
use crate::{
    http::{csrf::FIELD as CSRF_FIELD, pages::NEXT},
    secret::Secret,
};

/// A struct that is sent or answered, as the macros describe it; `None` where there is no body.
// `K` is free, so that the fields are not asked for their schemas before someone wants the document: whether this
// feature is on, any crate in a program decides.
#[diagnostic::on_unimplemented(
    message = "nothing describes `{Self}` in the OpenAPI document",
    label = "no form of credentials and no response model",
    note = "put `#[derive(Credentials)]` on the form of `login`, and `#[expose_response]` on what an endpoint answers"
)]
pub trait Described<K> {
    /// Its description.
    fn described() -> Option<StructSchema>;
}

/// A field's type that has a schema: any with utoipa's `ToSchema`.
#[diagnostic::on_unimplemented(
    message = "the OpenAPI document has no schema for a `{Self}`",
    label = "a field of type `{Self}` cannot be described",
    note = "put `#[derive(utoipa::ToSchema)]` on `{Self}`, with the same version of utoipa as `auth_core::openapi::utoipa`",
    note = "for a type of another crate: say how it is written with `#[serde(with = \"…\")]`, and it is described as any value"
)]
pub trait FieldSchema<K> {
    /// The schema, inline.
    fn schema() -> RefOr<Schema>;
    /// Puts those that it refers to.
    fn referred(schemas: &mut Schemas);
}

/// Components by name.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

#[diagnostic::do_not_recommend]
impl<K, T: ToSchema> FieldSchema<K> for T {
    fn schema() -> RefOr<Schema> {
        exact::<T>()
    }

    fn referred(schemas: &mut Schemas) {
        T::schemas(schemas);
    }
}

/// The schema of a type. Of an integer, with its bounds: utoipa calls a `u32` an `int32`.
pub(super) fn exact<T: ToSchema>() -> RefOr<Schema> {
    macro_rules! bounds {
        ($($ty:ident)*) => {
            match &*T::name() {
                $(stringify!($ty) => Some((Number::from($ty::MIN), Number::from($ty::MAX))),)*
                _ => None,
            }
        };
    }
    let integer = |(least, most): (Number, Number)| {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most)).into()
    };
    bounds!(u8 u16 u32 u64 usize i8 i16).map_or_else(T::schema, integer)
}

impl<K> FieldSchema<K> for Secret {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Password);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).write_only(true).into()
    }

    fn referred(_: &mut Schemas) {}
}

// Their documentation would be that of each field.

// Stands for a `Uuid`, which has no `ToSchema`: the macros know it by its name.
#[allow(missing_docs)]
#[derive(ToSchema)]
#[schema(value_type = String, format = "uuid")]
pub struct Uuid(#[allow(dead_code, reason = "for the derive")] String);

// Stands for a date and time of RFC 3339.
#[allow(missing_docs)]
#[derive(ToSchema)]
#[schema(value_type = String, format = "date-time")]
pub struct DateTime(#[allow(dead_code, reason = "for the derive")] String);

/// A field.
pub struct Field {
    name: &'static str,
    schema: RefOr<Schema>,
    referred: Schemas,
    may_be_missing: bool,
}

impl Field {
    /// A field of a type with a schema; `doc` is its documentation.
    #[must_use]
    pub fn of<T: FieldSchema<K>, K>(name: &'static str, doc: &str) -> Self {
        let mut referred = Vec::new();
        T::referred(&mut referred);
        Field { name, schema: with_description(T::schema(), doc), referred, may_be_missing: false }
    }

    /// A field that is written in a way of its own.
    #[must_use]
    pub fn anything(name: &'static str, doc: &str) -> Self {
        Field { name, schema: with_description(anything(), doc), referred: Vec::new(), may_be_missing: false }
    }

    /// It may be `null`.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        self.schema = OneOfBuilder::new().item(self.schema).item(null).into();
        self
    }

    /// It may be left out.
    #[must_use]
    pub fn or_missing(mut self) -> Self {
        self.may_be_missing = true;
        self
    }
}

/// The schema of a struct.
pub struct StructSchema {
    name: &'static str,
    summary: Option<String>,
    is_ours: bool,
    object: ObjectBuilder,
    flattened: Vec<RefOr<Schema>>,
    referred: Schemas,
}

impl StructSchema {
    /// Without fields yet.
    #[must_use]
    pub fn new(name: &'static str, doc: &str) -> Self {
        let text = text(doc);
        let summary = text.as_deref().and_then(|text| text.lines().next()).map(str::to_owned);
        let object = ObjectBuilder::new().schema_type(Type::Object).description(text);
        StructSchema { name, summary, is_ours: false, object, flattened: Vec::new(), referred: Vec::new() }
    }

    /// Of the library: the same for all entities.
    pub(super) fn ours(self, example: Value) -> Self {
        StructSchema { is_ours: true, object: self.object.examples([example]), ..self }
    }

    /// With one more field.
    #[must_use]
    pub fn with(mut self, field: Field) -> Self {
        self.object = self.object.property(field.name, field.schema);
        if !field.may_be_missing {
            self.object = self.object.required(field.name);
        }
        self.referred.extend(field.referred);
        self
    }

    /// With the fields of another struct among its own.
    #[must_use]
    pub fn flattened<T: FieldSchema<K>, K>(mut self) -> Self {
        self.flattened.push(T::schema());
        T::referred(&mut self.referred);
        self
    }

    /// What has other fields is refused.
    #[must_use]
    pub fn closed(mut self) -> Self {
        if self.flattened.is_empty() {
            self.object = self.object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
        }
        self
    }

    /// As an HTML form sends it: it has no `null`, and may have the fields that the library itself reads.
    pub(super) fn into_form(mut self) -> Self {
        let mut object = self.object.build();
        for schema in object.properties.values_mut() {
            without_null(schema);
        }
        let token = ObjectBuilder::new().schema_type(Type::String);
        let token = token.description(Some("The token of `CsrfLayer`, where it is asked for."));
        for (name, schema) in [(NEXT, next_field()), (CSRF_FIELD, token.into())] {
            object.properties.entry(name.to_owned()).or_insert(RefOr::T(schema));
        }
        self.object = object.into();
        self
    }

    /// What is said of an answer that has it.
    pub(super) fn summary(&self) -> String {
        self.summary.clone().unwrap_or_else(|| "Done.".to_owned())
    }

    /// The name of its component. Two entities may have a `SignIn` each.
    pub(super) fn component(&self, entity: &str) -> String {
        let owner = if self.is_ours { "auth" } else { entity };
        format!("{owner}.{}", self.name)
    }

    /// The schema, and those that it refers to.
    pub(super) fn finish(self) -> (RefOr<Schema>, Schemas) {
        if self.flattened.is_empty() {
            return (self.object.into(), self.referred);
        }
        let all = AllOfBuilder::new().item(self.object);
        (self.flattened.into_iter().fold(all, AllOfBuilder::item).into(), self.referred)
    }
}

/// What `or_null` adds is taken away.
fn without_null(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one_of)) = schema
        && let [value, RefOr::T(Schema::Object(null))] = &one_of.items[..]
        && null.schema_type == SchemaType::Type(Type::Null)
    {
        *schema = with_description(value.clone(), one_of.description.as_deref().unwrap_or_default());
    }
}

/// Any JSON value.
pub(super) fn anything() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).into()
}

/// The lines of a doc comment without the space that each begins with; `None` where nothing is left.
pub(super) fn text(doc: &str) -> Option<String> {
    let lines: Vec<&str> =
        doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    Some(lines.join("\n").trim().to_owned()).filter(|text| !text.is_empty())
}

fn with_description(schema: RefOr<Schema>, doc: &str) -> RefOr<Schema> {
    let Some(description) = text(doc) else { return schema };
    match schema {
        RefOr::Ref(mut reference) => {
            reference.description = description;
            RefOr::Ref(reference)
        }
        RefOr::T(mut schema) => {
            let place = match &mut schema {
                Schema::Array(array) => &mut array.description,
                Schema::Object(object) => &mut object.description,
                Schema::OneOf(one_of) => &mut one_of.description,
                Schema::AllOf(all_of) => &mut all_of.description,
                Schema::AnyOf(any_of) => &mut any_of.description,
                _ => return RefOr::T(schema),
            };
            *place = Some(description);
            RefOr::T(schema)
        }
    }
}
