//! Tokens, keys and tickets that nobody gave out, or that are good no more: none lets anybody in.

use crate::fake::Fake;
use crate::identity_desk::{Desk, HERE, PASSWORD};
use crate::stream_client::Server;
use api::StreamSettings;
use identity::{NewKey, Role, UserChange};
use serde_json::json;

const MINUTE_MS: i64 = 60_000;

/// What is wrong, and what is shown then.
type Forged = (String, String);

/// What can be made of a token that is good.
fn altered(good: &str) -> Vec<Forged> {
    let (unsigned, footer) = good.rsplit_once('.').unwrap();
    let sealed = unsigned.strip_prefix("v4.local.").unwrap();
    let with_seal = |sealed: &str| format!("v4.local.{sealed}.{footer}");
    let shapes = [
        ("nothing", String::new()),
        ("its head alone", "v4.local.".to_owned()),
        ("its footer alone", footer.to_owned()),
        ("no head", format!("{sealed}.{footer}")),
        ("no footer", unsigned.to_owned()),
        ("an empty footer", format!("{unsigned}.")),
        ("two footers", format!("{good}.{footer}")),
        (
            "another footer",
            format!("{unsigned}.AAAAAAAAAAAAAAAAAAAAAA"),
        ),
        ("a digit more", format!("{good}A")),
        ("a digit less", with_seal(&sealed[..sealed.len() - 1])),
        ("padding", format!("{good}=")),
        ("nothing sealed", with_seal("")),
        ("half of it", with_seal(&sealed[..sealed.len() / 2])),
        ("its other half", with_seal(&sealed[sealed.len() / 2..])),
        ("zeros sealed", with_seal(&"A".repeat(sealed.len()))),
        ("twice", format!("{good}{good}")),
        ("longer than any", with_seal(&"A".repeat(2_000))),
        ("no token at all", "x".repeat(2_000)),
        ("two words", format!("{good} {good}")),
    ];
    let versions = [
        "v1.local",
        "v2.local",
        "v3.local",
        "v5.local",
        "v3.public",
        "v4.public",
        "V4.LOCAL",
        "v4_local",
    ];
    let versions = versions.map(|version| (version, good.replacen("v4.local", version, 1)));
    let places = (0..good.len()).step_by(good.len() / 24);
    let digits = places.map(|place| {
        let mut bytes = good.to_owned().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        (
            format!("another digit at {place}"),
            String::from_utf8(bytes).unwrap(),
        )
    });
    let named = shapes.into_iter().chain(versions);
    let named = named.map(|(name, token)| (name.to_owned(), token));
    named.chain(digits).collect()
}

/// Tokens of other makers and other times, and of people who may come no more.
fn of_others(desk: &Desk, good: &str) -> Vec<Forged> {
    let identity = desk.guarded.identity();
    let other = Desk::new(false);
    let stranger = other.person("anna", &[Role::Viewer]);
    let (_, footer) = good.rsplit_once('.').unwrap();
    let (sealed, _) = stranger.rsplit_once('.').unwrap();
    let at = |name: &str, off_ms: i64| {
        desk.person(name, &[Role::Operator]);
        let granted = identity.login(name, PASSWORD, HERE).unwrap();
        let token = desk.refreshed_elsewhere(&granted.refresh, off_ms);
        (identity.authenticate(&token, HERE).is_ok(), token)
    };
    assert!(
        at("in_time", -5 * MINUTE_MS).0,
        "those below differ in time alone"
    );
    let ended = desk.person("ended", &[Role::Operator]);
    let who = identity.authenticate(&ended, HERE).unwrap();
    let late_ticket = identity.ticket(&who).unwrap();
    let session = identity.sessions(Some("ended")).remove(0);
    identity.end_session(&session.id, &who).unwrap();
    let [disabled, removed, elsewhere] = of_the_unwelcome(desk);
    let (_, invitation) = identity
        .add_user("invited", [Role::Viewer].into(), &[])
        .unwrap();
    let used = identity
        .ticket(&identity.authenticate(good, HERE).unwrap())
        .unwrap();
    identity.redeem(&used, HERE).unwrap();
    let all = [
        ("of another host", stranger.clone()),
        ("of another host, as of ours", format!("{sealed}.{footer}")),
        ("eleven minutes old", at("late", -11 * MINUTE_MS).1),
        ("of a clock an hour behind", at("later", -60 * MINUTE_MS).1),
        ("of a clock two minutes ahead", at("early", 2 * MINUTE_MS).1),
        ("of a clock an hour ahead", at("earlier", 60 * MINUTE_MS).1),
        ("of a session that was ended", ended),
        ("a ticket of such a session", late_ticket),
        ("of somebody who was disabled", disabled),
        ("of somebody who was removed", removed),
        ("of somebody who may not come from here", elsewhere),
        (
            "a refresh token",
            identity.login("anna", PASSWORD, HERE).unwrap().refresh,
        ),
        ("an invitation", invitation),
        ("a ticket that was used", used),
        (
            "a JWT without a signature",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.".to_owned(),
        ),
        (
            "a JWT with one",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                .to_owned(),
        ),
        ("a password", PASSWORD.to_owned()),
        ("a name", "anna".to_owned()),
    ];
    all.map(|(name, token)| (name.to_owned(), token)).into()
}

