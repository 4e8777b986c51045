import type { Problem } from '../src/problems.ts';

/** Every message about a problem that a person can meet in the picker: its cause, and what they can do. */
export const MESSAGES: Readonly<Record<Problem, readonly [cause: string, remedy: string]>> = {
  relay: ['The relay cannot be reached', 'Check your connection and try again.'],
  issuer: ['New private tokens cannot be fetched right now.', 'Try again in a moment.'],
  account: ['Your account was not accepted.', 'Sign in again'],
  noTokens: ['You have no private tokens right now.', 'button: Search now anyway'],
  quota: ['You have used all your private tokens for now.', 'New ones arrive in the next period.'],
  resting: ['Your new private tokens are not ready yet.', 'button: Search now anyway'],
  keys: ['The keys of the service could not be verified', 'Please tell the people who run this app.'],
  clock: ['The clock of this device is wrong.', 'Set the correct time and try again.'],
  wallet: ['Private tokens cannot be stored here.', 'Allow this site to store data, then try again.'],
  busy: ['The sticker service is busy.', 'Wait a moment and try again.'],
  query: ['This search is too long.', 'Use fewer words.'],
  absent: ['Private search is not set up correctly here.', 'Please tell the people who run this app.'],
  missing: ['The stickers on this device are not available', 'button: Search the private network'],
  other: ['Something went wrong and no stickers arrived.', 'Try again.'],
};
