// A service with the stock client of Node: npm `openid-client`, as its own documentation has it.
//
//   npm install && ISSUER=http://127.0.0.1:8400 CLIENT_ID=… CLIENT_SECRET=… PORT=9001 node service.mjs
//
// With CLIENT_KEY (a private JWK) instead of a secret it proves itself by `private_key_jwt`, pushes its requests and binds
// its tokens to a key (DPoP).
import { createServer } from 'node:http'
import { randomUUID, webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_KEY, PORT = '9001' } = process.env
const own = `http://127.0.0.1:${PORT}`
const isHard = CLIENT_KEY !== undefined

const authentication = isHard
  ? client.PrivateKeyJwt(await webcrypto.subtle.importKey('jwk', JSON.parse(CLIENT_KEY),
      { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']))
  : client.ClientSecretBasic(CLIENT_SECRET)
// Plain http is for loopback only.
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, authentication,
  { execute: [client.allowInsecureRequests] })
const DPoP = isHard ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined

// What this service remembers of a browser, by its cookie.
const browsers = new Map()

async function login(id) {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  browsers.set(id, { verifier, state, nonce })
  const parameters = {
    redirect_uri: `${own}/callback`,
    scope: 'openid email',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }
  return isHard
    ? client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
    : client.buildAuthorizationUrl(config, parameters)
}

async function callback(id, url) {
  const { verifier, state, nonce } = browsers.get(id)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  const tokens = await client.authorizationCodeGrant(config, url, checks, undefined, { DPoP })
  const claims = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP })
  browsers.set(id, { claims, id_token: tokens.id_token, kind: tokens.token_type })
}

function logout(id) {
  const { id_token } = browsers.get(id) ?? {}
  browsers.delete(id)
  return client.buildEndSessionUrl(config, { id_token_hint: id_token, post_logout_redirect_uri: `${own}/` })
}

createServer(async (request, response) => {
  const url = new URL(request.url, own)
  const id = /(?:^|; )browser=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID()
  response.setHeader('set-cookie', `browser=${id}; HttpOnly; SameSite=Lax; Path=/`)
  const go = (to) => response.writeHead(303, { location: String(to) }).end()
  try {
    switch (url.pathname) {
      case '/login':
        return go(await login(id))
      case '/callback':
        await callback(id, url)
        return go('/')
      case '/logout':
        return go(logout(id))
      default: {
        const { claims, kind } = browsers.get(id) ?? {}
        response.setHeader('content-type', 'text/plain; charset=utf-8')
        return response.end(claims ? `signed in as ${claims.email} (${claims.sub}), ${kind}\n` : 'signed out\n')
      }
    }
  } catch (error) {
    response.writeHead(500).end(`${error.code ?? error}\n`)
    console.error(error)
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`ready: ${own}`))
