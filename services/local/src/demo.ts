/** Tokens per account and epoch on `npm start`: a hundred wallets of one account with three batches each. */
export const DEMO_QUOTA = 9000;

/** Voucher issuances per account and period on `npm start`: as many wallets. */
export const DEMO_ISSUANCES = 100;

/** When the quota of an epoch ends, and how to end it now, in one line. */
export function quotaLine(now: Date, epochSeconds: number, folder: string): string {
  const next = new Date((Math.floor(now.getTime() / 1000 / epochSeconds) + 1) * epochSeconds * 1000);
  const time = `${next.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `${DEMO_QUOTA} tokens per account until ${time}; stop and delete ${folder} to start afresh`;
}