/// Tokens of somebody who was disabled since, of somebody who was removed, and of somebody who comes from elsewhere.
fn of_the_unwelcome(desk: &Desk) -> [String; 3] {
    let identity = desk.guarded.identity();
    let disabled = desk.person("disabled", &[Role::Operator]);
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    identity.change_user("disabled", change).unwrap();
    let removed = desk.person("removed", &[Role::Operator]);
    identity.remove_user("removed").unwrap();
    let elsewhere = desk.person("elsewhere", &[Role::Operator]);
    let change = UserChange {
        networks: Some(vec!["10.0.0.0/8".to_owned()]),
        ..UserChange::default()
    };
    identity.change_user("elsewhere", change).unwrap();
    [disabled, removed, elsewhere]
}

/// API keys, of which one is good.
fn keys(desk: &Desk, good: &str) -> Vec<Forged> {
    let identity = desk.guarded.identity();
    let who = identity.authenticate(good, HERE).unwrap();
    let add = |networks: &[&str]| {
        let new = NewKey {
            name: "script".to_owned(),
            scopes: [Role::Viewer].into(),
            networks: networks.iter().map(|text| (*text).to_owned()).collect(),
            days: 1,
        };
        identity.add_key(&who, new).unwrap()
    };
    let (_, key) = add(&[]);
    assert!(identity.authenticate(&key, HERE).is_ok());
    let (id, secret) = key.strip_prefix("argk_").unwrap().split_once('_').unwrap();
    let (revoked, over) = add(&[]);
    identity.revoke_key(&revoked.id, &who).unwrap();
    let (_, second) = add(&[]);
    let (_, other) = second
        .strip_prefix("argk_")
        .unwrap()
        .split_once('_')
        .unwrap();
    let all = [
        ("a key's head", "argk_".to_owned()),
        ("a key without a secret", format!("argk_{id}")),
        ("a key with an empty secret", format!("argk_{id}_")),
        ("a key with another's secret", format!("argk_{id}_{other}")),
        ("a key with its id for a secret", format!("argk_{id}_{id}")),
        ("a key the wrong way round", format!("argk_{secret}_{id}")),
        ("a key with a letter more", format!("{key}x")),
        ("a key with a letter less", key[..key.len() - 1].to_owned()),
        ("a key without its head", format!("{id}_{secret}")),
        ("a key with another head", format!("ARGK_{id}_{secret}")),
        (
            "a key of an id that nobody has",
            format!("argk_0123456789abcdef_{secret}"),
        ),
        ("a key that was revoked", over),
        ("a key of another network", add(&["10.0.0.0/8"]).1),
    ];
    all.map(|(name, token)| (name.to_owned(), token)).into()
}

/// What is forged, and a token that is good.
fn forged(desk: &Desk) -> (Vec<Forged>, String) {
    let good = desk.person("anna", &[Role::Viewer, Role::Operator]);
    let all = [altered(&good), of_others(desk, &good), keys(desk, &good)].concat();
    assert!(all.len() >= 60, "{}", all.len());
    (all, good)
}

#[tokio::test]
async fn none_is_taken_over_http() {
    let desk = Desk::new(false);
    let (all, good) = forged(&desk);
    for (name, token) in all {
        let bearer = format!("Bearer {token}");
        for header in [
            ("authorization", bearer.as_str()),
            ("x-api-key", token.as_str()),
        ] {
            for (what, body) in [
                (("GET", "/engine"), ""),
                (("POST", "/engine/kill"), r#"{"set":true}"#),
                (("GET", "/nothing"), ""),
            ] {
                let answer = desk.ask(what, &[header], body).await;
                assert_eq!(answer.status, 401, "{name}: {}", answer.text);
                assert_eq!(answer.json()["code"], "UNAUTHENTICATED", "{name}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer", "{name}");
            }
        }
    }
    assert_eq!(desk.host.asked(), Vec::<String>::new());
    assert_eq!(desk.written(), [], "strangers fill no log");
    desk.by(&good, ("GET", "/engine"), "").await.check(200, &[]);
}

/// Says who it is of as the first message, and is sent away.
async fn sent_away(server: &Server, encoding: &str, (name, how, shown): (&str, &str, &str)) {
    let mut client = server.connect_by(encoding).await.unwrap();
    let first = json!({ "op": "authenticate", how: shown });
    client.send(&first.to_string()).await;
    let bye = client.next_of_any_number().await;
    assert_eq!(
        (&bye["type"], &bye["code"]),
        (&json!("bye"), &json!("UNAUTHENTICATED")),
        "{name} as {how}: {bye}"
    );
    assert_eq!(client.close_code().await, 1008, "{name} as {how}");
}

#[tokio::test]
async fn none_is_taken_as_the_first_message() {
    let desk = Desk::new(false);
    let (all, good) = forged(&desk);
    let settings = StreamSettings {
        // Strangers have an eighth of it.
        max_connections: 4_096,
        ..StreamSettings::default()
    };
    let guarded = Some(desk.guarded.clone());
    let server = Server::with_identity(Fake::new(), settings, guarded).await;
    let encodings = ["argonaut.v1.json", "argonaut.v1.msgpack"];
    for ((name, shown), encoding) in all.iter().zip(encodings.iter().cycle()) {
        for how in ["token", "ticket"] {
            sent_away(&server, encoding, (name.as_str(), how, shown.as_str())).await;
        }
    }
    // Each is good in its own place only.
    let who = desk.guarded.identity().authenticate(&good, HERE).unwrap();
    let ticket = desk.guarded.identity().ticket(&who).unwrap();
    sent_away(&server, encodings[0], ("a token", "ticket", good.as_str())).await;
    sent_away(
        &server,
        encodings[0],
        ("a ticket", "token", ticket.as_str()),
    )
    .await;
    for (how, shown) in [("ticket", &ticket), ("token", &good)] {
        let mut client = server.connect().await;
        let first = json!({ "op": "authenticate", how: shown });
        client.send(&first.to_string()).await;
        client.expect("hello").await;
    }
}
