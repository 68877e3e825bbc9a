// A real OpenID Connect provider on loopback. The first line of its input says whom it serves, the first of its output
// is its issuer; it ends when its input does.
//
// Whoever arrives is signed in, as the person that was last told to `POST /be`:
// {"account": "ana", "acr": "...", "amr": ["..."]}. `POST /rotate` replaces its key for signatures.

import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
const [told] = await new Promise((done) => lines.once('line', (line) => done([line])));
const { redirect, secret, quietTokens } = JSON.parse(told);
let person = { account: 'ana' };
let handle;

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    response.writeHead(500).end(String(error));
  });
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let provider = make(issuer);
  handle = async (request, response) => {
    if (request.method === 'POST' && request.url === '/be') {
      person = JSON.parse(await bodyOf(request));
      response.writeHead(204).end();
    } else if (request.method === 'POST' && request.url === '/rotate') {
      provider = make(issuer);
      response.writeHead(204).end();
    } else if (request.url.startsWith('/interaction/')) {
      const { account, acr, amr } = person;
      await provider.interactionFinished(request, response, { login: { accountId: account, acr, amr } });
    } else {
      await provider.callback()(request, response);
    }
  };
  console.log(issuer);
});

async function bodyOf(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

function make(issuer) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
  return new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{ client_id: 'secondring', client_secret: secret, redirect_uris: [redirect] }],
    acrValues: ['phr'],
    claims: { openid: ['sub', 'acr', 'amr'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: quietTokens === true,
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    async findAccount(_, id) {
      return {
        accountId: id,
        claims: () => ({ sub: id, preferred_username: id, email: `${id}@clinic.example`, email_verified: true }),
      };
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
}
