//! Short texts to phones: codes, through a gateway that the administrator names. For the demo and tests, files.
//!
//! Default deny, as for letters: the gateway says in which territory it is, and the policy must allow it, at the start and at
//! each text (clauses 3.4a, 3.5a). The gateway gets a number and a text, nothing that says whose number it is.

use std::path::PathBuf;

use kepil_domain::Personal;
use kepil_policy::Policy;

use super::{Courier, Folder, check_territory};
use crate::actions::ActionError;

/// Where texts go.
#[derive(Clone, Debug)]
pub enum TextConfig {
    /// Files in a folder: for the demo and tests.
    Folder(PathBuf),
    /// A gateway that takes a form over HTTP.
    Gateway {
        /// Its address.
        url: String,
        /// ISO 3166 code of the country where it is (clause 3.5a).
        territory: String,
        /// The header `Authorization`, if it wants one.
        authorization: Option<String>,
        /// The form: in the values, `{to}` stands for the number and `{text}` for the text.
        form: Vec<(String, String)>,
    },
}

/// Sends texts.
pub struct Sender {
    way: Option<Way>,
}

enum Way {
    Folder(Folder),
    Gateway { url: String, territory: String, authorization: Option<String>, form: Vec<(String, String)> },
}

impl Sender {
    /// The way out that `config` names, if the policy's `territory` allows it; none without a configuration.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the gateway lies in a territory that the policy does not allow, would get no number or
    /// no text, or is reached by a server on the network without https.
    pub fn new(config: Option<&TextConfig>, issuer: &str, territory: &[String]) -> Result<Self, ActionError> {
        let way = match config {
            None => None,
            Some(TextConfig::Folder(folder)) => Some(Way::Folder(Folder::open("text folder", folder)?)),
            Some(TextConfig::Gateway { url, territory: place, authorization, form }) => {
                check_territory("text gateway", place, territory)?;
                let has = |mark: &str| form.iter().any(|(_, value)| value.contains(mark));
                if !has("{to}") || !has("{text}") {
                    return Err(ActionError::Broken("`texts.form` must have `{to}` and `{text}`".to_owned()));
                }
                if !issuer.starts_with("http://") && !url.starts_with("https://") {
                    return Err(ActionError::Broken("`texts.url` must be https".to_owned()));
                }
                let (authorization, form) = (authorization.clone(), form.clone());
                Some(Way::Gateway { url: url.clone(), territory: place.clone(), authorization, form })
            }
        };
        Ok(Self { way })
    }

    /// Whether there is a way to phones at all.
    #[must_use]
    pub fn reaches_phones(&self) -> bool {
        self.way.is_some()
    }

    /// Sends one text, through `courier`, under `policy`.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when it could not be handed over; never says to whom.
    pub async fn send(
        &self,
        courier: &Courier,
        policy: &Policy,
        to: &Personal<String>,
        text: &str,
    ) -> Result<(), ActionError> {
        match &self.way {
            None => Err(ActionError::Input("phone")),
            Some(Way::Folder(folder)) => folder.put(&format!("To: {}\n\n{text}\n", to.reveal())),
            Some(Way::Gateway { url, territory, authorization, form }) => {
                let filled: Vec<(&str, String)> = form
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.replace("{to}", to.reveal()).replace("{text}", text)))
                    .collect();
                let form: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
                courier.post_form_as(authorization.as_deref(), url, territory, policy, &form).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(url: &str, territory: &str, form: &[(&str, &str)]) -> TextConfig {
        let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        TextConfig::Gateway { url: url.to_owned(), territory: territory.to_owned(), authorization: None, form }
    }

    #[test]
    fn a_gateway_abroad_or_without_https_stops_the_start() {
        let allowed = ["KZ".to_owned()];
        let why = |config: &TextConfig| {
            Sender::new(Some(config), "https://id.example.kz", &allowed).err().map(|error| error.to_string())
        };
        let form = [("to", "{to}"), ("text", "{text}")];
        assert!(why(&gateway("https://sms.example", "US", &form)).unwrap().contains("3.5a"));
        assert!(why(&gateway("https://sms.example", "", &form)).unwrap().contains("3.5a"));
        assert!(why(&gateway("http://sms.example", "KZ", &form)).unwrap().contains("https"));
        assert!(why(&gateway("https://sms.example", "KZ", &form[..1])).unwrap().contains("{text}"));
        assert_eq!(why(&gateway("https://sms.example", "KZ", &form)), None);
        assert!(!Sender::new(None, "https://id.example.kz", &allowed).unwrap().reaches_phones());
    }
}
