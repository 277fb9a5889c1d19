//! A browser without JavaScript: cookies, links and forms, as a person's browser sends them. Start reading at [`Visitor`].

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use reqwest::{
    Client, Response, Url,
    header::{HeaderMap, HeaderName},
    redirect::Policy,
};
use scraper::{ElementRef, Html, Selector};

use crate::Demo;

/// How many redirects one step may take.
const REDIRECTS_MAX: usize = 12;

/// One browser.
pub struct Visitor {
    client: Client,
    /// A redirect to an address that begins so is not followed: the page is then that address, with no text.
    stop_at: Option<String>,
    seen: Mutex<Vec<String>>,
}

/// What a step led to.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// Status of the answer.
    pub status: u16,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Its text.
    pub text: String,
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Visitor {
    /// A browser without cookies.
    ///
    /// # Panics
    /// When no client can be made.
    #[must_use]
    pub fn new() -> Self {
        Self::with(HeaderMap::new())
    }

    /// A browser at a network address, as a proxy in front writes it down; the demo must name loopback with `--proxy`.
    ///
    /// # Panics
    /// When no client can be made.
    #[must_use]
    pub fn at(address: &str) -> Self {
        let written = address.parse().expect("an address");
        Self::with(HeaderMap::from_iter([(HeaderName::from_static("x-forwarded-for"), written)]))
    }

    fn with(headers: HeaderMap) -> Self {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).no_proxy();
        let client = client.default_headers(headers).build();
        Self { client: client.expect("a client"), stop_at: None, seen: Mutex::default() }
    }

    /// A browser that does not follow redirects to addresses that begin with `prefix`.
    #[must_use]
    pub fn stopping_at(prefix: &str) -> Self {
        Self { stop_at: Some(prefix.to_owned()), ..Self::new() }
    }

    /// Every address asked for and every `Location` so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its client, for requests that no form makes.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens an address.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn get(&self, url: &str) -> Page {
        self.note(url);
        let answer = self.client.get(url).header("accept-language", "en").send().await;
        self.follow(answer.unwrap_or_else(|error| panic!("{url}: {error}"))).await
    }

    /// Sends the form of `page` whose action begins with `action`: its own values, `with` in place of those of the same
    /// name. A value that is empty removes the field (an unticked box).
    ///
    /// # Panics
    /// When there is no such form or no answer.
    pub async fn submit(&self, page: &Page, action: &str, with: &[(&str, &str)]) -> Page {
        let form = page.form(action);
        let mut fields: Vec<(String, String)> =
            form.fields.into_iter().filter(|(name, _)| with.iter().all(|(other, _)| other != name)).collect();
        let given = with.iter().filter(|(_, value)| !value.is_empty());
        fields.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let url = Url::parse(&page.url).and_then(|url| url.join(&form.action)).expect("an address");
        self.note(url.as_str());
        let request = if form.is_post {
            let origin = url.origin().ascii_serialization();
            self.client.post(url).header("origin", origin).form(&fields)
        } else {
            self.client.get(url).query(&fields)
        };
        let answer = request.header("accept-language", "en").send().await;
        self.follow(answer.unwrap_or_else(|error| panic!("{action}: {error}"))).await
    }

    /// Registers: fills the form, confirms by the letter's link, accepts. The page afterwards is signed in.
    ///
    /// # Panics
    /// When a step does not go as it should.
    pub async fn register(&self, demo: &Demo, email: &str) -> Page {
        self.register_with(demo, email, &[]).await
    }

    /// As [`Self::register`], with values of one's own for some fields.
    ///
    /// # Panics
    /// When a step does not go as it should.
    pub async fn register_with(&self, demo: &Demo, email: &str, own: &[(&str, &str)]) -> Page {
        let page = self.get(&self.fill_in(demo, email, own).await).await;
        let page = self.submit(&page, "/confirm", &[("choice", "accept")]).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.url.contains("/me"), "not signed in: {}", page.url);
        page
    }

    /// Fills in the form, with values of one's own for some fields; returns the link in the letter.
    ///
    /// # Panics
    /// When no letter comes.
    pub async fn fill_in(&self, demo: &Demo, email: &str, own: &[(&str, &str)]) -> String {
        let page = self.get(&format!("{}/register", demo.issuer)).await;
        let filled = page.fill("/register", email);
        let mut with: BTreeMap<&str, &str> =
            filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        with.extend(own.iter().copied());
        let with: Vec<_> = with.into_iter().collect();
        let sent = self.submit(&page, "/register", &with).await;
        assert_eq!(sent.status, 200, "{}", sent.text);
        link(&demo.letter_to(email).await)
    }

    /// Goes to a sample service and signs in there; accepts its terms when asked. The page afterwards is the service's.
    ///
    /// # Panics
    /// When the way ends elsewhere.
    pub async fn visit(&self, demo: &Demo, service: &str, email: &str) -> Page {
        let own = demo.service(service);
        let mut page = self.get(&format!("{own}/login")).await;
        if page.has_form("/sign-in") {
            page = self.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
        }
        if page.has_form("/accept") {
            page = self.submit(&page, "/accept", &[("choice", "accept")]).await;
        }
        assert!(page.url.starts_with(&own), "the way to {service} ended at {} ({})", page.url, page.words());
        page
    }

    fn note(&self, url: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(url.to_owned());
    }

    async fn follow(&self, mut answer: Response) -> Page {
        for _ in 0..REDIRECTS_MAX {
            let Some(to) = answer.headers().get("location").and_then(|to| to.to_str().ok()) else { break };
            let to = answer.url().join(to).expect("an address");
            self.note(to.as_str());
            if self.stop_at.as_ref().is_some_and(|prefix| to.as_str().starts_with(prefix)) {
                let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                return Page { url: to.into(), status, headers, text: String::new() };
            }
            let next = self.client.get(to).header("accept-language", "en").send().await;
            answer = next.unwrap_or_else(|error| panic!("a redirect: {error}"));
        }
        let (url, status) = (answer.url().to_string(), answer.status().as_u16());
        let headers = answer.headers().clone();
        Page { url, status, headers, text: answer.text().await.unwrap_or_default() }
    }
}

