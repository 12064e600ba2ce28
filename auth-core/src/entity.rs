//! What is known of an entity: name, id, settings.

use uuid::Uuid;

use crate::{policy::Policy, service::Service, session::Stamp};

/// A struct that can sign in. `#[auth_service("…")]` on the struct implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an auth entity",
    label = "not annotated with `#[auth_service(\"…\")]`",
    note = "put `#[auth_service(\"auth.cookies.redis\")]` on the struct `{Self}`"
)]
pub trait AuthEntity: Sized + Send + Sync + 'static {
    /// The type of the field that is marked `#[auth(id)]`.
    type Id: PrincipalId;
    /// The service that the entity uses.
    type Service: Service;
    /// The entity's settings.
    const SPEC: EntitySpec;

    /// The id of this one.
    fn principal(&self) -> &Self::Id;

    /// A digest of the fields that are marked `#[auth(stamp)]`: a session ends when it changes. None without such a field.
    fn stamp(&self) -> Option<Stamp> {
        None
    }
}

/// The settings of an entity, as its attribute gives them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EntitySpec {
    /// Its name among the entities of a store. A program that changes it signs everybody out.
    pub name: &'static str,
    /// Where its endpoints are, `/user`.
    pub path: &'static str,
    /// The name of its cookie, without the prefix `__Host-`.
    pub cookie: &'static str,
    /// Lifetimes and limits.
    pub policy: Policy,
    /// The names of its fields.
    pub fields: &'static [&'static str],
    /// The names of those that are marked `#[auth(skip)]`: no session keeps them.
    pub skipped: &'static [&'static str],
    /// Where its browsers sign in, if it has pages.
    pub login_page: Option<&'static str>,
    /// Whether `login` takes forms as well as JSON.
    pub forms: bool,
}

impl EntitySpec {
    /// Written by macros only.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        path: &'static str,
        cookie: &'static str,
        policy: Policy,
        fields: &'static [&'static str],
        skipped: &'static [&'static str],
    ) -> Self {
        EntitySpec { name, path, cookie, policy, fields, skipped, login_page: None, forms: false }
    }

    /// Written by macros only.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_pages(self, login_page: &'static str, forms: bool) -> Self {
        EntitySpec { login_page: Some(login_page), forms, ..self }
    }
}

/// A type that can be the id of an entity.
///
/// ```
/// use auth_core::PrincipalId;
///
/// struct CustomerNumber(u64);
///
/// impl PrincipalId for CustomerNumber {
///     fn to_text(&self) -> String {
///         self.0.to_text()
///     }
///
///     fn from_text(text: &str) -> Option<Self> {
///         u64::from_text(text).map(CustomerNumber)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the id of an entity",
    label = "not a principal id",
    note = "ids are `Uuid`, integers, `String`, or a type of yours with `impl PrincipalId`"
)]
pub trait PrincipalId: Sized + Send + Sync + 'static {
    /// The id as text: two ids are the same if and only if their texts are.
    fn to_text(&self) -> String;

    /// The id that `text`, made by [`to_text`](Self::to_text), stands for.
    fn from_text(text: &str) -> Option<Self>;
}

macro_rules! ids_that_display_and_parse {
    ($($id:ty),*) => { $(
        impl PrincipalId for $id {
            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )* };
}

ids_that_display_and_parse!(Uuid, String, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
