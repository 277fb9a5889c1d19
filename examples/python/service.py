"""A service with a stock client of Python: Authlib's, as its own documentation has it.

    pip install -r requirements.txt
    ISSUER=http://127.0.0.1:8400 CLIENT_ID=… CLIENT_SECRET=… PORT=9002 python service.py
"""

import os
import secrets

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
app.config["SESSION_COOKIE_NAME"] = "python_example"

oauth = OAuth(app)
oauth.register(
    name="kepil",
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
)


@app.get("/")
def page():
    person = session.get("person")
    text = f"signed in as {person['email']} ({person['sub']})\n" if person else "signed out\n"
    return text, {"content-type": "text/plain; charset=utf-8"}


@app.get("/login")
def login():
    return oauth.kepil.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.kepil.authorize_access_token()
    session["person"] = dict(oauth.kepil.userinfo(token=token))
    return redirect("/")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "9002")))
