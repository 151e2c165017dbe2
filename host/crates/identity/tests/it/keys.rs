//! API keys.

use crate::desk::{DAY, Desk, HERE};
use identity::{Credential, NewKey, Refusal, Role, UserChange};

fn key(scopes: &[Role]) -> NewKey {
    NewKey {
        name: "desk script".to_owned(),
        scopes: scopes.iter().copied().collect(),
        networks: Vec::new(),
        days: 30,
    }
}

#[test]
fn a_key_may_what_it_and_its_owner_may() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer, Role::Operator]);
    let refused = desk.identity.add_key(&anna, key(&[Role::Risk]));
    assert!(matches!(
        refused,
        Err(Refusal::Invalid {
            field: "scopes",
            ..
        })
    ));
    let (view, text) = desk
        .identity
        .add_key(&anna, key(&[Role::Operator]))
        .unwrap();
    assert!(!desk.kept().contains(text.splitn(3, '_').nth(2).unwrap()));
    let who = desk.identity.authenticate(&text, HERE).unwrap();
    assert_eq!(who.roles, [Role::Operator].into());
    assert_eq!(who.by, Credential::Key(view.id.clone()));
    assert_eq!(who.actor(), format!("anna/{}", view.id));
    let change = UserChange {
        roles: Some([Role::Viewer].into()),
        ..UserChange::default()
    };
    desk.identity.change_user("anna", change).unwrap();
    let who = desk.identity.authenticate(&text, HERE).unwrap();
    assert!(who.roles.is_empty());
    let desk = desk.restarted();
    desk.identity.authenticate(&text, HERE).unwrap();
    desk.identity.revoke_key(&view.id, &anna).unwrap();
    assert!(desk.identity.authenticate(&text, HERE).is_err());
}

#[test]
fn a_key_is_good_for_its_time_from_its_networks() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let new = NewKey {
        networks: vec!["10.0.0.1".to_owned()],
        ..key(&[Role::Viewer])
    };
    let (_, text) = desk.identity.add_key(&anna, new).unwrap();
    let there = "10.0.0.1".parse().unwrap();
    desk.identity.authenticate(&text, there).unwrap();
    assert!(desk.identity.authenticate(&text, HERE).is_err());
    desk.wait(30 * DAY);
    assert!(desk.identity.authenticate(&text, there).is_err());
}

#[test]
fn forged_keys_are_no_keys() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let (view, text) = desk.identity.add_key(&anna, key(&[Role::Viewer])).unwrap();
    let (_, other) = desk.identity.add_key(&anna, key(&[Role::Viewer])).unwrap();
    let secret = other.splitn(3, '_').nth(2).unwrap();
    let forged = [
        "argk_".to_owned(),
        "argk__".to_owned(),
        format!("argk_{}", view.id),
        format!("argk_{}_", view.id),
        format!("argk_{}_{secret}", view.id),
        format!("{text}x"),
        text.to_uppercase(),
    ];
    for text in forged {
        let refused = desk.identity.authenticate(&text, HERE);
        assert!(
            matches!(refused, Err(Refusal::Unauthenticated(_))),
            "{text}"
        );
    }
}

#[test]
fn keys_are_bounded_and_ones_own() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let bert = desk.person("bert", &[Role::Viewer]);
    let root = desk.person("second", &[Role::Admin]);
    let (view, _) = desk.identity.add_key(&anna, key(&[Role::Viewer])).unwrap();
    assert!(desk.identity.revoke_key(&view.id, &bert).is_err());
    desk.identity.revoke_key(&view.id, &root).unwrap();
    for _ in 0..16 {
        desk.identity.add_key(&anna, key(&[Role::Viewer])).unwrap();
    }
    let refused = desk.identity.add_key(&anna, key(&[Role::Viewer]));
    assert!(matches!(refused, Err(Refusal::Full { most: 16, .. })));
    // Those that are over make room.
    desk.wait(30 * DAY);
    desk.identity.add_key(&anna, key(&[Role::Viewer])).unwrap();
    assert_eq!(desk.identity.keys(Some("anna")).len(), 1);
    for (days, name) in [(0, "x"), (367, "x"), (1, ""), (1, "a\nb")] {
        let new = NewKey {
            days,
            name: name.to_owned(),
            ..key(&[Role::Viewer])
        };
        assert!(desk.identity.add_key(&bert, new).is_err(), "{days} {name}");
    }
}
