//! Signing the undertaking and the internal rules as they stand; leaving. Clauses 5.2d, 5.2e; KZ-37.

use kepil_domain::{gate::Refusal, hex, ledger::Act, standing::Signed};
use kepil_policy::{Document, DocumentKind, Language, ToSign};

use super::{Desk, Seat, StaffAct, amend, at_desk, rules};
use crate::{
    App,
    actions::{ActionError, sign_in::Strength},
};

/// A document of the staff, and whether it is signed as it stands.
pub struct Paper<'a> {
    /// Which.
    pub document: &'a Document,
    /// When its present text was signed.
    pub signed: Option<Signed>,
    /// The hash of the text in the reader's language: what a signature stands for.
    pub hash: String,
}

/// What staff signs, in the order in which it is read.
///
/// # Errors
/// [`ActionError::NoPolicy`] when the policy has no staff.
pub fn papers(desk: &Desk, language: Language) -> Result<Vec<Paper<'_>>, ActionError> {
    let policy = &desk.effective.policy;
    let rules = rules(policy)?;
    let paper = |to_sign: &ToSign, signed: Option<Signed>| {
        let document = policy.documents().get(to_sign.document)?;
        let signed = signed.filter(|signed| to_sign.shown.contains(&signed.hash));
        Some(Paper { document, signed, hash: hex(hash_in(to_sign, language)?) })
    };
    let both = [paper(&rules.undertaking, desk.row.undertaking), paper(&rules.rules, desk.row.rules)];
    Ok(both.into_iter().flatten().collect())
}

fn hash_in(to_sign: &ToSign, language: Language) -> Option<&[u8; 32]> {
    let at = Language::ALL.iter().position(|each| *each == language)?;
    to_sign.shown.get(at)
}

/// Signs the document called `name`, whose text with this `hash` was shown.
///
/// # Errors
/// [`ActionError::Refused`] without a second factor, [`ActionError::Expired`] when the text is another one by now.
pub async fn sign(app: &App, seat: Seat, (name, hash): (&str, &str), language: Language) -> Result<(), ActionError> {
    if seat.strength < Strength::Two {
        return Err(ActionError::Refused(Refusal::NotStrong));
    }
    let desk = at_desk(app, seat).await?;
    let policy = &desk.effective.policy;
    let rules = rules(policy)?;
    let document = policy.documents().iter().position(|document| document.name == name);
    let to_sign = [&rules.undertaking, &rules.rules].into_iter().find(|to_sign| Some(to_sign.document) == document);
    let to_sign = to_sign.ok_or(ActionError::Input("document"))?;
    let document = policy.documents().get(to_sign.document).ok_or(ActionError::Input("document"))?;
    let shown = hash_in(to_sign, language).filter(|shown| hex(*shown) == hash).ok_or(ActionError::Expired)?;
    let signed = Some(Signed { hash: *shown, on: app.now().day });
    amend(app, &desk.effective, seat.locator, |row| {
        let row = row.as_mut().filter(|row| row.left.is_none()).ok_or(ActionError::Refused(Refusal::NoDuty))?;
        match document.kind {
            DocumentKind::Undertaking => row.undertaking = signed,
            _ => row.rules = signed,
        }
        let documents = vec![format!("{name} {} {language} {hash}", document.version)];
        let act = StaffAct { documents, ..StaffAct::plain(Act::Sign) };
        Ok(vec![act.recorded(app, &desk.effective)?])
    })
    .await
}
