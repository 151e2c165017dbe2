//! Logging in and out. The refresh token travels in a cookie that no script reads and that is sent to
//! these routes only.

use crate::dto::people::{
    ClaimRequest, GrantedDto, LoginRequest, MeDto, PasswordRequest, TicketDto,
};
use crate::extract::{Fields, Json, NoFields};
use crate::gate::Noted;
use crate::guarded::{Guarded, Peer};
use crate::openapi::Refused;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use identity::{Credential, Granted, Principal, Refusal};
use std::sync::Arc;

/// The cookie of refresh tokens.
const COOKIE: &str = "argonaut_refresh";
/// The same over TLS: browsers take one of such a name over TLS only, so that nobody in between puts in
/// another. `__Host-` would have it sent everywhere, and this one is for a few routes.
const SECURE_COOKIE: &str = "__Secure-argonaut_refresh";
/// Where it is sent to.
const COOKIE_PATH: &str = "/api/v1/auth";

/// Identity, where it is on.
pub(super) fn guarded<H>(api: &Api<H>) -> Result<Arc<Guarded>, Problem> {
    api.guarded.clone().ok_or_else(|| {
        let detail = "identity is off; `mode = \"on\"` of [identity] turns it on";
        Problem::new(StatusCode::NOT_FOUND, "IDENTITY_OFF", detail)
    })
}

/// `POST auth/login`.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    operation_id = "auth.login",
    summary = "Logs in",
    request_body = LoginRequest,
    responses(
        (
            status = 200,
            description = "A session.",
            body = GrantedDto,
            headers(("Set-Cookie" = String, description = "The refresh token, which no script reads.")),
        ),
        (status = 401, response = Refused),
        (status = 404, response = Refused),
        (status = 429, response = Refused),
    ),
)]
pub(crate) async fn login<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Peer(from): Peer,
    Json(request): Json<LoginRequest>,
) -> Result<Response, Problem> {
    let LoginRequest { name, password } = request;
    let asked = name.clone();
    let guarded = guarded(&api)?;
    let granted = guarded
        .ask_in_turn(move |identity| identity.login(&name, &password, from))
        .await;
    Ok(answer(&guarded, granted, &asked, &from.to_string()))
}

/// `POST auth/claim`: takes up an invitation.
#[utoipa::path(
    post,
    path = "/api/v1/auth/claim",
    operation_id = "auth.claim",
    summary = "Takes up an invitation, and logs in",
    request_body = ClaimRequest,
    responses(
        (
            status = 200,
            description = "A session.",
            body = GrantedDto,
            headers(("Set-Cookie" = String, description = "The refresh token, which no script reads.")),
        ),
        (status = 401, response = Refused),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
        (status = 429, response = Refused),
    ),
)]
pub(crate) async fn claim<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Peer(from): Peer,
    Json(request): Json<ClaimRequest>,
) -> Result<Response, Problem> {
    let asked = request.name.clone();
    let guarded = guarded(&api)?;
    let granted = guarded
        .ask_in_turn(move |identity| {
            let ClaimRequest {
                token,
                name,
                password,
            } = request;
            identity.claim(&token, &name, &password, from)
        })
        .await;
    Ok(answer(&guarded, granted, &asked, &from.to_string()))
}

/// `POST auth/refresh`: new tokens for the cookie.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    operation_id = "auth.refresh",
    summary = "Goes on with a session, by its cookie",
    params(
        (
            "argonaut_refresh" = Option<String>, Cookie, nullable = false,
            description = "The refresh token; 401 without it.",
        ),
    ),
    responses(
        (
            status = 200,
            description = "The session, with new tokens.",
            body = GrantedDto,
            headers(("Set-Cookie" = String, description = "The refresh token, which no script reads.")),
        ),
        (status = 401, response = Refused),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn refresh<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Peer(from): Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let guarded = guarded(&api)?;
    let token = cookie(&headers, cookie_name(&guarded)).unwrap_or_default();
    // The refusal itself, for the log is told whose token came again.
    let granted = guarded
        .ask(move |identity| Ok(identity.refresh(&token, from)))
        .await?;
    let refusal = match granted {
        Ok(granted) => return Ok(answer(&guarded, Ok(granted), "", &from.to_string())),
        Err(refusal) => refusal,
    };
    let noted = match &refusal {
        Refusal::Reused {
            user,
            session,
            is_stored,
        } => {
            let unstored = if *is_stored {
                ""
            } else {
                ", whose end could not be stored"
            };
            Noted {
                actor: Some(format!("?{user}")),
                subject: format!("session {session} of {user}{unstored}, from {from}"),
                ..Noted::default()
            }
        }
        _ => return Err(refusal.into()),
    };
    let mut response = Problem::from(refusal).into_response();
    response.extensions_mut().insert(noted);
    Ok(response)
}

