// The peer of the rows `token` and `code`: npm `oidc-provider`, everything in memory. node provider.mjs PORT
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'

const port = Number(process.argv[2])
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const resource = 'https://api.example'
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'peer',
    client_secret: 'peer-secret',
    grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
    redirect_uris: ['https://party.example/callback'],
    id_token_signed_response_alg: 'ES256',
  }],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'peer' }] },
  cookies: { keys: ['peer'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.grant_type === 'client_credentials' ? resource : undefined),
      getResourceServerInfo: () => ({ scope: 'api', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
})
provider.listen(port, '127.0.0.1', () => console.log('ready'))
