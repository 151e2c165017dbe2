//! What is kept of people, sessions, keys and approvals. Secrets are kept as hashes.

use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::role::Roles;
use crate::storage::{Change, Entry, Kind};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) roles: Roles,
    /// Hash of the password as a PHC string; none until an invitation was taken up.
    pub(crate) password: Option<String>,
    pub(crate) disabled: bool,
    /// Addresses from which the person may come; from anywhere when empty.
    pub(crate) networks: Vec<String>,
    pub(crate) invitation: Option<Invitation>,
    pub(crate) created_ms: u64,
    /// Counts up with each change; what `If-Match` would be held against.
    pub(crate) version: u64,
    /// For what the person may trade.
    #[serde(default, skip_serializing_if = "Desk::is_open")]
    pub(crate) desk: Desk,
}

/// The way to a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitation {
    pub(crate) digest: String,
    pub(crate) expires_ms: u64,
}

/// Where a person is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user: String,
    /// Digest of what all its refresh tokens share: who shows it had one of them.
    pub(crate) family: String,
    /// Digest of what only the newest refresh token has.
    pub(crate) newest: String,
    pub(crate) created_ms: u64,
    pub(crate) used_ms: u64,
    pub(crate) expires_ms: u64,
    pub(crate) address: IpAddr,
}

/// A key for machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) digest: String,
    /// What it may be of what its owner is.
    pub(crate) scopes: Roles,
    pub(crate) networks: Vec<String>,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
}

/// A request for a second pair of eyes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Its name.
    pub id: String,
    /// What is to be done, as in the policy.
    pub operation: String,
    /// What it is to be done to.
    pub subject: String,
    /// Hash of all that was asked, so that nothing else can be done with it.
    pub digest: String,
    /// What was asked, for the second person to read.
    pub request: String,
    /// Who asked.
    pub asked_by: String,
    /// When, in milliseconds since the epoch.
    pub asked_ms: u64,
    /// Until when it may be confirmed and used.
    pub expires_ms: u64,
    /// How it stands.
    pub state: ApprovalState,
    /// Who confirmed or refused it.
    pub decided_by: Option<String>,
}

/// How a request for a second pair of eyes stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalState {
    /// Nobody has looked yet.
    Open,
    /// A second person agreed; who asked may do it once.
    Confirmed,
    /// A second person did not agree.
    Refused,
    /// It was done.
    Used,
    /// Trading was stopped since, so that it is to be thought about anew.
    Void,
}

/// How far the audit log had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogHead {
    pub(crate) records: u64,
    pub(crate) head: String,
}

/// The id of the one log.
const LOG: &str = "audit";

/// One change of what is kept.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    User(User),
    Session(Session),
    Key(ApiKey),
    Approval(Approval),
    Log(LogHead),
    Remove(Kind, String),
}

impl Write {
    /// The same for the storage.
    pub(crate) fn change(&self) -> Result<Change, Refusal> {
        let (kind, id, owner, expires_ms, record) = match self {
            Self::User(user) => (Kind::User, &user.name, &user.name, 0, json(user)?),
            Self::Session(one) => {
                let record = json(one)?;
                (Kind::Session, &one.id, &one.user, one.expires_ms, record)
            }
            Self::Key(key) => (Kind::Key, &key.id, &key.user, key.expires_ms, json(key)?),
            Self::Approval(one) => {
                let record = json(one)?;
                (
                    Kind::Approval,
                    &one.id,
                    &one.asked_by,
                    one.expires_ms,
                    record,
                )
            }
            Self::Log(head) => {
                let entry = Entry {
                    kind: Kind::Log,
                    id: LOG.to_owned(),
                    owner: String::new(),
                    expires_ms: 0,
                    record: json(head)?,
                };
                return Ok(Change::Put(entry));
            }
            Self::Remove(kind, id) => return Ok(Change::Remove(*kind, id.clone())),
        };
        Ok(Change::Put(Entry {
            kind,
            id: id.clone(),
            owner: owner.clone(),
            expires_ms,
            record,
        }))
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|error| Refusal::Internal(error.to_string()))
}

/// Reads networks such as `10.0.0.0/8` or one address.
pub(crate) fn networks(texts: &[String]) -> Result<Vec<String>, Refusal> {
    if texts.len() > MOST_NETWORKS {
        let reason = format!("at most {MOST_NETWORKS} networks");
        return Err(Refusal::invalid("networks", reason));
    }
    let read = |text: &String| match network(text) {
        Some(network) => Ok(network.to_string()),
        None => {
            let reason = format!("`{text}` is neither an address nor a network such as 10.0.0.0/8");
            Err(Refusal::invalid("networks", reason))
        }
    };
    texts.iter().map(read).collect()
}

/// Networks of one person or key.
const MOST_NETWORKS: usize = 32;

fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address)),
        Err(_) => text.parse().ok(),
    }
}

/// Whether an address is within the networks; any is where there are none.
pub(crate) fn is_within(networks: &[String], address: IpAddr) -> bool {
    // An IPv4 client of an IPv6 socket.
    let address = address.to_canonical();
    networks.is_empty()
        || networks
            .iter()
            .filter_map(|text| network(text))
            .any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_held_against_networks() {
        let list = ["10.0.0.0/8".to_owned(), "::1".to_owned()];
        let kept = networks(&list).unwrap();
        let check = |address: &str, expect: bool| {
            assert_eq!(
                is_within(&kept, address.parse().unwrap()),
                expect,
                "{address}"
            );
        };
        check("10.1.2.3", true);
        check("::ffff:10.1.2.3", true);
        check("::1", true);
        check("11.1.2.3", false);
        check("::2", false);
        assert!(is_within(&[], "8.8.8.8".parse().unwrap()));
        assert!(networks(&["10.0.0.0/40".to_owned()]).is_err());
        assert!(networks(&vec!["::1".to_owned(); 33]).is_err());
    }
}
