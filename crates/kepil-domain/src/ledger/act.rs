//! What an entry says was done: the law's verbs, and the acts of the person about them.

use kepil_policy::Verb;

/// What was done. One byte in a leaf, a word in a payload.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Act {
    /// A verb of the law, with data.
    Did(Verb),
    /// Accepted an agreement or a later edition of it.
    Accept,
    /// Gave consent to a purpose.
    Consent,
    /// Withdrew consent to a purpose.
    Withdraw,
    /// Ended an agreement.
    EndAgreement,
    /// Lifted a block.
    Unblock,
    /// Signed in to a service.
    SignIn,
    /// Let more people see a field.
    Show,
    /// Let fewer people see a field.
    Hide,
    /// Refused to give what a service asked for.
    Decline,
    /// Invited somebody to act for them.
    Invite,
    /// Took on to act for somebody.
    Mandate,
    /// Ended the right of somebody to act.
    Revoke,
    /// Joined the staff.
    Join,
    /// Left the staff.
    Depart,
    /// Was given a duty of staff.
    Grant,
    /// A second one confirmed a duty.
    Confirm,
    /// Signed the undertaking or the internal rules.
    Sign,
    /// Was trained.
    Train,
    /// Looked somebody up or at a value, as staff.
    LookUp,
    /// Asked for leave to take many people's data at once.
    AskExport,
    /// A second one gave that leave.
    AllowExport,
    /// Ended such a leave.
    EndExport,
}

const OWN: [(Act, u8, &str); 22] = [
    (Act::Accept, 64, "accept"),
    (Act::Consent, 65, "consent"),
    (Act::Withdraw, 66, "withdraw"),
    (Act::EndAgreement, 67, "end_agreement"),
    (Act::Unblock, 68, "unblock"),
    (Act::SignIn, 69, "sign_in"),
    (Act::Show, 70, "show"),
    (Act::Hide, 71, "hide"),
    (Act::Decline, 72, "decline"),
    (Act::Invite, 73, "invite"),
    (Act::Mandate, 74, "mandate"),
    (Act::Revoke, 75, "revoke"),
    (Act::Join, 76, "join"),
    (Act::Depart, 77, "depart"),
    (Act::Grant, 78, "grant"),
    (Act::Confirm, 79, "confirm"),
    (Act::Sign, 80, "sign"),
    (Act::Train, 81, "train"),
    (Act::LookUp, 82, "look_up"),
    (Act::AskExport, 83, "ask_export"),
    (Act::AllowExport, 84, "allow_export"),
    (Act::EndExport, 85, "end_export"),
];

impl Act {
    /// Every act about data that is no verb of the law.
    pub fn own() -> impl Iterator<Item = Self> {
        OWN.iter().map(|(act, _, _)| *act)
    }

    /// The byte in a leaf.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Did(verb) => verb as u8,
            own => OWN.iter().find(|(act, _, _)| *act == own).map_or(u8::MAX, |(_, code, _)| *code),
        }
    }

    /// The word in a payload.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Did(verb) => verb.word(),
            own => OWN.iter().find(|(act, _, _)| *act == own).map_or("", |(_, _, word)| *word),
        }
    }

    /// The act that a payload calls `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let own = OWN.iter().find(|(_, _, each)| *each == word).map(|(act, _, _)| *act);
        own.or_else(|| Verb::parse(word).map(Self::Did))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_a_byte_and_a_word_of_its_own() {
        let all: Vec<Act> =
            OWN.iter().map(|(act, _, _)| *act).chain(Verb::ALL.iter().map(|verb| Act::Did(*verb))).collect();
        let codes: std::collections::HashSet<u8> = all.iter().map(|act| act.code()).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.iter().all(|act| Act::parse(act.word()) == Some(*act)));
    }
}
