//! Chromium, driven through ChromeDriver.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

/// Unit: 50 ms.
const WAITS_MAX: u32 = 300;
/// Chromium opens no narrower window: a phone is emulated. Unit: CSS pixels.
const WINDOW_MIN: u32 = 500;

/// How a browser looks at pages.
#[derive(Clone, Copy)]
pub struct Look {
    /// Whether scripts of pages run.
    pub has_script: bool,
    /// The language it asks for.
    pub language: &'static str,
    /// Unit: CSS pixels.
    pub width: u32,
    /// Whether it asks for dark pages.
    pub is_dark: bool,
}

/// One browser with one window.
pub struct Browser {
    /// The session.
    pub client: Client,
    _driver: Driver,
    name: String,
    _profile: TempDir,
}

struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn program(name: &str, places: &[&str]) -> String {
    let named = std::env::var(name).ok().filter(|path| !path.is_empty());
    let found = || places.iter().find(|path| Path::new(path).exists()).map(|path| (*path).to_owned());
    named.or_else(found).unwrap_or_else(|| panic!("`{name}` is not known: run `./check`, which installs the browser"))
}

impl Browser {
    /// Starts it.
    pub async fn start(look: Look) -> Self {
        let Look { has_script, language, width, is_dark } = look;
        let chromium = program("KEPIL_CHROMIUM", &["/usr/bin/chromium", "/usr/bin/google-chrome"]);
        let driver = program("KEPIL_CHROMEDRIVER", &["/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver"]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(driver);
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = Driver(command.spawn().expect("ChromeDriver starts"));
        let profile = TempDir::new().unwrap();
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--window-size={width},900"),
            format!("--blink-settings=preferredColorScheme={}", i32::from(!is_dark)),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        let script = if has_script { 1 } else { 2 };
        let mut options = json!({
            "binary": chromium,
            "args": arguments,
            "prefs": {
                "profile.managed_default_content_settings.javascript": script,
                "intl.accept_languages": language,
            },
        });
        if width < WINDOW_MIN {
            let metrics = json!({ "width": width, "height": 780, "pixelRatio": 1.0, "touch": false });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let mut wanted = Capabilities::new();
        wanted.insert("browserName".to_owned(), json!("chrome"));
        wanted.insert("goog:chromeOptions".to_owned(), options);
        let address = format!("http://127.0.0.1:{port}");
        let name = format!("{language}-{width}{}", if is_dark { "-dark" } else { "" });
        for _ in 0..WAITS_MAX {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            if let Ok(client) = builder.capabilities(wanted.clone()).connect(&address).await {
                return Self { client, _driver: driver, name, _profile: profile };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("ChromeDriver does not answer")
    }

    /// Ends the session.
    pub async fn close(self) {
        drop(self.client.clone().close().await);
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Whether the page has such an element.
    pub async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// Waits for an element.
    pub async fn wait_for(&self, css: &str) {
        for _ in 0..WAITS_MAX {
            if self.has(css).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} has no {css}", self.client.current_url().await.unwrap());
    }

    /// Waits until the address begins so.
    pub async fn at(&self, prefix: &str) {
        for _ in 0..WAITS_MAX {
            if self.client.current_url().await.is_ok_and(|url| url.as_str().starts_with(prefix)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("not at {prefix} but at {}", self.client.current_url().await.unwrap());
    }

    /// Clicks.
    pub async fn press(&self, css: &str) {
        self.act(css, async |element| element.click().await).await;
    }

    /// Types into an input.
    pub async fn write(&self, css: &str, text: &str) {
        self.act(css, async |element| element.send_keys(text).await).await;
    }

    /// Waits for an element and does something to it. A page that was just being replaced takes its element along: then
    /// the next page's is meant.
    async fn act(&self, css: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        for _ in 0..WAITS_MAX {
            self.wait_for(css).await;
            let Ok(element) = self.client.find(Locator::Css(css)).await else { continue };
            match act(element).await {
                Ok(()) => return,
                Err(error) if error.is_stale_element_reference() => {}
                Err(error) => panic!("{css}: {error}"),
            }
        }
        panic!("{css} does not stay");
    }

    /// Texts of elements.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    /// Names of the cookies of this site.
    pub async fn cookies(&self) -> Vec<String> {
        self.client.get_all_cookies().await.unwrap().iter().map(|cookie| cookie.name().to_owned()).collect()
    }

    /// Forgets every cookie.
    pub async fn forget(&self) {
        self.client.delete_all_cookies().await.unwrap();
    }

    /// Types to whatever has the focus.
    pub async fn keys(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// Presses Enter. The page may be gone before the driver has answered; what comes next tells whether it worked.
    pub async fn enter(&self) {
        drop(self.client.active_element().await.unwrap().send_keys("\u{e007}").await);
    }

    /// Presses Tab until what has the focus is called `name`, or `name=value`.
    pub async fn tab_to(&self, name: &str) {
        let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        for _ in 0..60 {
            let focused = self.client.active_element().await.unwrap();
            let is_named = focused.attr("name").await.unwrap().as_deref() == Some(name);
            let has_value = value.is_none() || focused.attr("value").await.unwrap().as_deref() == value;
            if is_named && has_value {
                return;
            }
            focused.send_keys("\u{e004}").await.unwrap();
        }
        panic!("Tab does not reach {name}");
    }

    /// Keeps a picture of the whole page, when pictures are asked for.
    pub async fn picture(&self, page: &str) {
        let Some(folder) = std::env::var_os("KEPIL_PICTURES") else { return };
        let png = self.client.screenshot().await.unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{page}-{}.png", self.name)), png).unwrap();
    }
}
