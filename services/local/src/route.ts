/** The part of a Worker's configuration that {@link missingRoute} reads. */
interface Routed {
  readonly routes?: readonly unknown[] | undefined;
  readonly route?: unknown;
  readonly workers_dev?: boolean | undefined;
}

/** A message about a Worker that could not be reached once deployed; null for one that has an address or needs none. */
export function missingRoute(
  name: string,
  { routes = [], route, workers_dev: onWorkersDev }: Routed,
): string | null {
  if (name === 'stickers' || routes.length > 0 || route !== undefined || onWorkersDev === true) return null;
  return `${name}: has no route, so only one that was set elsewhere leads to it. Add to [env.${name}] in wrangler.toml: routes = [{ pattern = "${name}.example", custom_domain = true }]`;
}
