//! A session: what the cookie holds, what the store keeps, and the rules between the two.

pub(crate) mod device;
pub(crate) mod ended;
pub(crate) mod info;
pub(crate) mod keys;
pub mod lifecycle;
pub(crate) mod payload;
pub(crate) mod record;
#[cfg(feature = "sealed")]
pub(crate) mod seal;
pub(crate) mod stamp;
pub(crate) mod token;

pub use device::{Device, Network};
pub use ended::Ended;
pub use info::{Session, SessionInfo};
pub use keys::{InvalidServerKey, Presented, ServerKey, Verifier};
pub use record::{Previous, Record, UnreadableRecord};
pub use stamp::{Stamp, Stamping};
pub use token::Tag;
