// Stands between gateway and issuer in the local suite and reports each redemption to the taps.
import { WorkerEntrypoint } from 'cloudflare:workers';

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export class GatewayEntrypoint extends WorkerEntrypoint {
  async redeem(redemption) {
    const result = await this.env.ISSUER.redeem(redemption);
    await this.#report(redemption.service, redemption.token, result.outcome);
    return result;
  }

  async refill(call) {
    const result = await this.env.ISSUER.refill(call);
    await this.#report('refill', call.token, result.outcome);
    return result;
  }

  async #report(service, token, outcome) {
    // Token (RFC 9577 §2.2): type, nonce, challenge digest, key id, authenticator.
    const seen = {
      service,
      nonce: hex(token.subarray(2, 34)),
      tokenKeyId: hex(token.subarray(66, 98)),
      outcome,
    };
    await this.env.TAP.fetch('http://tap/', { method: 'POST', body: JSON.stringify(seen) });
  }

  schedule(knownRevision) {
    return this.env.ISSUER.schedule(knownRevision);
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
