"""Signs in to a service as a person would, without JavaScript: python walk.py URL WHO PASSWORD [PATH THEN WHAT]…

Opens the service, fills in the provider's forms, and prints the page at the end. Standard library only. `--out ISSUER` signs
out at the provider afterwards and opens the service again.
"""

import sys
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar

STEPS_MAX = 6


class Forms(HTMLParser):
    """Forms of a page: action, hidden values."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.is_main = False

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "main":
            self.is_main = True
        if tag == "form" and self.is_main:
            self.forms.append((attributes.get("action", ""), []))
        if tag == "input" and self.forms and attributes.get("type") == "hidden":
            self.forms[-1][1].append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "main":
            self.is_main = False


class Browser:
    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, url, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(url, data, {"Accept": "text/html", "Accept-Language": "en"})
        with self.opener.open(request, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def sign_in(self, url, who, password):
        at, text = self.open(url)
        for _ in range(STEPS_MAX):
            page = Forms()
            page.feed(text)
            answers = {
                "/sign-in": [("identifier", who), ("password", password)],
                "/accept": [("choice", "accept")],
                "/consent": [("claim", "email"), ("choice", "allow")],
            }
            found = [(action, hidden) for action, hidden in page.forms if action in answers]
            if not found:
                return text
            action, hidden = found[0]
            at, text = self.open(urllib.parse.urljoin(at, action), hidden + answers[action])
        raise SystemExit(f"the way did not end: {at}")

    def sign_out(self, issuer):
        at, text = self.open(f"{issuer}/sign-out")
        page = Forms()
        page.feed(text)
        action, hidden = next((action, hidden) for action, hidden in page.forms if action == "/sign-out")
        self.open(urllib.parse.urljoin(at, action), hidden)


def main(url, who, password, *more):
    browser = Browser()
    print(browser.sign_in(url, who, password).strip())
    if more[:1] == ("--out",):
        home = urllib.parse.urljoin(url, "/")
        browser.sign_out(more[1])
        # The service is told within seconds: then it sends the person to sign in again.
        for _ in range(30):
            at, text = browser.open(home)
            if "signed in as" not in text:
                print("signed out at the service as well")
                return
            time.sleep(1)
        raise SystemExit("the service was not told of the sign-out")


main(*sys.argv[1:])
