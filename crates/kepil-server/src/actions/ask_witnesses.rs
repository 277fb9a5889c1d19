//! Asking witnesses to sign the newest checkpoint of each log, so that a log that is cut or forked is found by others. Clause 5.1.
//!
//! Start reading at [`ask_all`]. What they sign is kept, the last of each hour; receipts carry it. A witness that does not
//! answer stops nothing; one that has seen more or other entries than we have is an alarm.

use kepil_domain::ledger::{AddCheckpoint, Checkpoint, WitnessVerifyKey};
use kepil_store::CosignedRow;

use super::ActionError;
use crate::{App, app::WitnessConfig};

/// Asks every witness about every log that grew since it last signed.
///
/// # Errors
/// [`ActionError`] when the store does not answer; witnesses that do not answer are only logged.
pub async fn ask_all(app: &App) -> Result<(), ActionError> {
    if app.config.witnesses.is_empty() {
        return Ok(());
    }
    let policy = std::sync::Arc::clone(&app.policy()?.policy);
    for compartment in policy.compartments() {
        ask_about(app, &compartment.name, policy.territory()).await?;
    }
    Ok(())
}

async fn ask_about(app: &App, compartment: &str, territory: &[String]) -> Result<(), ActionError> {
    let note = app.store.find_checkpoint(compartment).await?;
    let newest = Checkpoint::unverified(&note).map_err(|error| ActionError::Broken(error.to_string()))?;
    let kept = app.store.find_cosigned(compartment).await?;
    let mut signed = note.clone();
    let mut hour = None;
    for witness in &app.config.witnesses {
        if witness.key.verify(&note).is_ok() {
            continue;
        }
        let seen = last_seen(kept.as_ref(), &witness.key);
        match ask(app, compartment, witness, (seen, &newest, &note), territory).await {
            Ok(line) => {
                signed.push_str(&line);
                hour = witness.key.verify(&signed).ok().map(|cosigned| cosigned.hour()).max(hour);
            }
            Err(error) => tracing::error!(%error, compartment, "a witness did not sign"),
        }
    }
    if let Some(hour) = hour {
        app.store.set_cosigned(compartment, hour, newest.size, &signed).await?;
    }
    Ok(())
}

/// The size that the witness signed last, as far as we know.
fn last_seen(kept: Option<&CosignedRow>, key: &WitnessVerifyKey) -> u64 {
    kept.and_then(|kept| key.verify(&kept.note).ok()).map_or(0, |cosigned| cosigned.checkpoint.size)
}

/// The line of one witness. It is asked again once, when it says that it has seen another size than we thought.
async fn ask(
    app: &App,
    compartment: &str,
    witness: &WitnessConfig,
    (mut old, newest, note): (u64, &Checkpoint, &str),
    territory: &[String],
) -> Result<String, ActionError> {
    let no = |text: String| Err(ActionError::Broken(format!("the witness `{}` {text}", witness.key.name())));
    for _ in 0..2 {
        let path = app.store.find_consistency(compartment, old, newest.size).await?;
        let request = AddCheckpoint { old, path, note: note.to_owned() }.to_text();
        let uri = format!("{}/add-checkpoint", witness.url);
        let answer = app.logs.ask_witness(&uri, &witness.territory, territory, request).await?;
        let text = String::from_utf8(answer.body).unwrap_or_default();
        match answer.status {
            200 if witness.key.verify(&format!("{note}{text}")).is_ok() => {
                return Ok(own_line(&witness.key, note, &text));
            }
            200 => return no("signed with another key than the one that is configured".to_owned()),
            409 => match text.trim().parse::<u64>() {
                Ok(seen) if seen > newest.size => {
                    return no(format!("has seen {seen} entries, we have {}: the log was cut", newest.size));
                }
                Ok(seen) if seen == old => return no(format!("has seen another log of {seen} entries: it was forked")),
                Ok(seen) => old = seen,
                Err(_) => return no("answers 409 without a size".to_owned()),
            },
            422 => return no(format!("has seen another log of {old} entries: it was forked")),
            status => return no(format!("answers {status}")),
        }
    }
    no("changes its mind about what it has seen".to_owned())
}

/// Of what was answered, the one line that verifies: nothing else of it is kept.
fn own_line(key: &WitnessVerifyKey, note: &str, answer: &str) -> String {
    let lines = answer.lines().map(|line| format!("{line}\n"));
    lines.into_iter().find(|line| key.verify(&format!("{note}{line}")).is_ok()).unwrap_or_default()
}
