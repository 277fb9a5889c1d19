//! The closed vocabularies: verbs, legal bases, categories and kinds of a field, languages.
//!
//! Source: clause 3.4d (verbs), the law's Art. 1(5) and (12), clauses 2.1.1 to 2.2c (categories). A word that is not
//! here is a diagnostic, never a guess.

/// Declares a closed vocabulary: the variants, their words in a bundle, and the way back.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every word of the vocabulary, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as a bundle writes it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The member that a bundle calls `word`.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// What is done with data. The first eleven are those of clause 3.4d; the rest exist in law and need a consent of their own.
    Verb {
        /// Getting data from the person.
        Collect = "collect",
        /// First writing of a value.
        Record = "record",
        /// Bringing into order.
        Systematise = "systematise",
        /// Adding up over time.
        Accumulate = "accumulate",
        /// Keeping.
        Store = "store",
        /// Updating and changing a value.
        Clarify = "clarify",
        /// Comparing within one purpose.
        Compare = "compare",
        /// Taking a value out for a service.
        Extract = "extract",
        /// Using a value.
        Use = "use",
        /// Stopping everything but storage.
        Block = "block",
        /// Making restoration impossible.
        Destroy = "destroy",
        /// Passing to an unlimited circle.
        Disseminate = "disseminate",
        /// Making attribution to the person impossible.
        Anonymise = "anonymise",
        /// Passing to a named third party.
        Transfer = "transfer",
    }
}

vocabulary! {
    /// Why a purpose may be followed.
    Basis {
        /// The person's own consent.
        Consent = "consent",
        /// A law that the bundle cites.
        Law = "law",
    }
}

vocabulary! {
    /// What a field tells about a person. Maps to fideslang and W3C DPV in the generated records.
    Category {
        /// Given name, surname, patronymic.
        Name = "name",
        /// Date of birth.
        BirthDate = "birth_date",
        /// Place of residence.
        Residence = "residence",
        /// E-mail address.
        Email = "email",
        /// Telephone number.
        Phone = "phone",
        /// Login name.
        Login = "login",
        /// Firm name or registered address of a legal entity.
        Organisation = "organisation",
        /// Who acts for a legal entity.
        Representative = "representative",
        /// A choice of the person: language, topics.
        Preference = "preference",
        /// Internet address.
        DeviceIp = "device_ip",
        /// Operating system and browser.
        Device = "device",
        /// Internet service provider.
        Isp = "isp",
        /// Place no finer than a region.
        CoarseLocation = "coarse_location",
        /// A cookie's value.
        Cookie = "cookie",
        /// What the person did in a service.
        Behaviour = "behaviour",
        /// What the person placed in a service.
        UserContent = "user_content",
        /// What a mobile kit reports.
        Sdk = "sdk",
        /// Physical and biological features.
        Biometric = "biometric",
        /// Race, politics, religion, health, intimate life, convictions.
        Special = "special",
    }
}

vocabulary! {
    /// Whom data are about: each part of a bundle is of one kind, and nobody gets the other's (clause 1.1b).
    Subject {
        /// A natural person.
        Person = "person",
        /// A legal entity, for which its representatives act.
        Entity = "entity",
    }
}

#[expect(clippy::derivable_impls, reason = "the vocabulary makes the enum")]
impl Default for Subject {
    fn default() -> Self {
        Self::Person
    }
}

vocabulary! {
    /// Who sees a field of a profile at one service (clause 2.3a); a later member lets more people see.
    Audience {
        /// The person alone. What holds before the person said anything.
        Private = "private",
        /// People whom the person named.
        Named = "named",
        /// Those who use the same service.
        Members = "members",
        /// Everybody.
        Public = "public",
    }
}

vocabulary! {
    /// What a duty of staff lets someone do besides seeing its fields.
    Power {
        /// Finds a person by an exact name and sees the fields of the duty, for a stated reason.
        People = "people",
        /// Takes people into the staff, and grants, confirms and ends duties.
        Staff = "staff",
        /// Reads who has which duty, and what was done; changes nothing.
        Audit = "audit",
        /// Asks for, confirms and ends permits to take many people's data at once.
        Export = "export",
    }
}

vocabulary! {
    /// How a value is read, written in one canonical form and shown.
    Kind {
        /// One line of letters, as names are.
        Name = "name",
        /// One line of free text.
        Text = "text",
        /// A calendar date.
        Date = "date",
        /// An e-mail address.
        Email = "email",
        /// A telephone number in E.164.
        Phone = "phone",
        /// A login name.
        Login = "login",
        /// A place of residence.
        Place = "place",
        /// A choice from the options that the field lists.
        Choice = "choice",
        /// The number of a legal entity in Kazakhstan (BIN): twelve digits, the last of which checks the others.
        Bin = "bin",
    }
}

vocabulary! {
    /// The languages in which every text of a bundle exists.
    Language {
        /// Russian.
        Ru = "ru",
        /// Kazakh.
        Kk = "kk",
        /// English.
        En = "en",
    }
}

/// A set of verbs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct VerbSet(u16);

impl VerbSet {
    /// Adds `verb`.
    pub fn insert(&mut self, verb: Verb) {
        self.0 |= 1 << verb as u16;
    }

    /// Whether `verb` is in the set.
    #[must_use]
    pub fn contains(self, verb: Verb) -> bool {
        self.0 & (1 << verb as u16) != 0
    }

    /// The verbs of this set that are not in `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set has no verb.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The verbs in the order of [`Verb::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Verb> {
        Verb::ALL.iter().copied().filter(move |verb| self.contains(*verb))
    }
}

impl FromIterator<Verb> for VerbSet {
    fn from_iter<I: IntoIterator<Item = Verb>>(verbs: I) -> Self {
        let mut set = Self::default();
        verbs.into_iter().for_each(|verb| set.insert(verb));
        set
    }
}
