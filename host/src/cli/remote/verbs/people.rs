//! Who may ask a host for what: people, keys, sessions, and what waits for a second person.

use crate::cli::remote::verb::{Kind, Verb, delete, get, patch, post};

pub(super) fn verbs() -> Vec<Verb> {
    vec![
        get("whoami", "/auth/me", "Show who asks, and what they may do"),
        get(
            "approvals list",
            "/approvals",
            "List what waits for a second person, the latest first",
        )
        .columns(&[
            "id",
            "state",
            "operation",
            "subject",
            "asked_by",
            "asked",
            "decided_by",
            "request",
        ]),
        post(
            "approvals confirm",
            "/approvals/{id}/confirm",
            "Agree to what another asked for",
        ),
        post(
            "approvals refuse",
            "/approvals/{id}/refuse",
            "Do not agree, or take back what you asked for",
        ),
    ]
}

/// Who they are.
pub(super) fn people() -> Vec<Verb> {
    const USER: &str = "/users/{user}";
    vec![
        get("users list", "/users", "List people").columns(&[
            "name",
            "roles",
            "disabled",
            "has_password",
            "invited_until",
        ]),
        get("users show", USER, "Show one"),
        networks(
            post(
                "users add",
                "/users",
                "Add somebody; the answer has an invitation, told once",
            )
            .word("name", Kind::Text, "What they are called")
            .field("roles", Kind::List, "viewer, operator, author, risk, admin")
            .needed(),
        ),
        networks(
            patch(
                "users change",
                USER,
                "Change somebody; what is left out stays",
            )
            .field("roles", Kind::List, "All the roles they are to have")
            .field(
                "disabled",
                Kind::Json,
                "true: they may not come in any more; false: they may",
            )
            .field(
                "desk",
                Kind::Json,
                "The strategies and accounts they may trade for, as {\"strategies\":[…],\"accounts\":[…]}; {} for any",
            ),
        ),
        post(
            "users invite",
            "/users/{user}/invitation",
            "Invite somebody anew, who forgot their password",
        ),
        delete("users remove", USER, "Remove somebody"),
    ]
}

/// What they show.
pub(super) fn keys() -> Vec<Verb> {
    vec![
        get("keys list", "/keys", "List keys: yours, or as an admin all"),
        networks(
            post(
                "keys add",
                "/keys",
                "Make a key; the answer has it, told once",
            )
            .word("name", Kind::Text, "What it is for")
            .field("scopes", Kind::List, "Roles that it has, of those you have")
            .needed()
            .field(
                "days",
                Kind::Whole,
                "How long it is good, 90 days by default",
            ),
        ),
        delete("keys revoke", "/keys/{id}", "Revoke a key"),
        get(
            "sessions list",
            "/sessions",
            "List sessions: yours, or as an admin all",
        ),
        delete("sessions end", "/sessions/{id}", "End a session"),
    ]
}

fn networks(verb: Verb) -> Verb {
    verb.field(
        "networks",
        Kind::List,
        "From where alone they may come, such as 10.0.0.0/8",
    )
}
