//! Logging in, going on and logging out.

use crate::desk::{DAY, Desk, HERE, HOUR, MINUTE, PASSWORD};
use identity::{Credential, Refusal, Role, UserChange};
use std::sync::atomic::Ordering;

#[test]
fn a_session_goes_on_by_its_refresh_tokens() {
    let desk = Desk::new();
    let first = desk.identity.login("root", PASSWORD, HERE).unwrap();
    desk.wait(11 * MINUTE);
    let over = desk.identity.authenticate(&first.access, HERE);
    assert!(matches!(over, Err(Refusal::Unauthenticated(_))));
    let second = desk.identity.refresh(&first.refresh, HERE).unwrap();
    assert_eq!(second.session, first.session);
    assert_ne!(second.refresh, first.refresh);
    let who = desk.identity.authenticate(&second.access, HERE).unwrap();
    assert_eq!((who.user.as_str(), who.roles.len()), ("root", 5));
    // After a restart as well.
    let desk = desk.restarted();
    desk.identity.authenticate(&second.access, HERE).unwrap();
    desk.identity.refresh(&second.refresh, HERE).unwrap();
}

#[test]
fn a_refresh_token_that_comes_again_ends_its_session() {
    let desk = Desk::new();
    let other = desk.identity.login("root", PASSWORD, HERE).unwrap();
    let first = desk.identity.login("root", PASSWORD, HERE).unwrap();
    let second = desk.identity.refresh(&first.refresh, HERE).unwrap();
    let third = desk.identity.refresh(&second.refresh, HERE).unwrap();
    let again = desk.identity.refresh(&first.refresh, HERE);
    let reused = Refusal::Reused {
        user: "root".to_owned(),
        session: first.session.clone(),
        is_stored: true,
    };
    assert_eq!(again.err(), Some(reused));
    assert!(desk.identity.refresh(&third.refresh, HERE).is_err());
    assert!(desk.identity.authenticate(&third.access, HERE).is_err());
    desk.identity.refresh(&other.refresh, HERE).unwrap();
}

#[test]
fn who_never_had_a_token_of_a_session_cannot_end_it() {
    let desk = Desk::new();
    let granted = desk.identity.login("root", PASSWORD, HERE).unwrap();
    let (head, newest) = granted.refresh.rsplit_once('.').unwrap();
    let (start, _) = head.split_once('.').unwrap();
    let forged = [
        format!("{start}.{newest}.{newest}"),
        format!("{start}.."),
        start.to_owned(),
        String::new(),
        granted.access.clone(),
    ];
    for token in &forged {
        let refused = desk.identity.refresh(token, HERE);
        assert!(
            matches!(refused, Err(Refusal::Unauthenticated(_))),
            "{token}"
        );
    }
    desk.identity.refresh(&granted.refresh, HERE).unwrap();
}

#[test]
fn sessions_end_when_idle_and_after_a_month() {
    let desk = Desk::new();
    let idle = desk.identity.login("root", PASSWORD, HERE).unwrap();
    desk.wait(12 * HOUR);
    assert!(desk.identity.refresh(&idle.refresh, HERE).is_err());
    let mut granted = desk.identity.login("root", PASSWORD, HERE).unwrap();
    for _ in 0..119 {
        desk.wait(6 * HOUR);
        granted = desk.identity.refresh(&granted.refresh, HERE).unwrap();
    }
    desk.wait(6 * HOUR);
    assert!(desk.identity.refresh(&granted.refresh, HERE).is_err());
    desk.wait(DAY);
    assert_eq!(desk.identity.sessions(None), []);
}

#[test]
fn what_is_taken_away_is_gone_at_the_next_request() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Operator, Role::Risk]);
    let granted = desk.identity.login("anna", PASSWORD, HERE).unwrap();
    let change = UserChange {
        roles: Some([Role::Viewer].into()),
        ..UserChange::default()
    };
    desk.identity.change_user("anna", change).unwrap();
    let now = desk.identity.authenticate(&granted.access, HERE).unwrap();
    assert_eq!(now.roles, [Role::Viewer].into());
    assert_eq!(desk.identity.again(&anna, HERE).unwrap().roles, now.roles);
    desk.identity.end_session(&granted.session, &now).unwrap();
    assert!(desk.identity.authenticate(&granted.access, HERE).is_err());
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    desk.identity.change_user("anna", change).unwrap();
    assert_eq!(desk.identity.again(&anna, HERE), None);
    assert_eq!(desk.identity.sessions(Some("anna")), []);
    let refused = desk.identity.login("anna", PASSWORD, HERE);
    assert_eq!(refused.err(), Some(Refusal::Credentials));
}

#[test]
fn failed_tries_lock_and_look_all_the_same() {
    let desk = Desk::new();
    desk.person("anna", &[Role::Viewer]);
    for name in ["anna", "nobody", ""] {
        for _ in 0..5 {
            let refused = desk.identity.login(name, "wrong password 1", HERE);
            assert_eq!(refused.err(), Some(Refusal::Credentials), "{name}");
        }
        let locked = desk.identity.login(name, PASSWORD, HERE).err();
        assert_eq!(locked, Some(Refusal::Locked { wait_s: 1 }), "{name}");
    }
    desk.wait(1_000);
    desk.identity.login("anna", PASSWORD, HERE).unwrap();
}

