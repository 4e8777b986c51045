/** The layout of a grid. */
export interface GridShape {
  readonly count: number;
  readonly columns: number;
  readonly pageRows: number; // visible rows
  readonly rtl: boolean;
}

/**
 * The cell that a key moves to (ARIA Authoring Practices, grid pattern).
 *
 * @returns the index of the cell, -1 to leave the grid at the top, or null for a key that does not move
 */
export function move(
  key: string,
  index: number,
  { count, columns, pageRows, rtl }: GridShape,
  ctrl = false,
): number | null {
  const last = count - 1;
  const column = index % columns;
  const within = (to: number): number => Math.max(0, Math.min(last, to));
  switch (key) {
    case 'ArrowRight':
      return within(index + (rtl ? -1 : 1));
    case 'ArrowLeft':
      return within(index + (rtl ? 1 : -1));
    case 'ArrowUp':
      return index < columns ? -1 : index - columns;
    case 'ArrowDown':
      // From the last full row into a shorter one: to its last cell.
      return Math.floor(index / columns) === Math.floor(last / columns) ? index : within(index + columns);
    case 'Home':
      return ctrl ? 0 : index - column;
    case 'End':
      return ctrl ? last : within(index - column + columns - 1);
    case 'PageUp': {
      const to = index - pageRows * columns;
      return to < 0 ? column : to;
    }
    case 'PageDown': {
      const to = index + pageRows * columns;
      if (to <= last) return to;
      const bottom = last - (last % columns) + column;
      return bottom <= last ? bottom : last;
    }
    default:
      return null;
  }
}
