import { nobleEd25519Verify } from '../../src/signed-bundle.ts';
import { wycheproofEd25519 } from '../wycheproof-cases.ts';

wycheproofEd25519('noble in workerd', nobleEd25519Verify);