#[test]
fn people_come_from_their_networks_only() {
    let desk = Desk::new();
    let (_, token) = desk
        .identity
        .add_user("bert", [Role::Viewer].into(), &["10.0.0.0/8".to_owned()])
        .unwrap();
    let inside = "10.1.1.1".parse().unwrap();
    let granted = desk
        .identity
        .claim(&token, "bert", PASSWORD, inside)
        .unwrap();
    desk.identity.authenticate(&granted.access, inside).unwrap();
    assert!(desk.identity.authenticate(&granted.access, HERE).is_err());
    assert!(desk.identity.login("bert", PASSWORD, HERE).is_err());
    // A token that was carried off does not end the session of its owner.
    assert!(desk.identity.refresh(&granted.refresh, HERE).is_err());
    desk.identity.refresh(&granted.refresh, inside).unwrap();
}

#[test]
fn one_person_has_so_many_sessions_and_sees_own_ones_only() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    for _ in 0..30 {
        desk.wait(1);
        desk.identity.login("anna", PASSWORD, HERE).unwrap();
    }
    let own = desk.identity.sessions(Some("anna"));
    assert_eq!(own.len(), 16);
    assert!(own.is_sorted_by(|one, next| one.used_ms >= next.used_ms));
    let root = &desk.identity.sessions(Some("root"))[0];
    let refused = desk.identity.end_session(&root.id, &anna);
    assert!(matches!(refused, Err(Refusal::Unknown { .. })));
}

#[test]
fn what_cannot_be_kept_did_not_happen() {
    let desk = Desk::new();
    let granted = desk.identity.login("root", PASSWORD, HERE).unwrap();
    desk.fails.store(true, Ordering::SeqCst);
    let login = desk.identity.login("root", PASSWORD, HERE);
    assert!(matches!(login, Err(Refusal::Storage(_))));
    let refresh = desk.identity.refresh(&granted.refresh, HERE);
    assert!(matches!(refresh, Err(Refusal::Storage(_))));
    desk.fails.store(false, Ordering::SeqCst);
    desk.identity.refresh(&granted.refresh, HERE).unwrap();
}

#[test]
fn what_is_taken_away_is_gone_even_when_it_cannot_be_stored() {
    let desk = Desk::new();
    let root = desk.identity.login("root", PASSWORD, HERE).unwrap();
    let root = desk.identity.authenticate(&root.access, HERE).unwrap();
    let anna = desk.person("anna", &[Role::Viewer]);
    let bert = desk.person("bert", &[Role::Viewer]);
    let first = desk.identity.login("root", PASSWORD, HERE).unwrap();
    let second = desk.identity.refresh(&first.refresh, HERE).unwrap();
    let Credential::Session(session) = &anna.by else {
        panic!("not by a session");
    };
    desk.fails.store(true, Ordering::SeqCst);
    let ended = desk.identity.end_session(session, &root);
    assert!(matches!(ended, Err(Refusal::NotStored(_))), "{ended:?}");
    assert_eq!(desk.identity.again(&anna, HERE), None);
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    let disabled = desk.identity.change_user("bert", change);
    assert!(matches!(disabled, Err(Refusal::NotStored(_))));
    assert_eq!(desk.identity.again(&bert, HERE), None);
    let reused = desk.identity.refresh(&first.refresh, HERE).err();
    let is_told = matches!(
        reused,
        Some(Refusal::Reused {
            is_stored: false,
            ..
        })
    );
    assert!(is_told, "{reused:?}");
    assert!(desk.identity.authenticate(&second.access, HERE).is_err());
    // Strangers are refused without the storage.
    let refused = desk.identity.refresh("argr_1.2.3", HERE);
    assert!(matches!(refused, Err(Refusal::Unauthenticated(_))));
    // What is owed goes with the next change.
    desk.fails.store(false, Ordering::SeqCst);
    desk.identity.login("root", PASSWORD, HERE).unwrap();
    let desk = desk.restarted();
    assert_eq!(desk.identity.again(&anna, HERE), None);
    assert!(desk.identity.user("bert").unwrap().disabled);
    assert!(desk.identity.authenticate(&second.access, HERE).is_err());
}

#[test]
fn tickets_of_one_person_are_bounded() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let bert = desk.person("bert", &[Role::Viewer]);
    for _ in 0..10 {
        desk.identity.ticket(&anna).unwrap();
    }
    let refused = desk.identity.ticket(&anna);
    assert!(matches!(refused, Err(Refusal::Full { most: 10, .. })));
    desk.identity.ticket(&bert).unwrap();
    desk.wait(30_000);
    desk.identity.ticket(&anna).unwrap();
}

#[test]
fn a_ticket_is_good_once_and_for_half_a_minute() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let ticket = desk.identity.ticket(&anna).unwrap();
    assert_eq!(desk.identity.redeem(&ticket, HERE), Ok(anna.clone()));
    assert!(desk.identity.redeem(&ticket, HERE).is_err());
    let ticket = desk.identity.ticket(&anna).unwrap();
    desk.wait(30_000);
    assert!(desk.identity.redeem(&ticket, HERE).is_err());
}
