import { REFILL_SERVICE } from '@sotto/bundle';
import type { ServiceName } from '@sotto/service/variables';
import type { Settings } from '../config.ts';
import type { OperatorFolder } from './folder.ts';

/** Contradictions between the services of a folder, and with what clients pin. */
export function mismatches({ services, hosting }: OperatorFolder, settings: Settings | null): string[] {
  const value = (service: ServiceName, name: string): string | undefined =>
    services.get(service)?.get(name)?.value;
  const faults: string[] = [];
  const same = (a: string | undefined, b: string | undefined, text: string): void => {
    if (a !== undefined && b !== undefined && a !== b) faults.push(text);
  };
  const epoch = (service: ServiceName): string | undefined =>
    services.has(service) ? (value(service, 'EPOCH_SECONDS') ?? '86400') : undefined;
  same(
    epoch('gateway'),
    epoch('issuer'),
    'EPOCH_SECONDS differs between gateway and issuer: neither knows the tokens of the other',
  );
  same(
    epoch('gateway'),
    settings?.epochSeconds?.toString(),
    'EPOCH_SECONDS of the gateway differs from epochSeconds in client.json',
  );
  same(
    value('gateway', 'ROOT'),
    settings?.root,
    'ROOT of the gateway differs from root in client.json: clients would refuse every bundle',
  );
  same(
    value('gateway', 'ISSUER_TOKEN'),
    value('issuer', 'INTERNAL_TOKEN')?.split(' ')[0],
    'ISSUER_TOKEN of the gateway is not the INTERNAL_TOKEN of the issuer',
  );
  if (hosting !== 'workers') {
    const [, port] = /^http:\S+:(\d+)\/?$/.exec(value('gateway', 'ISSUER') ?? '') ?? [];
    const internal = services.has('issuer') ? (value('issuer', 'INTERNAL_PORT') ?? '8081') : undefined;
    same(port, internal, 'ISSUER of the gateway does not name the INTERNAL_PORT of the issuer');
  }
  const wrapping = value('gateway', 'KEY_WRAPPING_KEY');
  if (wrapping !== undefined && wrapping === value('issuer', 'KEY_WRAPPING_KEY')) {
    faults.push('KEY_WRAPPING_KEY is the same for gateway and issuer: each needs its own');
  }
  for (const [service, given] of services) {
    const key = given.get('KEY_WRAPPING_KEY')?.value;
    if (key !== undefined && key === given.get('KEY_WRAPPING_KEY_PREVIOUS')?.value) {
      faults.push(`KEY_WRAPPING_KEY_PREVIOUS of the ${service} is KEY_WRAPPING_KEY itself: remove it`);
    }
  }
  const issuesVouchers = value('issuer', 'VOUCHERS') !== undefined;
  return [
    ...faults,
    ...serviceFaults(value('gateway', 'SERVICES'), value('issuer', 'SERVICES'), issuesVouchers),
  ];
}

const NO_VOUCHERS =
  'SERVICES: the gateway has the row of refills, and the issuer has no VOUCHERS. Set it, or remove the row';

interface Row {
  readonly name?: unknown;
  readonly token?: { readonly type?: unknown } | string;
  readonly types?: readonly unknown[];
}

/** Services that require a token which the issuer does not issue. */
function serviceFaults(
  gateway: string | undefined,
  issuer: string | undefined,
  issuesVouchers: boolean,
): string[] {
  const [rows, issued] = [rowsOf(gateway), rowsOf(issuer)];
  if (rows === null || issued === null) return [];
  return rows.flatMap(({ name, token }) => {
    if (typeof token !== 'object' || token === null) return [];
    if (name === REFILL_SERVICE) return issuesVouchers ? [] : [NO_VOUCHERS];
    const row = issued.find((one) => one.name === name);
    if (row !== undefined && (row.types ?? [5]).includes(token.type)) return [];
    return [
      `SERVICES: the gateway requires tokens of type ${String(token.type)} for ${String(name)}, and the issuer issues none`,
    ];
  });
}

function rowsOf(text: string | undefined): readonly Row[] | null {
  try {
    const rows: unknown = JSON.parse(text ?? '');
    return Array.isArray(rows) ? (rows as Row[]) : null;
  } catch {
    return null;
  }
}

const PORTS = ['PORT', 'OPERATOR_PORT', 'INTERNAL_PORT'] as const;

/** The ports that the services of a folder listen on. */
export function portsOf({ services }: OperatorFolder): { readonly of: string; readonly port: number }[] {
  return [...services].flatMap(([service, given]) =>
    PORTS.flatMap((name) => {
      const text = given.get(name)?.value ?? '';
      return /^[1-9][0-9]*$/.test(text) ? [{ of: `${name} of the ${service}`, port: Number(text) }] : [];
    }),
  );
}

/** Ports that two listeners share. */
export function portFaults(folder: OperatorFolder): string[] {
  const ports = portsOf(folder);
  return ports.flatMap(({ of, port }, i) => {
    const first = ports.findIndex((one) => one.port === port);
    return first < i ? [`${of} is ${port}, which is also ${ports[first]?.of}`] : [];
  });
}
