//! People and their invitations.

use crate::desk::{DAY, Desk, HERE, HOUR, PASSWORD};
use identity::{Credential, NewKey, Refusal, Role, UserChange};

#[test]
fn the_first_invitation_is_good_once_and_for_an_hour() {
    let desk = Desk::empty();
    let old = desk.identity.first_invitation().unwrap().unwrap();
    let token = desk.identity.first_invitation().unwrap().unwrap();
    let claim = |token: &str, name: &str| desk.identity.claim(token, name, PASSWORD, HERE);
    assert_eq!(claim(&old, "root").err(), Some(Refusal::Credentials));
    desk.wait(HOUR);
    assert_eq!(claim(&token, "root").err(), Some(Refusal::Credentials));
    let token = desk.identity.first_invitation().unwrap().unwrap();
    let granted = claim(&token, "root").unwrap();
    assert_eq!(granted.roles, Role::ALL.into_iter().collect());
    assert_eq!(claim(&token, "second").err(), Some(Refusal::Credentials));
    assert_eq!(desk.identity.first_invitation(), Ok(None));
    assert_eq!(desk.restarted().identity.first_invitation(), Ok(None));
}

#[test]
fn a_bad_password_does_not_use_an_invitation_up() {
    let desk = Desk::new();
    let (view, token) = desk
        .identity
        .add_user("anna", [Role::Viewer].into(), &[])
        .unwrap();
    assert!(!view.has_password);
    let short = desk.identity.claim(&token, "anna", "short", HERE);
    assert!(matches!(
        short,
        Err(Refusal::Invalid {
            field: "password",
            ..
        })
    ));
    desk.identity.claim(&token, "anna", PASSWORD, HERE).unwrap();
    let again = desk.identity.claim(&token, "anna", PASSWORD, HERE);
    assert_eq!(again.err(), Some(Refusal::Credentials));
}

#[test]
fn an_invitation_is_for_one_person_and_for_a_day() {
    let desk = Desk::new();
    let (_, token) = desk
        .identity
        .add_user("anna", [Role::Viewer].into(), &[])
        .unwrap();
    let other = desk.identity.claim(&token, "bert", PASSWORD, HERE);
    assert_eq!(other.err(), Some(Refusal::Credentials));
    desk.wait(DAY);
    let late = desk.identity.claim(&token, "anna", PASSWORD, HERE);
    assert_eq!(late.err(), Some(Refusal::Credentials));
    let (_, token) = desk.identity.invite("anna").unwrap();
    desk.identity.claim(&token, "anna", PASSWORD, HERE).unwrap();
    assert!(!desk.kept().contains(&token));
    assert!(!desk.kept().contains(PASSWORD));
}

#[test]
fn an_invitation_that_is_taken_up_ends_the_sessions_before() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let (_, token) = desk.identity.invite("anna").unwrap();
    assert!(desk.identity.again(&anna, HERE).is_some());
    let new = "another password entirely";
    desk.identity.claim(&token, "anna", new, HERE).unwrap();
    assert_eq!(desk.identity.again(&anna, HERE), None);
    assert!(desk.identity.login("anna", PASSWORD, HERE).is_err());
    desk.identity.login("anna", new, HERE).unwrap();
}

#[test]
fn an_invitation_that_is_taken_up_removes_the_keys_before() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let new = NewKey {
        name: "script".to_owned(),
        scopes: [Role::Viewer].into(),
        networks: Vec::new(),
        days: 1,
    };
    let (_, text) = desk.identity.add_key(&anna, new).unwrap();
    let (_, token) = desk.identity.invite("anna").unwrap();
    desk.identity.authenticate(&text, HERE).unwrap();
    desk.identity.claim(&token, "anna", PASSWORD, HERE).unwrap();
    assert!(desk.identity.authenticate(&text, HERE).is_err());
    assert_eq!(desk.identity.keys(Some("anna")), []);
}

#[test]
fn an_invitation_is_taken_up_from_the_persons_networks_only() {
    let desk = Desk::new();
    let networks = ["10.0.0.0/8".to_owned()];
    let added = desk
        .identity
        .add_user("bert", [Role::Viewer].into(), &networks);
    let (_, token) = added.unwrap();
    let outside = desk.identity.claim(&token, "bert", PASSWORD, HERE);
    assert_eq!(outside.err(), Some(Refusal::Credentials));
    let inside = "10.1.1.1".parse().unwrap();
    let claimed = desk.identity.claim(&token, "bert", PASSWORD, inside);
    claimed.unwrap();
}

