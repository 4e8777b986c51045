import { privateVerif } from '@cloudflare/privacypass-ts';

export const { Issuer, keyGen, TokenRequest, TokenResponse } = privateVerif;
export type TokenResponse = InstanceType<typeof privateVerif.TokenResponse>;
