//! For whom a page is: the reader's own pages are below `/me`, those of whoever the reader acts for below
//! `/me/representing/{id}`. The same handlers serve both. Clauses 1.1b, 2.4c.
//!
//! Every page finds the mandate anew, and every action asks for it once more in the row that it changes.

use std::ops::Deref;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
    response::Response,
};
use kepil_domain::{gate::Refusal, standing::MandateRow};
use kepil_policy::{Service, Subject};
use serde::Deserialize;

use super::representing::{name_of, path_of};
use crate::{
    App,
    actions::{
        ActionError,
        behalf::{self, Behalf},
        guardians,
    },
    http::{problem::HttpError, visitor::Visitor},
    pages::{Chrome, OWN},
};

/// The reader, and for whom they are here: for themselves, or by a mandate.
pub struct ForWhom {
    /// The reader.
    pub visitor: Visitor,
    /// Whose pages these are. Who acts by a mandate for single services may not see all of them: [`Self::whole`].
    pub behalf: Behalf,
    /// Below which address they are.
    pub base: String,
    mandate: Option<MandateRow>,
}

/// As [`ForWhom`], on pages that only people have: a legal entity has none.
pub struct ForPerson(ForWhom);

impl Deref for ForPerson {
    type Target = ForWhom;

    fn deref(&self) -> &ForWhom {
        &self.0
    }
}

#[derive(Deserialize)]
struct Place {
    id: Option<String>,
}

impl FromRequestParts<App> for ForWhom {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let own = visitor.signed_in()?.locator;
        let Path(Place { id }) = Path::from_request_parts(parts, app).await.map_err(|_| HttpError::NotFound)?;
        let Some(id) = id else {
            return Ok(Self { visitor, behalf: own.into(), base: OWN.to_owned(), mandate: None });
        };
        let (behalf, mandate) = behalf::find(app, own, &id).await?;
        // Of a ward who grew up since the mandate was looked at nothing is seen or done any more.
        if guardians::look_again(app, behalf).await? {
            return Err(ActionError::Refused(Refusal::NoMandate).into());
        }
        Ok(Self { visitor, behalf, base: path_of(&id), mandate: Some(mandate) })
    }
}

impl FromRequestParts<App> for ForPerson {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let whom = ForWhom::from_request_parts(parts, app).await?;
        if whom.behalf.kind == Subject::Person { Ok(Self(whom)) } else { Err(HttpError::NotFound) }
    }
}

impl ForWhom {
    /// Whether it is the reader's own page.
    pub fn is_own(&self) -> bool {
        self.mandate.is_none()
    }

    /// Whether the reader is here for all services.
    pub fn is_whole(&self) -> bool {
        self.mandate.as_ref().is_none_or(|mandate| mandate.services.is_empty())
    }

    /// Whether the reader is here for `service` too.
    pub fn covers(&self, service: &Service) -> bool {
        self.is_whole() || self.mandate.as_ref().is_some_and(|mandate| mandate.services.contains(&service.tag))
    }

    /// Whose page it is, where it is about all services.
    ///
    /// # Errors
    /// [`ActionError::Refused`] by a mandate for single ones.
    pub fn whole(&self) -> Result<Behalf, HttpError> {
        if self.is_whole() { Ok(self.behalf) } else { Err(ActionError::Refused(Refusal::NoMandate).into()) }
    }

    /// Whose page it is, where it is about `service`.
    ///
    /// # Errors
    /// [`ActionError::Refused`] by a mandate for others.
    pub fn at(&self, service: &Service) -> Result<Behalf, HttpError> {
        if self.covers(service) { Ok(self.behalf) } else { Err(ActionError::Refused(Refusal::NoMandate).into()) }
    }

    /// What the page has around it: also for whom it is.
    ///
    /// # Errors
    /// [`HttpError`] when the name cannot be read.
    pub async fn chrome(&self, app: &App) -> Result<Chrome, HttpError> {
        let chrome = self.visitor.chrome(app)?;
        if self.is_own() {
            return Ok(chrome);
        }
        Ok(Chrome { base: self.base.clone(), whom: Some(name_of(app, self.behalf).await?), ..chrome })
    }

    /// [`Visitor::page`].
    pub fn page(&self, html: String) -> Response {
        self.visitor.page(html)
    }
}
