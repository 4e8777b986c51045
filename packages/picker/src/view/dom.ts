type Attributes = Readonly<Record<string, string>>;

/** Creates an element. Strings become text nodes and are never parsed as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const CIRCLE = 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18';

/** Icon outlines in a square of 24 units. */
const PATHS: Readonly<Record<string, string>> = {
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M20 20l-4-4',
  close: 'M7 7l10 10M17 7L7 17',
  problem: `${CIRCLE}M12 8v5M12 16.2v.01`,
  device:
    'M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3M11 18h2',
  network:
    'M7 11h10a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1M8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  recents: `${CIRCLE}M12 7v5l3 2`,
  favourites: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z',
  smileys: `${CIRCLE}M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01`,
  people: 'M12 4a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7M5 20c.5-4 3.3-6 7-6s6.5 2 7 6',
  animals:
    'M12 12c-2.5 0-5 3-5 5.2C7 19 8.3 20 9.7 20c1 0 1.5-.4 2.3-.4s1.3.4 2.3.4c1.4 0 2.7-1 2.7-2.8C17 15 14.5 12 12 12M5 9.5a1.3 1.7 0 1 0 .01 0zM9.4 5a1.3 1.7 0 1 0 .01 0zM14.6 5a1.3 1.7 0 1 0 .01 0zM19 9.5a1.3 1.7 0 1 0 .01 0z',
  food: 'M12 7.5c-1.5-1.2-3.2-1.5-4.7-.8C4.5 8 4 11.5 5 15c.9 3.2 2.7 5.5 4.5 5.5 1 0 1.6-.5 2.5-.5s1.5.5 2.5.5c1.8 0 3.6-2.3 4.5-5.5 1-3.5.5-7-2.3-8.3-1.5-.7-3.2-.4-4.7.8c0-2 .8-3.5 2.5-4.5',
  travel: `${CIRCLE}M3 12h18M12 3c3.5 3 3.5 15 0 18M12 3c-3.5 3-3.5 15 0 18`,
  activities:
    'M8 4h8v5a4 4 0 0 1-8 0zM8 6H4.5c0 3 1.5 4.5 3.7 4.8M16 6h3.5c0 3-1.5 4.5-3.7 4.8M12 13v4M8.5 20h7c-.5-2-1.5-3-3.5-3s-3 1-3.5 3',
  objects: 'M9.5 17.5c0-2.5-3-3.8-3-7.5a5.5 5.5 0 0 1 11 0c0 3.7-3 5-3 7.5zM10 20.5h4',
  symbols: 'M12 20S4 15 4 9.2A4.2 4.2 0 0 1 12 7.5 4.2 4.2 0 0 1 20 9.2C20 15 12 20 12 20z',
  flags: 'M6 21V4M6 5c4-2.5 7 2.5 12 0v9c-5 2.5-8-2.5-12 0',
  frequent: 'M4 19V9M10 19V5M16 19v-7M20 19H3',
  mine: 'M12 5v14M5 12h14',
  custom: 'M12 4l2 5 5 .5-4 3.5 1.200 5.500L12 15.500 7.800 18.500 9 13 5 9.500 10 9z',
  extras: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8',
};

const SVG = 'http://www.w3.org/2000/svg';

/** An icon, hidden from assistive technology. */
export function icon(name: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name] ?? PATHS['extras'] ?? '');
  svg.append(path);
  return svg;
}
