//! A service ends its agreement with a person. Clauses 3.2a, 3.6.

use kepil_domain::{
    Sub,
    gate::Actor,
    ledger::{Act, Payload},
};
use kepil_policy::{Effective, ServiceId};
use kepil_store::NewAct;

use super::{ActionError, choices::change, name_person};
use crate::App;

/// Ends the agreement in every compartment and waits out the leases. An unknown person is answered alike.
///
/// # Errors
/// [`ActionError`] when a compartment could not be changed.
pub async fn end_agreement(app: &App, effective: &Effective, service: ServiceId, sub: &Sub) -> Result<(), ActionError> {
    let policy = &effective.policy;
    let service = policy.service(service).ok_or(ActionError::Input("service"))?;
    let locator = app.store.keys().sector(&service.name).locator(sub);
    if let Some(locator) = locator {
        let moment = app.now();
        for compartment in policy.compartments() {
            let ended = change(app, locator, compartment.tag, |person| {
                let mut standing = person.standing.clone();
                let has_ended = standing.end_agreement(service.tag, moment.day);
                let payload = Payload {
                    v: 1,
                    at_ms: moment.unix_ms,
                    act: Act::EndAgreement.word().into(),
                    actor: Actor::Service(service.id).word().into(),
                    service: Some(service.name.clone().into()),
                    edition: effective.no.0,
                    policy: policy.hash_text().to_owned().into(),
                    ..Payload::default()
                };
                let act = NewAct { event: App::new_event()?, act: Act::EndAgreement, payload };
                Ok(has_ended.then_some((standing, act)))
            });
            match ended.await {
                Ok(()) | Err(ActionError::Store(kepil_store::StoreError::NotFound)) => {}
                Err(error) => return Err(error),
            }
        }
        name_person::take_back(app, locator).await?;
    }
    app.store.wait_out_leases().await;
    Ok(())
}
