const HOLD_MS = 500;
const SLACK = 10; // pixels that a resting finger may move

/**
 * Calls `open` for a right click, and for a finger that is held. Safari on iOS sends no `contextmenu` for a held finger,
 * and other browsers send a `click` when it is lifted; that click is swallowed.
 */
export function onLongPress(element: HTMLElement, open: (target: EventTarget | null) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start = { x: 0, y: 0 };
  let opened = false;
  const cancel = (): void => clearTimeout(timer);
  const run = (target: EventTarget | null): void => {
    cancel();
    if (!opened) open(target);
    opened = true;
  };
  element.addEventListener('pointerdown', ({ pointerType, clientX, clientY, target }) => {
    cancel();
    opened = false;
    start = { x: clientX, y: clientY };
    if (pointerType === 'touch') timer = setTimeout(() => run(target), HOLD_MS);
  });
  element.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - start.x, clientY - start.y) > SLACK) cancel();
  });
  for (const type of ['pointerup', 'pointercancel', 'dragstart']) element.addEventListener(type, cancel);
  element.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    run(event.target);
  });
  element.addEventListener(
    'click',
    (event) => {
      if (opened && event.detail > 0) event.stopImmediatePropagation(); // a keyboard's click has no detail
      opened = false;
    },
    { capture: true },
  );
}
