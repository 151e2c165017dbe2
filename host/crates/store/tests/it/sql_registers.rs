//! Registers: the tables of identity.

use crate::sql_cases::{on_both, raw};
use crate::sql_server::Database;
use store::sql::{Location, Register, RegisterChange, Registered, Registers, StoreError, Writer};

on_both!(
    what_was_put_is_there_after_a_restart,
    changes_are_all_done_or_none,
    registers_and_a_projection_have_nothing_in_common,
    a_newer_schema_of_registers_is_refused,
);

fn row(register: Register, id: &str, record: &str) -> Registered {
    Registered {
        register,
        id: id.to_owned(),
        owner: "anna".to_owned(),
        expires_ms: 1_800_000_000_000,
        record: record.to_owned(),
    }
}

fn put(register: Register, id: &str, record: &str) -> RegisterChange {
    RegisterChange::Put(row(register, id, record))
}

async fn what_was_put_is_there_after_a_restart(location: Location) {
    let mut registers = Registers::open(&location).await.unwrap();
    assert_eq!(registers.rows().await.unwrap(), []);
    let hostile = r#"{"name":"'; DROP TABLE users; --"}"#;
    let changes = [
        put(Register::Users, "anna", "{}"),
        put(Register::Users, "anna", hostile),
        put(Register::Sessions, "s1", "{}"),
        put(Register::ApiKeys, "k1", "{}"),
        put(Register::Approvals, "a1", "{}"),
        put(Register::Logs, "audit", "{}"),
        RegisterChange::Remove(Register::Sessions, "s1".to_owned()),
        RegisterChange::Remove(Register::Sessions, "never there".to_owned()),
    ];
    registers.change(&changes).await.unwrap();
    drop(registers);
    let mut registers = Registers::open(&location).await.unwrap();
    let expect = [
        row(Register::Users, "anna", hostile),
        row(Register::ApiKeys, "k1", "{}"),
        row(Register::Approvals, "a1", "{}"),
        row(Register::Logs, "audit", "{}"),
    ];
    assert_eq!(registers.rows().await.unwrap(), expect);
}

async fn changes_are_all_done_or_none(location: Location) {
    let mut registers = Registers::open(&location).await.unwrap();
    registers
        .change(&[put(Register::Users, "anna", "{}")])
        .await
        .unwrap();
    // The second cannot be done: its table is gone.
    raw(&location, "DROP TABLE sessions").await;
    let changes = [
        put(Register::Users, "bert", "{}"),
        put(Register::Sessions, "s1", "{}"),
    ];
    assert!(registers.change(&changes).await.is_err());
    let sql = "CREATE TABLE sessions (id TEXT PRIMARY KEY, owner TEXT NOT NULL, \
               expires_ms BIGINT NOT NULL, record TEXT NOT NULL)";
    raw(&location, sql).await;
    // The connection that failed is made again.
    let expect = [row(Register::Users, "anna", "{}")];
    assert_eq!(registers.rows().await.unwrap(), expect);
}

async fn registers_and_a_projection_have_nothing_in_common(location: Location) {
    let beside = location.beside("identity");
    let mut registers = Registers::open(&beside).await.unwrap();
    registers
        .change(&[put(Register::Users, "anna", "{}")])
        .await
        .unwrap();
    let mut writer = Writer::open(&location).await.unwrap();
    assert_eq!(writer.cursor().await.unwrap().sequence, 0);
    assert_eq!(registers.rows().await.unwrap().len(), 1);
    drop(registers);
    // What a database server would keep after the test.
    for register in ["users", "sessions", "api_keys", "approvals", "logs"] {
        raw(&beside, &format!("DROP TABLE {register}")).await;
    }
}

async fn a_newer_schema_of_registers_is_refused(location: Location) {
    drop(Registers::open(&location).await.unwrap());
    let sql = "INSERT INTO argonaut_identity_schema (version) VALUES (7)";
    raw(&location, sql).await;
    let refused = Registers::open(&location).await.err().unwrap();
    assert!(
        matches!(refused, StoreError::NewerIdentity { found: 7, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("[identity]"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_registers_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/identity.sqlite");
    let mut registers = Registers::open(&Location::file(&file)).await.unwrap();
    registers
        .change(&[put(Register::Users, "anna", "{}")])
        .await
        .unwrap();
    for found in std::fs::read_dir(folder.path().join("deep")).unwrap() {
        let found = found.unwrap();
        let mode = found.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", found.path().display());
    }
}
