import * as fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import config from './vitest.config.ts';

test('property tests: every project draws from the seed that the configuration provides', () => {
  const projects = config.test?.projects as {
    test: { name: string; setupFiles?: string[]; provide?: object };
  }[];
  expect(projects.length).toBeGreaterThan(5);
  const unseeded = projects.filter(
    ({ test: { setupFiles = [], provide = {} } }) =>
      !setupFiles.some((file) => file.endsWith('property-seed.ts')) || !('propertySeed' in provide),
  );
  expect(unseeded.map((project) => project.test.name)).toEqual([]);
  expect(fc.readConfigureGlobal()).toMatchObject({ seed: inject('propertySeed') });
  expect(fc.sample(fc.nat(), 5)).toEqual(fc.sample(fc.nat(), 5));
});
