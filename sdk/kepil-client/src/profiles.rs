//! `POST /v1/profiles`: what people show of themselves at a service, to one viewer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    error::Error,
    personal::{Personal, Sub},
};

#[derive(Serialize)]
struct ProfilesQuery<'a> {
    profiles: &'a [&'a str],
    viewer: Option<&'a Sub>,
}

#[derive(Deserialize)]
struct ProfilesReply {
    profiles: Vec<Profile>,
}

/// What one person shows.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// Address of the profile.
    pub profile: String,
    /// The values, by name of the field.
    pub fields: BTreeMap<String, Personal<String>>,
    /// The event's id in the ledger: the person sees the look under the same id.
    pub receipt: String,
}

#[derive(Serialize)]
struct AddressesQuery<'a> {
    subs: &'a [&'a Sub],
}

#[derive(Deserialize)]
struct AddressesReply {
    addresses: BTreeMap<String, String>,
}

impl Client {
    /// What the people behind `profiles` (50 at most) show to `viewer`, or to somebody who is not signed in. Whoever shows
    /// nothing is left out. Never keep it: ask again for the next answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn profiles(&self, profiles: &[&str], viewer: Option<&Sub>) -> Result<Vec<Profile>, Error> {
        let reply: ProfilesReply = self.post("/v1/profiles", &ProfilesQuery { profiles, viewer }).await?;
        Ok(reply.profiles)
    }

    /// The addresses of the profiles of `people` (50 at most), by the service's id for each; an id of nobody is left out.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn profile_addresses(&self, people: &[&Sub]) -> Result<BTreeMap<String, String>, Error> {
        let reply: AddressesReply = self.post("/v1/profiles/addresses", &AddressesQuery { subs: people }).await?;
        Ok(reply.addresses)
    }
}
