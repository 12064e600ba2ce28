//! Two entities of one name in one store would share their sessions: that is refused at the start.

use std::{
    any::{TypeId, type_name},
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::entity::AuthEntity;

/// A store's place and a name, and whose they are.
type Claims = HashMap<(String, &'static str), (TypeId, &'static str)>;

static CLAIMS: Mutex<Option<Claims>> = Mutex::new(None);

/// Claims the name of `E` in a store.
///
/// # Panics
///
/// When another entity has it.
pub(super) fn claim<E: AuthEntity>(place: String) {
    let own = (TypeId::of::<E>(), type_name::<E>());
    let mut claims = CLAIMS.lock().unwrap_or_else(PoisonError::into_inner);
    let (owner, other) = *claims.get_or_insert_default().entry((place, E::SPEC.name)).or_insert(own);
    drop(claims);
    assert!(
        owner == own.0,
        "`{other}` and `{}` are both named `{name}` in one store, and would share their sessions: give one of them \
         another name, as in `#[auth_service(…, name = \"{name}_2\")]`",
        own.1,
        name = E::SPEC.name,
    );
}