/// The answer to who is let in or not, with what is to be written down of it.
fn answer(
    guarded: &Guarded,
    granted: Result<Granted, Problem>,
    asked: &str,
    from: &str,
) -> Response {
    let noted = |actor: &str| Noted {
        actor: (!actor.is_empty()).then(|| actor.to_owned()),
        subject: format!("from {from}"),
        ..Noted::default()
    };
    match granted {
        Ok(granted) => {
            let mut response = axum::Json(GrantedDto::from(&granted)).into_response();
            set_cookie(guarded, &mut response, Some(&granted.refresh));
            response.extensions_mut().insert(noted(&granted.user));
            response
        }
        Err(problem) => {
            let is_try = problem.code() == "WRONG_CREDENTIALS";
            let mut response = problem.into_response();
            if is_try {
                // Who is not let in is only who they say: marked, so that nobody reads it as known.
                let said = format!("?{asked}");
                response.extensions_mut().insert(noted(&said));
            }
            response
        }
    }
}

/// `POST auth/logout`: ends the session that asks.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "auth.logout",
    summary = "Ends the session that asks",
    responses(
        (
            status = 204,
            description = "It is over.",
            headers(("Set-Cookie" = String, description = "Forgets the refresh token.")),
        ),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn logout<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
) -> Result<Response, Problem> {
    let guarded = guarded(&api)?;
    let (who, session) = session(who)?;
    let ended = guarded
        .ask(move |identity| identity.end_session(&session, &who))
        .await;
    // The browser forgets its token whatever became of the session.
    let mut response = match ended {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => problem.into_response(),
    };
    set_cookie(&guarded, &mut response, None);
    Ok(response)
}

/// `POST auth/password`.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password",
    operation_id = "auth.password",
    summary = "Sets a new password",
    request_body = PasswordRequest,
    responses(
        (status = 204, description = "It is set."),
        (status = 401, response = Refused),
        (status = 404, response = Refused),
        (status = 429, response = Refused),
    ),
)]
pub(crate) async fn set_password<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    Peer(from): Peer,
    who: Option<Extension<Principal>>,
    Json(request): Json<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    let guarded = guarded(&api)?;
    let (who, session) = session(who)?;
    guarded
        .ask_in_turn(move |identity| {
            let PasswordRequest { old, new } = request;
            identity.set_password(&who, &session, (old.as_str(), new.as_str()), from)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST auth/ticket`: for a connection that can send no header.
#[utoipa::path(
    post,
    path = "/api/v1/auth/ticket",
    operation_id = "auth.ticket",
    summary = "A ticket for a connection that can send no header",
    responses(
        (
            status = 200,
            description = "A ticket for `/ws`, good once and for a short time.",
            body = TicketDto,
        ),
        (status = 404, response = Refused),
        (status = 409, response = Refused),
    ),
)]
pub(crate) async fn ticket<H: HostPort>(
    State(api): State<Api<H>>,
    _: NoFields,
    who: Option<Extension<Principal>>,
) -> Result<axum::Json<TicketDto>, Problem> {
    let guarded = guarded(&api)?;
    let ticket = guarded.identity.ticket(&known(who)?)?;
    Ok(axum::Json(TicketDto { ticket }))
}

/// `GET auth/me`.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    operation_id = "auth.me",
    summary = "Who asks, and what they may do",
    responses(
        (status = 200, description = "Who asks.", body = MeDto),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn me<H: HostPort>(
    State(api): State<Api<H>>,
    who: Option<Extension<Principal>>,
    fields: Fields,
) -> Result<axum::Json<MeDto>, Problem> {
    fields.finish()?;
    guarded(&api)?;
    Ok(axum::Json(MeDto::from(&known(who)?)))
}

/// Who asks. The gate has let nobody through to these routes who is not known.
pub(super) fn known(who: Option<Extension<Principal>>) -> Result<Principal, Problem> {
    match who {
        Some(Extension(who)) => Ok(who),
        None => Err(Problem::internal()),
    }
}

fn session(who: Option<Extension<Principal>>) -> Result<(Principal, String), Problem> {
    let who = known(who)?;
    match who.by.clone() {
        Credential::Session(session) => Ok((who, session)),
        Credential::Key(_) => Err(Problem::internal()),
    }
}

fn cookie_name(guarded: &Guarded) -> &'static str {
    match guarded.settings.secure_cookie {
        true => SECURE_COOKIE,
        false => COOKIE,
    }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter();
    let pairs = pairs.filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';'));
    let found = pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    found.map(str::to_owned)
}

fn set_cookie(guarded: &Guarded, response: &mut Response, token: Option<&str>) {
    let name = cookie_name(guarded);
    let secure = if guarded.settings.secure_cookie {
        "; Secure"
    } else {
        ""
    };
    // Without a token: forget it at once. How long one is good the host decides, not the browser.
    let age = if token.is_some() { 2_592_000 } else { 0 };
    let text = format!(
        "{name}={}; Path={COOKIE_PATH}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}",
        token.unwrap_or_default()
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}
