//! actix-web and actix-session, as their READMEs have it, with one worker.

use actix_session::{Session, SessionMiddleware, storage::RedisSessionStore};
use actix_web::{
    App, HttpResponse, HttpServer,
    cookie::Key,
    error::{ErrorInternalServerError, ErrorUnauthorized},
    web::{self, Json},
};
use contest::{Profile, SignIn};

async fn login(session: Session, Json(form): Json<SignIn>) -> actix_web::Result<Json<Profile>> {
    let profile = form.check().ok_or_else(|| ErrorUnauthorized(""))?;
    session.renew();
    session.insert("user", &profile).map_err(ErrorInternalServerError)?;
    Ok(Json(profile))
}

async fn refresh(session: Session) -> actix_web::Result<HttpResponse> {
    user(&session)?;
    session.renew();
    Ok(HttpResponse::NoContent().finish())
}

async fn me(session: Session) -> actix_web::Result<Json<Profile>> {
    user(&session).map(Json)
}

fn user(session: &Session) -> actix_web::Result<Profile> {
    session.get("user").map_err(ErrorInternalServerError)?.ok_or_else(|| ErrorUnauthorized(""))
}

#[actix_web::main]
async fn main() -> contest::Outcome {
    let store = RedisSessionStore::new(contest::redis_url()).await?;
    let key = Key::from(&[7; 64]);
    let app = move || {
        App::new()
            .wrap(SessionMiddleware::new(store.clone(), key.clone()))
            .route("/me", web::get().to(me))
            .route("/login", web::post().to(login))
            .route("/refresh", web::post().to(refresh))
    };
    HttpServer::new(app).workers(1).listen(contest::listen()?)?.run().await?;
    Ok(())
}
