import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { DrillRow } from './drill.ts';
import { EPOCH, formerToken, ROLES, type Operators, type Role } from './operators.ts';

/** Uses every token of a role for what each role is for, at gateway and issuer, and prints what it admits to. */
const TRY_ALL = `const {gateway,issuer,gatewayOperator=gateway,issuerOperator=issuer}=JSON.parse(require('fs').readFileSync('ops/b/client.json'));
const account={method:'POST',body:JSON.stringify({account:'somebody'})};
const uses={METRICS:[[gatewayOperator,'/metrics'],[issuerOperator,'/metrics']],SUPPORT:[[issuerOperator,'/operator/quota',account]],KEYS:[[gatewayOperator,'/operator/keys'],[issuerOperator,'/operator/keys']]};
const opens=async(token,[url,path,init])=>(await fetch(url+path,{...init,headers:{authorization:'Bearer '+token,'content-type':'application/json'}})).ok;
(async()=>{for(const [role,token] of Object.entries(JSON.parse(process.env.TOKENS))) for(const [use,all] of Object.entries(uses)) {
  const opened=await Promise.all(all.map((one)=>opens(token,one)));
  if(opened.every(Boolean)) console.log(role+' admits to '+use); else if(opened.some(Boolean)) console.log(role+' admits to a part of '+use);
}})()`;

async function uses({ machine }: Operators, tokenOf: (role: Role) => string): Promise<string[]> {
  const TOKENS = JSON.stringify(Object.fromEntries(ROLES.map((role) => [role, tokenOf(role)])));
  const { out } = await machine.must('node -e "$TRY_ALL"', { TRY_ALL, TOKENS });
  return out.split('\n').filter((line) => line !== '');
}

const OWN_ALONE = ROLES.map((role) => `${role} admits to ${role}`);

/** The tokens of single roles are changed: first both admit, each to its own role alone, and then only the new ones. */
export const changeRoleTokens = (operators: Operators): Promise<DrillRow> =>
  operators.drill('change the tokens of single roles', async (drill) => {
    const newToken = (role: Role): string => readFileSync(operators.file(`b/${role}.token`), 'utf8').trim();
    await drill.block();
    expect(await uses(operators, formerToken)).toEqual(OWN_ALONE);
    expect(await uses(operators, newToken)).toEqual(OWN_ALONE);
    await drill.block();
    expect(await uses(operators, formerToken)).toEqual([]);
    expect(await uses(operators, newToken)).toEqual(OWN_ALONE);
  });

/** The key that signs account tokens is changed: first both keys count, and then only the new one. */
export const changeAccountSigner = (operators: Operators): Promise<DrillRow> =>
  operators.drill('change the key of the account server', async (drill) => {
    const { machine } = operators;
    await machine.must('mkdir ops/former && cp ops/b/client.json ops/b/attester.jwk ops/former');
    await drill.block();
    await operators.search('ops/a', 'before', 'ops/former');
    await drill.pass(EPOCH); // the hour after which tokens expire
    await drill.block();
    const refused = await machine.run(
      'SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account after --config ops/former) npx @sotto/cli search cat --config ops/a --fresh --wallet after',
    );
    expect([refused.status, refused.err]).toEqual([
      1,
      expect.stringContaining('does not accept this account'),
    ]);
  });

/** The root is changed, and a client that saw the announcement follows. */
export const changeRoot = (operators: Operators): Promise<DrillRow> =>
  operators.drill('change ROOT', async (drill) => {
    await drill.block();
    const announced = await operators.boundariesUntil(drill, ({ nextRoot }) => nextRoot.length > 0);
    await operators.search('ops/a', 'follower');
    await operators.machine.must('cp -r ops/a ops/old');
    await drill.block();
    const isDone = ({ nextRoot }: { readonly nextRoot: Uint8Array }): boolean => nextRoot.length === 0;
    const changed = await operators.boundariesUntil(drill, isDone, 'ops/old', 'follower');
    expect([announced <= 2, changed <= 2]).toEqual([true, true]);
  });
