// A read through the service API with a token of the service's own: node read.mjs SUB PURPOSE [FIELD]…
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env
const [sub, purpose, ...fields] = process.argv.slice(2)

// Plain http is for loopback only.
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] })
// A service keeps the token until shortly before `expires_in` is over; this program ends before.
const { access_token } = await client.clientCredentialsGrant(config)
const answer = await fetch(`${ISSUER}/v1/reads`, {
  method: 'POST',
  headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ sub, purpose, fields }),
})
const told = await answer.json()
if (answer.ok) {
  for (const [name, field] of Object.entries(told.fields)) console.log(`${name}: ${field.value} (${field.assurance})`)
} else {
  console.log(`${told.title} (${told.code})`)
}
for (const one of told.withheld ?? []) console.log(`${one.field}: withheld (${one.code})`)
