// An independent OpenID provider for the tests: node provider.mjs PORT REDIRECT_URI ALGORITHM LOGOUT_URI [BACKCHANNEL_URI]
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, redirectUri, algorithm, logoutUri, backchannelUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const key = (kid, type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig',
});

// Anybody may sign in by any name and password; what is known of them follows from the name.
const account = (_, id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    name: `Second ${id}`,
    preferred_username: id,
    email: `${id}@second.example`,
    email_verified: true,
    eduperson_entitlement: [`urn:x:second.example:group:escape:${id}:role=member#second.example`],
  }),
});

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'portal',
    client_secret: process.env.CLIENT_SECRET,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [logoutUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    id_token_signed_response_alg: algorithm,
    ...(backchannelUri && { backchannel_logout_uri: backchannelUri, backchannel_logout_session_required: true }),
  }],
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'eduperson_entitlement'],
    email: ['email', 'email_verified'],
  },
  cookies: { keys: [process.env.CLIENT_SECRET] },
  acrValues: ['urn:x:mfa'], // that it knows, and nobody here fulfils
  features: { revocation: { enabled: true }, backchannelLogout: { enabled: true } },
  // Its guard refuses this machine's own addresses, and there the portal under test listens.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  findAccount: account,
  jwks: { keys: [key('rsa', 'rsa', { modulusLength: 2048 }, 'RS256'), key('ec', 'ec', { namedCurve: 'P-256' }, 'ES256')] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
