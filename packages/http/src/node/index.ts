export { sendOnce, type Way } from './send.ts';
