"""A read through the service API with a token of the service's own: python read.py SUB PURPOSE [FIELD]…"""

import os
import sys

from authlib.integrations.requests_client import OAuth2Session

issuer = os.environ["ISSUER"]
sub, purpose, *fields = sys.argv[1:]

# Authlib keeps the token and fetches another when it ends.
session = OAuth2Session(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    token_endpoint=f"{issuer}/token",
    grant_type="client_credentials",
)
session.fetch_token()
answer = session.post(f"{issuer}/v1/reads", json={"sub": sub, "purpose": purpose, "fields": fields})
told = answer.json()
if answer.ok:
    for name, field in told["fields"].items():
        print(f"{name}: {field['value']} ({field['assurance']})")
else:
    print(f"{told['title']} ({told['code']})")
for one in told.get("withheld", []):
    print(f"{one['field']}: withheld ({one['code']})")