#[test]
fn nobody_gives_themselves_a_role() {
    let desk = Desk::new();
    let carl = desk.person("carl", &[Role::Admin, Role::Viewer]);
    let to = |roles: &[Role]| UserChange {
        roles: Some(roles.iter().copied().collect()),
        ..UserChange::default()
    };
    let change = |name: &str, roles: &[Role]| {
        let changed = desk.identity.change_user_as(Some(&carl), name, to(roles));
        changed.map(drop)
    };
    let wider = change("carl", &[Role::Admin, Role::Viewer, Role::Risk]);
    assert!(matches!(wider, Err(Refusal::Forbidden(_))), "{wider:?}");
    change("carl", &[Role::Admin]).unwrap();
    let back = change("carl", &[Role::Admin, Role::Viewer]);
    assert!(matches!(back, Err(Refusal::Forbidden(_))), "{back:?}");
    desk.person("dora", &[Role::Viewer]);
    change("dora", &[Role::Operator]).unwrap();
}

#[test]
fn a_person_is_bound_to_a_desk_by_somebody_else_and_set_free_again() {
    let desk = Desk::new();
    let carl = desk.person("carl", &[Role::Admin, Role::Operator]);
    desk.person("dora", &[Role::Operator]);
    let change = |name: &str, to: identity::Desk| {
        let change = UserChange {
            desk: Some(to),
            ..UserChange::default()
        };
        let changed = desk.identity.change_user_as(Some(&carl), name, change);
        changed.map(|(_, after)| after.desk)
    };
    let own = identity::Desk {
        strategies: Some(vec!["manual".to_owned()]),
        accounts: None,
    };
    assert_eq!(desk.identity.desk("dora"), Some(identity::Desk::default()));
    assert_eq!(change("dora", own.clone()), Ok(own.clone()));
    assert_eq!(desk.identity.desk("dora"), Some(own.clone()));
    let roles = UserChange {
        roles: Some([Role::Operator, Role::Viewer].into()),
        ..UserChange::default()
    };
    desk.identity.change_user("dora", roles).unwrap();
    assert_eq!(desk.identity.desk("dora"), Some(own.clone()));
    let free = change("dora", identity::Desk::default());
    assert_eq!(free, Ok(identity::Desk::default()));
    let themselves = change("carl", own.clone());
    assert!(matches!(themselves, Err(Refusal::Forbidden(_))));
    assert_eq!(desk.identity.desk("nobody"), None);
    assert_eq!(change("dora", own.clone()), Ok(own.clone()));
    assert_eq!(desk.restarted().identity.desk("dora"), Some(own));
}

#[test]
fn a_new_password_ends_all_other_sessions() {
    let desk = Desk::new();
    let anna = desk.person("anna", &[Role::Viewer]);
    let other = desk.identity.login("anna", PASSWORD, HERE).unwrap();
    let Credential::Session(session) = &anna.by else {
        panic!("no session");
    };
    let new = "another password entirely";
    let set = |old: &str| desk.identity.set_password(&anna, session, (old, new), HERE);
    assert_eq!(set("wrong password 1"), Err(Refusal::Credentials));
    set(PASSWORD).unwrap();
    assert!(desk.identity.again(&anna, HERE).is_some());
    assert!(desk.identity.authenticate(&other.access, HERE).is_err());
    desk.identity.login("anna", new, HERE).unwrap();
}

#[test]
fn the_last_admin_stays() {
    let desk = Desk::new();
    let no_roles = UserChange {
        roles: Some([Role::Viewer].into()),
        ..UserChange::default()
    };
    let disabled = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    // Somebody who never took up the invitation is no help.
    desk.identity
        .add_user("anna", [Role::Admin].into(), &[])
        .unwrap();
    for change in [&no_roles, &disabled] {
        let refused = desk.identity.change_user("root", change.clone());
        assert!(matches!(refused, Err(Refusal::Conflict(_))), "{change:?}");
    }
    assert!(desk.identity.remove_user("root").is_err());
    desk.person("bert", &[Role::Admin]);
    let (before, after) = desk.identity.change_user("root", no_roles).unwrap();
    assert_eq!((before.roles.len(), after.roles.len()), (5, 1));
    assert_eq!(after.version, before.version + 1);
    desk.identity.remove_user("root").unwrap();
    assert!(desk.identity.change_user("bert", disabled).is_err());
}

#[test]
fn names_and_networks_are_checked() {
    let desk = Desk::new();
    let long = "a".repeat(33);
    for name in ["", "Anna", "-anna", "an na", "änna", "a/b", long.as_str()] {
        let refused = desk.identity.add_user(name, [Role::Viewer].into(), &[]);
        assert!(
            matches!(refused, Err(Refusal::Invalid { field: "name", .. })),
            "{name}"
        );
    }
    let taken = desk.identity.add_user("root", [Role::Viewer].into(), &[]);
    assert!(matches!(taken, Err(Refusal::Conflict(_))));
    let networks = ["somewhere".to_owned()];
    let refused = desk
        .identity
        .add_user("anna", [Role::Viewer].into(), &networks);
    assert!(matches!(
        refused,
        Err(Refusal::Invalid {
            field: "networks",
            ..
        })
    ));
}
