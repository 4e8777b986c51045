import type { ServiceName } from '@sotto/service/variables';
import { isSecret, type ServiceSettings, type Settings } from './settings.ts';

const CRON = 'triggers = { crons = ["*/10 * * * *"] }';

/** What the Worker of each service needs beside its variables; the wrangler.toml of the repository has the same. */
const BLOCKS: Readonly<Record<ServiceName, string>> = {
  relay: `${CRON} # fetches the key bundle
ratelimits = [{ name = "LIMITER", namespace_id = "1001", simple = { limit = 120, period = 60 } }] # an address
`,
  gateway: `${CRON} # makes keys ahead, destroys dead ones
services = [
  { binding = "ISSUER", service = "sotto-issuer", entrypoint = "GatewayEntrypoint" },
  { binding = "STICKERS", service = "sotto-stickers" },
]
migrations = [
  { tag = "v1", new_sqlite_classes = ["GatewayKeys", "ReplayShard"] },
  { tag = "v2", new_sqlite_classes = ["CounterShard"] },
]
durable_objects = { bindings = [
  { name = "KEYS", class_name = "GatewayKeys" },
  { name = "COUNTERS", class_name = "CounterShard" },
  { name = "REPLAYS", class_name = "ReplayShard" },
] }
`,
  issuer: `${CRON} # makes keys ahead, destroys dead ones
migrations = [
  { tag = "v1", new_sqlite_classes = ["IssuerKeys", "QuotaShard", "SpentShard"] },
  { tag = "v2", new_sqlite_classes = ["CounterShard"] },
]
durable_objects = { bindings = [
  { name = "KEYS", class_name = "IssuerKeys" },
  { name = "COUNTERS", class_name = "CounterShard" },
  { name = "QUOTA", class_name = "QuotaShard" },
  { name = "SPENT", class_name = "SpentShard" },
] }
`,
  stickers: '',
  witness: `${CRON} # shows a configuration that is wrong
migrations = [{ tag = "v1", new_sqlite_classes = ["LogState"] }]
durable_objects = { bindings = [{ name = "STATE", class_name = "LogState" }] }
`,
};

/** A wrangler.toml over the prebuilt Workers of a release. A Worker without a public name is reached by a binding alone. */
export function wranglerToml(
  services: ServiceSettings,
  {
    hosts,
    release,
  }: { readonly hosts: Readonly<Partial<Record<ServiceName, string>>>; readonly release: string },
): string {
  const blocks = (Object.entries(services) as [ServiceName, Settings][]).map(([name, settings]) => {
    const flags = [
      'global_fetch_strictly_public',
      ...(name === 'gateway' ? ['webcrypto_modern_algorithms'] : []),
    ];
    const host = hosts[name];
    const variables = Object.entries(settings).filter(([variable]) => !isSecret(variable));
    return `
[env.${name}]
name = "sotto-${name}"
main = "${release}/workers/${name}/index.js"
no_bundle = true
find_additional_modules = true
base_dir = "${release}/workers/${name}"
compatibility_flags = ${JSON.stringify(flags)}
workers_dev = false
observability = { enabled = false }
${host === undefined ? '' : `routes = [{ pattern = "${host}", custom_domain = true }]\n`}${BLOCKS[name]}${
      name === 'stickers'
        ? `assets = { directory = "${release}/catalogue", binding = "ASSETS", run_worker_first = true }\n`
        : ''
    }${
      variables.length === 0
        ? ''
        : `\n[env.${name}.vars]\n${variables.map(([variable, value]) => `${variable} = '''${value}'''\n`).join('')}`
    }`;
  });
  return `name = "sotto"\ncompatibility_date = "2026-10-23"\n${blocks.join('')}`;
}
