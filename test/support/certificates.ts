import 'reflect-metadata'; // the certificate library requires it
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority for tests. Clients that trust it accept its certificates. */
export interface Authority {
  readonly cert: string;
  /** @param days - from now until it expires; negative for one that has */
  issue(names: readonly string[], days?: number): Promise<Certificate>;
}

export async function authority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const subject = 'CN=Test authority';
  const own = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: subject,
    ...validFor(30),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  let serial = 1;
  return {
    cert: own.toString('pem'),
    issue: async (names, days = 30) => {
      const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      serial++;
      const cert = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(4, '0'),
        subject: `CN=${names[0]}`,
        issuer: subject,
        ...validFor(days),
        signingAlgorithm: ALGORITHM,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
        ],
      });
      return { cert: cert.toString('pem'), key: await pemOf(pair.privateKey) };
    },
  };
}

/** A self-signed certificate. */
export async function selfSigned(name: string): Promise<Certificate> {
  return (await authority()).issue([name]);
}

function validFor(days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 60 * DAY_MS), notAfter: new Date(now + days * DAY_MS) };
}

async function pemOf(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
