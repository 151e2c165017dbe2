//! People, sessions, keys, approvals and the log.

use identity::audit::Record;
use identity::{Approval, ApprovalState, Desk, Granted, KeyView, Principal, Role, Roles};
use identity::{SessionView, UserView};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};

const NANOS_PER_MILLISECOND: u64 = 1_000_000;

/// A moment as text.
fn moment(ms: u64) -> String {
    Timestamp::from_nanos(ms.saturating_mul(NANOS_PER_MILLISECOND)).to_string()
}

/// Names of roles, for the document: they are of another crate.
fn roles() -> ArrayBuilder {
    let names = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Role::ALL.map(Role::name)));
    ArrayBuilder::new().items(names)
}

fn one_or_more_roles() -> ArrayBuilder {
    roles().min_items(Some(1))
}

fn roles_or_null() -> ArrayBuilder {
    roles().schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
}

/// Body of `POST auth/login`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// Body of `POST auth/claim`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimRequest {
    /// The invitation.
    pub(crate) token: String,
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z][a-z0-9._-]*$")]
    pub(crate) name: String,
    /// At least 12 characters and at most 256 bytes, without the name.
    #[schema(min_length = 12, max_length = 256)]
    pub(crate) password: String,
}

/// Body of `POST auth/password`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    pub(crate) old: String,
    /// At least 12 characters and at most 256 bytes, without the name.
    #[schema(min_length = 12, max_length = 256)]
    pub(crate) new: String,
}

/// What a session is given. The refresh token is in a cookie, where no script reads it.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct GrantedDto {
    pub(crate) user: String,
    #[schema(schema_with = roles)]
    pub(crate) roles: Roles,
    pub(crate) session: String,
    /// To be shown as `Authorization: Bearer`.
    pub(crate) access: String,
    pub(crate) access_expires: String,
    /// Until when the session may be refreshed.
    pub(crate) session_expires: String,
}

impl From<&Granted> for GrantedDto {
    fn from(granted: &Granted) -> Self {
        Self {
            user: granted.user.clone(),
            roles: granted.roles.clone(),
            session: granted.session.clone(),
            access: granted.access.clone(),
            access_expires: moment(granted.access_expires_ms),
            session_expires: moment(granted.refresh_expires_ms),
        }
    }
}

/// Who asks.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct MeDto {
    pub(crate) user: String,
    #[schema(schema_with = roles)]
    pub(crate) roles: Roles,
    /// What may be done, as in the policy.
    pub(crate) operations: Vec<&'static str>,
}

impl From<&Principal> for MeDto {
    fn from(who: &Principal) -> Self {
        let rows = identity::policy::POLICY
            .iter()
            .map(|(operation, _)| *operation);
        let may = |operation: &&str| identity::policy::authorise(Some(who), operation).is_ok();
        Self {
            user: who.user.clone(),
            roles: who.roles.clone(),
            operations: rows.filter(may).collect(),
        }
    }
}

/// A ticket for `/ws`.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TicketDto {
    pub(crate) ticket: String,
}

/// Body of `POST users`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddUserRequest {
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z][a-z0-9._-]*$")]
    pub(crate) name: String,
    #[schema(schema_with = roles)]
    pub(crate) roles: Vec<Role>,
    /// Each an address, or a network such as `10.0.0.0/8`.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub(crate) networks: Vec<String>,
}

/// Body of `PATCH users/{name}`; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeUserRequest {
    #[schema(schema_with = roles_or_null)]
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) disabled: Option<bool>,
    #[schema(max_items = 32)]
    pub(crate) networks: Option<Vec<String>>,
    /// Replaces what there is; `{}` binds to nothing.
    pub(crate) desk: Option<DeskDto>,
}

/// A person.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct UserDto {
    pub(crate) name: String,
    #[schema(schema_with = roles)]
    pub(crate) roles: Roles,
    pub(crate) disabled: bool,
    pub(crate) networks: Vec<String>,
    pub(crate) has_password: bool,
    pub(crate) invited_until: Option<String>,
    pub(crate) created: String,
    pub(crate) version: u64,
    pub(crate) desk: DeskDto,
}

/// For what a person may trade. A list that is there is a positive one: orders, changes, conversions, and what lets a
/// strategy trade are refused (403 `NOT_PERMITTED`, `P03`) where they are of another, or of none that is known. What
/// only takes away is never refused for it.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeskDto {
    /// Names of strategies; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 64)]
    pub(crate) strategies: Option<Vec<String>>,
    /// Names of accounts; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 64)]
    pub(crate) accounts: Option<Vec<String>>,
}

impl From<Desk> for DeskDto {
    fn from(desk: Desk) -> Self {
        Self {
            strategies: desk.strategies,
            accounts: desk.accounts,
        }
    }
}

impl From<DeskDto> for Desk {
    fn from(desk: DeskDto) -> Self {
        Self {
            strategies: desk.strategies,
            accounts: desk.accounts,
        }
    }
}

