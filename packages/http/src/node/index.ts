export { listen, type ListenOptions, type Serving } from './listen.ts';
export { sendOnce, type Way } from './send.ts';
export { writeResponse } from './write.ts';
