import { expect, test } from 'vitest';
import { barChart, htmlReport, lineChart } from './support/report.ts';

const numbers = (svg: string, pattern: RegExp): number[] =>
  [...svg.matchAll(pattern)].map(([, n]) => Number(n));

test('line chart: a decade is as wide everywhere on a logarithmic axis, and larger values stand higher', () => {
  const points = [
    { x: 10, y: 1 },
    { x: 100, y: 10 },
    { x: 1000, y: 100 },
  ];
  const svg = lineChart({ title: 't', x: 'rows', y: 'µs', series: [{ name: 'cost', points }] });
  const [x0 = 0, x1 = 0, x2 = 0] = numbers(svg, /cx="([\d.]+)"/g);
  expect(x1 - x0).toBeCloseTo(x2 - x1, 0);
  expect(x1).toBeGreaterThan(x0);
  const [y0 = 0, y1 = 0, y2 = 0] = numbers(svg, /cy="([\d.]+)"/g);
  expect(y0 - y1).toBeCloseTo(y1 - y2, 0);
  expect(y1).toBeLessThan(y0);
});

test('line chart: a logarithmic axis marks decades, or 1, 2 and 5 where there are few, and ends beside its values', () => {
  const marksOf = (...values: number[]): string[] => {
    const points = values.map((y, i) => ({ x: 10 ** (3 * i), y }));
    const svg = lineChart({ title: 't', x: 'rows', y: 'µs', series: [{ name: 'cost', points }] });
    return [...svg.matchAll(/text-anchor="end">([\d.,]+)</g)].map(([, mark = '']) => mark);
  };
  expect(marksOf(28, 46)).toEqual(['20', '50']);
  expect(marksOf(1, 4)).toEqual(['1', '2', '5']);
  expect(marksOf(7)).toEqual(['5', '10']);
  expect(marksOf(0.3, 0.09)).toEqual(['0.05', '0.1', '0.2', '0.5']);
  expect(marksOf(100, 8400)).toEqual(['100', '1,000', '10,000']);
});

test('line chart: a linear axis starts at zero', () => {
  const points = [
    { x: 1, y: 2 },
    { x: 2, y: 4 },
  ];
  const svg = lineChart({ title: 't', x: 'x', y: 'y', scale: 'linear', series: [{ name: 'n', points }] });
  const [x0 = 0, x1 = 0] = numbers(svg, /cx="([\d.]+)"/g);
  expect(x0 - 80).toBeCloseTo(x1 - x0, 0); // the axis starts at 80
});

test('bar chart: lengths are in proportion to the values, and the reference is marked', () => {
  const bars = [
    { name: 'ours', value: 1 },
    { name: 'theirs', value: 4 },
  ];
  const svg = barChart({ title: 't', unit: 'ms', bars, reference: 2 });
  const [ours = 0, theirs = 0] = numbers(svg, /<rect [^>]*width="([\d.]+)"/g);
  expect(theirs / ours).toBeCloseTo(4, 1);
  expect(svg).toContain('<line');
  expect(svg).toContain('4 ms');
});

test('report: text is escaped everywhere, and the page loads nothing', () => {
  const evil = '<script src="https://example.com/x.js">&';
  const page = htmlReport(evil, [
    { text: evil },
    { table: [[evil], [evil]] },
    { chart: barChart({ title: evil, unit: evil, bars: [{ name: evil, value: 1 }] }) },
    {
      chart: lineChart({ title: evil, x: evil, y: evil, series: [{ name: evil, points: [{ x: 1, y: 1 }] }] }),
    },
  ]);
  expect(page).not.toMatch(/<(?:script|link|img|iframe|object)/);
  expect(page.match(/&#60;script/g)?.length).toBeGreaterThan(8);
});
