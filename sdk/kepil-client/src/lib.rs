//! A client of Kepil's service API: a service reads fields of a person for one of its purposes.
//!
//! ```no_run
//! # async fn example(sub_of_the_id_token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use kepil_client::{Client, Config, Error, Sub};
//!
//! let client = Client::new(Config::new("https://id.example.kz", "client-id", "client-secret".to_owned())?)?;
//! let sub = Sub::parse(sub_of_the_id_token)?;
//! match client.read(&sub, "delivery", &["given_name"]).await {
//!     Ok(reading) => {
//!         for (name, field) in &reading.fields {
//!             // `reveal` is the one way to the value: what is not revealed is not printed, and is wiped when dropped.
//!             println!("{name} has {} letters ({})", field.value.reveal().chars().count(), field.assurance);
//!         }
//!         for one in &reading.withheld {
//!             println!("{} is withheld: {}", one.field, one.code);
//!         }
//!     }
//!     // Unknown, blocked and not consented are one answer: a service does not learn which.
//!     Err(Error::Refused { problem, .. }) => println!("nothing is granted: {}", problem.code),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A [`Client`] is made once and cloned: its clones share connections and the service's access token, which is fetched once
//! for all that wait for it and kept until shortly before its end. Nothing is connected before the first call, so a service
//! starts when its provider is down. A call that is answered by "later" (429, 503) is repeated once, after the time that the
//! provider names, when [`Config::with_wait_max`] allows that long.
//!
//! Start reading at [`Client::read`]; a new call of the API is a method like it, with its types in a file of its own.
//! Does not know: signing people in, for which any OpenID Connect library serves; tokens bound to keys (`DPoP`): a client
//! that is registered with `dpop_bound_access_tokens` is refused.

#![deny(missing_docs)]

mod agreements;
mod answer;
mod client;
mod config;
mod contents;
mod door;
mod error;
mod inquiries;
mod personal;
mod profiles;
mod reads;
mod token;

pub use self::{
    client::Client,
    config::{Config, ConfigError},
    contents::{Kept, NewContent, Piece},
    error::{Error, Problem, Withheld},
    inquiries::{Answer, Inquiry},
    personal::{Personal, Sub, SubError},
    profiles::Profile,
    reads::{Assurance, Field, PersonReading, Reading, Source},
};
