/** Finds cities by name, with their position and time zone: a plain HTTP service that knows nothing of Sotto. */
import { createServer, type Server } from 'node:http';
import { cityMapping as cities } from 'city-timezones';

/** Letters without accents, in lower case. */
const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

const index = cities
  .map((city) => ({ city, names: [plain(city.city), plain(city.city_ascii)] }))
  .toSorted((a, b) => b.city.pop - a.city.pop);

/** The most populous cities whose name, or a word of it, begins with the query. */
export function search(query: string, limit: number): object[] {
  const start = plain(query.trim());
  if (start === '') return [];
  const found = index.filter(({ names }) =>
    names.some((name) => name.startsWith(start) || name.includes(` ${start}`)),
  );
  return found.slice(0, limit).map(({ city }) => ({
    name: city.city,
    region: city.province,
    country: city.country,
    code: city.iso2,
    latitude: Number(city.lat.toFixed(4)),
    longitude: Number(city.lng.toFixed(4)),
    timezone: city.timezone,
  }));
}

/** `GET /v1/search?q=belgr&limit=5` */
export function places(): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://places.invalid');
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (url.pathname !== '/v1/search') return send(404, { error: 'use /v1/search?q=NAME' });
    if (request.method !== 'GET') return send(405, { error: 'use GET' });
    const limit = Number(url.searchParams.get('limit') ?? 5);
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 20))
      return send(400, { error: 'limit: 1 to 20' });
    return send(200, { places: search(url.searchParams.get('q') ?? '', limit) });
  });
}

if (import.meta.main) {
  const port = Number(process.env['PORT'] ?? 9101);
  places().listen(port, '127.0.0.1', () => console.log(`places on http://127.0.0.1:${port}`));
}
