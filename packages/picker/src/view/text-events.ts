/** Events that carry the text of the search box, and cross the shadow boundary unless they are stopped. */
const TEXT_EVENTS = [
  'beforeinput',
  'input',
  'textInput',
  'compositionstart',
  'compositionupdate',
  'compositionend',
  'copy',
  'cut',
  'paste',
  'drop',
];
const KEY_EVENTS = ['keydown', 'keypress', 'keyup'];

/**
 * Stops events with text at the edge of the component, so that a page's analytics does not collect what is typed
 * into it. Keys that type nothing, such as Escape and Tab, and shortcuts still reach the page.
 */
export function keepTextInside(root: ShadowRoot): void {
  const stop = (event: Event): void => event.stopPropagation();
  for (const type of TEXT_EVENTS) root.addEventListener(type, stop);
  for (const type of KEY_EVENTS) {
    root.addEventListener(type, (event) => {
      if (isText(event as KeyboardEvent)) stop(event);
    });
  }
}

/**
 * Whether a key belongs to an input method. Safari sends the key that ends a composition after `compositionend`,
 * with the legacy code 229 (UI Events §7.3.1).
 */
export const isForInputMethod = ({ isComposing, keyCode }: KeyboardEvent): boolean =>
  isComposing || keyCode === 229;

/** A key that types, also as part of a composition: a character, a dead key, or a key whose name is hidden. */
function isText(event: KeyboardEvent): boolean {
  const { key, ctrlKey, altKey, metaKey } = event;
  if (isForInputMethod(event) || ['Dead', 'Process', 'Unidentified'].includes(key)) return true;
  const shortcut = metaKey || (ctrlKey && !altKey); // Control and Alt together are AltGr, which types
  return Array.from(key).length === 1 && !shortcut;
}
