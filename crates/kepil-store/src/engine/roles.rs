//! A role for each schema on PostgreSQL: whatever runs in the connections of one compartment cannot read another's, whatever SQL
//! it is given. Clause 3.1.5.
//!
//! The login is a member of all of these roles, and each connection takes the one of its schema at its start. Start reading at
//! [`prepare`]. Does not keep apart: whoever has the login's password.

use kepil_domain::{hex, ledger::hash_leaf};
use tokio_postgres::{Client, Config, NoTls, error::SqlState};

use super::postgres::describe;

/// How many letters of a schema's name are in that of its role.
const NAME_MAX: usize = 44;

/// Makes the role of `schema` and the schema, each if it is absent; returns the name of the role.
///
/// # Errors
/// What to do, where the login may not make roles.
pub(super) async fn prepare(config: &Config, schema: &str) -> Result<String, String> {
    let (client, connection) = config.connect(NoTls).await.map_err(|error| describe(&error))?;
    let driver = tokio::spawn(connection);
    let role = make(&client, schema).await;
    drop(client);
    drop(driver.await);
    role
}

async fn make(client: &Client, schema: &str) -> Result<String, String> {
    let sql = "SELECT current_database()::text, current_user::text, \
               (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)";
    let own = client.query_one(sql, &[]).await.map_err(|error| describe(&error))?;
    let (database, login, may_create): (String, String, bool) = (own.get(0), own.get(1), own.get(2));
    let role = name(schema, &database);
    if !is_member(client, &role).await? {
        let (create, grant) = (format!("CREATE ROLE {role} NOLOGIN"), format!("GRANT {role} TO \"{login}\""));
        if !may_create {
            return Err(format!(
                "the role of the schema `{schema}` is missing, and `{login}` may not make it: as a superuser run \
                 `{create}; {grant};`, or `ALTER ROLE \"{login}\" CREATEROLE;` once for all schemas"
            ));
        }
        for step in [create, grant] {
            // Another node that starts too may be ahead.
            match client.batch_execute(&step).await {
                Err(error) if error.code().is_none_or(|code| !is_there(code)) => return Err(describe(&error)),
                _ => {}
            }
        }
    }
    let made = client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}")).await;
    match made {
        Err(error) if error.code().is_none_or(|code| !is_there(code)) => Err(describe(&error)),
        _ => Ok(role),
    }
}

fn is_there(code: &SqlState) -> bool {
    [SqlState::DUPLICATE_OBJECT, SqlState::DUPLICATE_SCHEMA, SqlState::UNIQUE_VIOLATION].contains(code)
}

async fn is_member(client: &Client, role: &str) -> Result<bool, String> {
    let sql = "SELECT pg_has_role(rolname, 'MEMBER') FROM pg_roles WHERE rolname = $1";
    let found = client.query_opt(sql, &[&role]).await.map_err(|error| describe(&error))?;
    Ok(found.is_some_and(|row| row.get(0)))
}

/// Roles belong to the whole server, schemas to a database: the name tells them apart.
fn name(schema: &str, database: &str) -> String {
    let whole = hash_leaf(format!("{database}\n{schema}").as_bytes());
    let short: String = schema.chars().take(NAME_MAX).collect();
    format!("kepil_{short}_{}", hex(whole.get(..4).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_two_databases_or_schemas_differ_and_fit() {
        let all =
            [name("people_a", "one"), name("people_a", "two"), name("people_b", "one"), name(&"x".repeat(70), "one")];
        assert!((0..all.len()).all(|at| all[at].len() < 64 && !all[..at].contains(&all[at])));
    }
}