/// The first link of a letter.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn link(letter: &str) -> String {
    let line = letter.lines().find(|line| line.trim_start().starts_with("http"));
    line.unwrap_or_else(|| panic!("the letter has no link:\n{letter}")).trim().to_owned()
}

struct Form {
    action: String,
    is_post: bool,
    fields: Vec<(String, String)>,
}

fn all<'a>(root: ElementRef<'a>, what: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(what).expect("a selector");
    root.select(&selector).collect()
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.value().attr(name).unwrap_or_default().to_owned()
}

impl Page {
    /// A parameter of its address.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.url).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Its visible text, without markup, spaces folded.
    #[must_use]
    pub fn words(&self) -> String {
        let html = Html::parse_document(&self.text);
        let body = all(html.root_element(), "body");
        let text: String = body.into_iter().flat_map(|body| body.text()).collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Texts of the elements that a CSS selector finds.
    #[must_use]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        let found = all(html.root_element(), selector).into_iter();
        found
            .map(|one| one.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of the elements that a CSS selector finds.
    #[must_use]
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        all(html.root_element(), selector).into_iter().map(|one| attribute(one, name)).collect()
    }

    /// Whether it has a form whose action begins with `action`.
    #[must_use]
    pub fn has_form(&self, action: &str) -> bool {
        let html = Html::parse_document(&self.text);
        all(html.root_element(), "form").into_iter().any(|form| attribute(form, "action").starts_with(action))
    }

    /// The names and values that the form with `action` would send as it stands.
    ///
    /// # Panics
    /// When there is no such form.
    #[must_use]
    pub fn fields(&self, action: &str) -> Vec<(String, String)> {
        self.form(action).fields
    }

    /// The service's id for the person, from a sample service's page.
    ///
    /// # Panics
    /// When nobody is signed in there.
    #[must_use]
    pub fn sub(&self) -> String {
        self.texts("main .sub").into_iter().next().unwrap_or_else(|| panic!("not signed in: {}", self.words()))
    }

    /// The claims that a sample service's page shows, as `name value`.
    #[must_use]
    pub fn claims(&self) -> Vec<String> {
        self.texts("table.claims tbody tr")
    }

    /// What a sample service's page shows of its last read, as `name value` or `name reason`.
    #[must_use]
    pub fn reading(&self) -> Vec<String> {
        self.texts("table.reading tbody tr")
    }

    fn form(&self, action: &str) -> Form {
        let html = Html::parse_document(&self.text);
        // The page's own form comes before those of its head.
        let forms = [all(html.root_element(), "main form"), all(html.root_element(), "form")].concat();
        let is_it = |form: &&ElementRef<'_>| attribute(**form, "action") == action;
        let begins = |form: &&ElementRef<'_>| attribute(**form, "action").starts_with(action);
        let form = forms.iter().find(is_it).or_else(|| forms.iter().find(begins)).copied();
        let form =
            form.unwrap_or_else(|| panic!("{} ({}) has no form {action}:\n{}", self.url, self.status, self.words()));
        let mut fields = Vec::new();
        for input in all(form, "input[name], textarea[name], select[name]") {
            let (name, kind) = (attribute(input, "name"), attribute(input, "type"));
            let value = match input.value().name() {
                "textarea" => Some(input.text().collect()),
                "select" => all(input, "option[selected]").first().map(|option| attribute(*option, "value")),
                _ if matches!(kind.as_str(), "checkbox" | "radio") => {
                    input.value().attr("checked").map(|_| attribute(input, "value"))
                }
                _ => Some(attribute(input, "value")),
            };
            fields.extend(value.map(|value| (name, value)));
        }
        let is_post = attribute(form, "method").eq_ignore_ascii_case("post");
        Form { action: attribute(form, "action"), is_post, fields }
    }

    /// Values that suit the inputs of the registration form, by their kind.
    fn fill(&self, action: &str, email: &str) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.text);
        let forms = all(html.root_element(), "form").into_iter();
        let form = forms.into_iter().find(|form| attribute(*form, "action").starts_with(action)).expect("a form");
        let mut filled = Vec::new();
        for input in all(form, "input[name], select[name]") {
            let first =
                || all(input, "option").iter().map(|option| attribute(*option, "value")).find(|it| !it.is_empty());
            let value = match attribute(input, "type").as_str() {
                "hidden" | "checkbox" | "radio" | "submit" => None,
                "email" => Some(email.to_owned()),
                "date" => Some("1990-05-17".to_owned()),
                "password" => Some(PASSWORD.to_owned()),
                "tel" => Some("+77012345678".to_owned()),
                _ if input.value().name() == "select" => first(),
                _ => Some("Айгүл".to_owned()),
            };
            filled.extend(value.map(|value| (attribute(input, "name"), value)));
        }
        filled
    }
}

/// The password that [`Visitor::register`] chooses.
pub const PASSWORD: &str = "correct horse battery staple";
