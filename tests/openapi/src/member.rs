//! With cookies, and endpoints of each kind.

use auth_core::{
    Authenticated, Credentials, Fresh, LoginError, Problem, Secret, Session, auth_service, expose_response,
};
use axum::extract::{Path, Query};
use axum::{Form, Json};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::PASSWORD;

/// A member of a club.
#[auth_service]
pub struct Member {
    #[auth(id)]
    id: Uuid,
    email: String,
    rank: Rank,
}

/// What a member may do.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rank {
    /// Most.
    Plain,
    /// Those who may rename the club.
    Chair,
}

/// How a member signs in.
#[derive(Deserialize, Credentials)]
#[serde(rename_all = "camelCase")]
pub struct SignIn {
    /// The address that the club writes to.
    #[auth(identifier)]
    email_address: String,
    /// The password of the club.
    #[auth(secret)]
    password: Secret,
    /// Of the second factor.
    #[auth(secret)]
    one_time_code: Option<Secret>,
    #[serde(default)]
    remember: bool,
}

/// Who signed in, and until when.
#[expose_response(Member::login)]
pub struct Welcome {
    /// Where the club writes to.
    email: String,
    /// What the member may do.
    rank: Rank,
    session_id: Uuid,
    /// When all ends.
    #[expose(rename = "until")]
    expires_at: OffsetDateTime,
}

/// What leaves of a member.
#[expose_response]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    email: String,
    rank: Rank,
    friends: Vec<Uuid>,
    /// Only those who have one.
    #[expose(skip_if_none)]
    nick_name: Option<String>,
    last_visit: Option<OffsetDateTime>,
}

/// A note on the club's board.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// What it says.
    text: String,
    /// Who may see it.
    rank: Option<Rank>,
}

/// A note that is on the board.
#[expose_response(Member::post_note)]
pub struct Note {
    id: Uuid,
    text: String,
}

/// A wish, from a page of the club.
#[derive(Deserialize, ToSchema)]
pub struct Wish {
    /// What is wished for.
    text: String,
    /// By how many.
    #[schema(maximum = 65_535)]
    votes: u16,
}

/// Which notes to show.
#[derive(Deserialize, ToSchema)]
pub struct Page {
    /// From which on.
    from: i32,
    /// How many.
    #[schema(maximum = 255)]
    count: Option<u8>,
}

/// Some notes.
#[expose_response]
pub struct Notes {
    from: i32,
    count: u8,
    is_member: bool,
}

#[auth_service]
impl Member {
    /// Signs a member in.
    ///
    /// Whoever has the password of the club is one.
    #[expose_endpoint(post, "/login", response = Welcome)]
    async fn login(form: SignIn) -> Result<Self, LoginError> {
        let _ = (form.one_time_code, form.remember);
        if form.password.expose() != PASSWORD {
            return Err(LoginError::InvalidCredentials);
        }
        let rank = if form.email_address == "chair@example.com" { Rank::Chair } else { Rank::Plain };
        Ok(Member { id: Uuid::nil(), email: form.email_address, rank })
    }

    /// Is told of a logout.
    async fn logout(session: Session<Self>) {
        let _ = session;
    }

    /// Shows the profile.
    ///
    /// Of the member who is signed in.
    #[expose_endpoint(get, "/me", response = Profile)]
    fn me(member: Authenticated<Self>) -> Profile {
        Profile {
            email: member.email.clone(),
            rank: member.rank,
            friends: vec![member.id],
            nick_name: None,
            last_visit: None,
        }
    }

    /// Puts a note on the board.
    #[expose_endpoint(post, "/notes", response = Note, status = 201)]
    async fn post_note(_: Authenticated<Self>, Json(note): Json<NewNote>) -> Json<Note> {
        let _ = note.rank;
        Json(Note { id: Uuid::new_v4(), text: note.text })
    }

    /// Shows some notes.
    #[expose_endpoint(get, "/notes", response = Notes)]
    fn notes(member: Option<Authenticated<Self>>, Query(page): Query<Page>) -> Notes {
        Notes { from: page.from, count: page.count.unwrap_or(10), is_member: member.is_some() }
    }

    /// Makes a wish.
    #[expose_endpoint(post, "/wishes")]
    fn wish(_: Authenticated<Self>, Form(wish): Form<Wish>) {
        let _ = (wish.text, wish.votes);
    }

    /// Takes a note down.
    #[expose_endpoint(delete, "/notes/{board}/{number}")]
    fn remove_note(_: Fresh<Self>, Path((board, number)): Path<(Uuid, u32)>) {
        let _ = (board, number);
    }

    /// Renames the club.
    #[expose_endpoint(put, "/club", require = is_chair, fresh = "5m")]
    fn rename_club(name: Json<NewNote>) -> Result<(), Problem> {
        if name.text.is_empty() { Err(Problem::not_allowed()) } else { Ok(()) }
    }

    /// Asks to be a member.
    #[expose_endpoint(post, "/apply")]
    fn apply() {}
}

fn is_chair(member: &Member) -> bool {
    member.rank == Rank::Chair
}

impl Member {
    /// Where the club writes to.
    pub fn email(&self) -> &str {
        &self.email
    }
}