impl From<UserView> for UserDto {
    fn from(view: UserView) -> Self {
        Self {
            name: view.name,
            roles: view.roles,
            disabled: view.disabled,
            networks: view.networks,
            has_password: view.has_password,
            invited_until: view.invited_until_ms.map(moment),
            created: moment(view.created_ms),
            version: view.version,
            desk: view.desk.into(),
        }
    }
}

/// A person and the invitation, which is told this once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct InvitedDto {
    pub(crate) user: UserDto,
    pub(crate) invitation: String,
}

/// Body of `POST keys`.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddKeyRequest {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$"
    )]
    pub(crate) name: String,
    /// Roles that whoever adds it has.
    #[schema(schema_with = one_or_more_roles)]
    pub(crate) scopes: Vec<Role>,
    /// Each an address, or a network such as `10.0.0.0/8`.
    #[serde(default)]
    #[schema(max_items = 32)]
    pub(crate) networks: Vec<String>,
    #[serde(default = "default_days")]
    #[schema(minimum = 1, maximum = 366)]
    pub(crate) days: u32,
}

fn default_days() -> u32 {
    90
}

/// A key.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct KeyDto {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) name: String,
    #[schema(schema_with = roles)]
    pub(crate) scopes: Roles,
    pub(crate) networks: Vec<String>,
    pub(crate) created: String,
    pub(crate) expires: String,
}

impl From<KeyView> for KeyDto {
    fn from(view: KeyView) -> Self {
        Self {
            id: view.id,
            user: view.user,
            name: view.name,
            scopes: view.scopes,
            networks: view.networks,
            created: moment(view.created_ms),
            expires: moment(view.expires_ms),
        }
    }
}

/// A key and its text, which is told this once.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct NewKeyDto {
    pub(crate) key: KeyDto,
    /// To be shown as `X-Api-Key`.
    pub(crate) secret: String,
}

/// A session.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = UserSessionDto)]
pub(crate) struct SessionDto {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) created: String,
    pub(crate) used: String,
    pub(crate) expires: String,
    pub(crate) address: String,
}

impl From<SessionView> for SessionDto {
    fn from(view: SessionView) -> Self {
        Self {
            id: view.id,
            user: view.user,
            created: moment(view.created_ms),
            used: moment(view.used_ms),
            expires: moment(view.expires_ms),
            address: view.address.to_string(),
        }
    }
}

/// A request for a second person.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ApprovalDto {
    pub(crate) id: String,
    #[schema(value_type = String, pattern = "^(OPEN|CONFIRMED|REFUSED|USED|VOID)$")]
    pub(crate) state: ApprovalState,
    pub(crate) operation: String,
    pub(crate) subject: String,
    /// The query, a line break, and the body.
    pub(crate) request: String,
    pub(crate) asked_by: String,
    pub(crate) asked: String,
    pub(crate) expires: String,
    pub(crate) decided_by: Option<String>,
}

impl From<Approval> for ApprovalDto {
    fn from(approval: Approval) -> Self {
        Self {
            id: approval.id,
            state: approval.state,
            operation: approval.operation,
            subject: approval.subject,
            request: approval.request,
            asked_by: approval.asked_by,
            asked: moment(approval.asked_ms),
            expires: moment(approval.expires_ms),
            decided_by: approval.decided_by,
        }
    }
}

/// A page of the log.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditDto {
    pub(crate) items: Vec<RecordDto>,
    /// What to give as `after` for the next page; `null` on the last one.
    pub(crate) next: Option<u64>,
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RecordDto {
    pub(crate) number: u64,
    pub(crate) time: String,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    pub(crate) request: String,
    pub(crate) outcome: String,
    /// Path and query.
    pub(crate) place: String,
    /// The approval that was used, and who confirmed it.
    pub(crate) approval: Option<String>,
    pub(crate) confirmed_by: Option<String>,
}

impl From<Record> for RecordDto {
    fn from(record: Record) -> Self {
        Self {
            number: record.number,
            time: moment(record.time_ms),
            actor: record.actor,
            action: record.action,
            subject: record.subject,
            before: record.before,
            after: record.after,
            request: record.request,
            outcome: record.outcome,
            place: record.place,
            approval: record.approval,
            confirmed_by: record.confirmed_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use utoipa::PartialSchema;

    #[test]
    fn a_key_is_described_with_what_is_checked_of_it() {
        let schema = serde_json::to_value(AddKeyRequest::schema()).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["name", "scopes"]));
        let fields = &schema["properties"];
        let roles = json!(["viewer", "operator", "author", "risk", "admin"]);
        assert_eq!(fields["scopes"]["items"]["enum"], roles);
        assert_eq!(fields["scopes"]["minItems"], 1);
        let days = &fields["days"];
        assert_eq!(
            (&days["minimum"], &days["maximum"]),
            (&json!(1), &json!(366))
        );
    }

    #[test]
    fn roles_that_stay_may_be_null() {
        let schema = serde_json::to_value(ChangeUserRequest::schema()).unwrap();
        assert!(schema["required"].is_null(), "nothing of it must be there");
        assert_eq!(
            schema["properties"]["roles"]["type"],
            json!(["array", "null"])
        );
    }
}
