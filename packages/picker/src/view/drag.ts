import type { Sticker } from '../types.ts';

/**
 * Fills the data of a drag: the emoji as text, and the image that the cell shows as HTML for editors that accept images.
 */
export function startDrag(event: DragEvent, { name }: Sticker, emoji: string): void {
  const { dataTransfer, target } = event;
  if (dataTransfer === null) return;
  dataTransfer.effectAllowed = 'copy';
  dataTransfer.setData('text/plain', emoji === '' ? name : emoji);
  const image = target instanceof Element ? target.closest('.cell')?.querySelector('img') : null;
  if (!image) return;
  const copy = new Image();
  copy.src = image.src;
  copy.alt = emoji === '' ? name : emoji;
  dataTransfer.setData('text/html', copy.outerHTML);
  dataTransfer.setDragImage(image, image.width / 2, image.height / 2);
}
