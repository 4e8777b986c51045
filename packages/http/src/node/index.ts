export { sendOnce, type Way } from './send.ts';
export { writeResponse } from './write.ts';
