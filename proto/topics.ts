// The one table of topics: kind, direction, QoS, largest payload. ACLs, subscriptions and intake are derived from it.
//
//   skein/1/<fleet>/d/<device>/up/<kind>      a device publishes, the coordinator reads
//   skein/1/<fleet>/d/<device>/down/<kind>    the coordinator publishes, that device reads
//   skein/1/<fleet>/all/<kind>                the coordinator publishes, every device reads

export type Direction = 'up' | 'down' | 'all';

interface KindRow {
  readonly directions: readonly Direction[];
  readonly qos: 0 | 1;
  /** Largest envelope in bytes. Every row stays below the 128 kB that all brokers carry. */
  readonly maxBytes: number;
  /** `control`: fixed schema, counted. `content`: goes through the gate with a receipt of its own. */
  readonly content: boolean;
}

export const kinds = {
  presence: { directions: ['up'], qos: 1, maxBytes: 4_096, content: false },
  reply: { directions: ['up'], qos: 1, maxBytes: 1_024, content: false },
  progress: { directions: ['up'], qos: 0, maxBytes: 1_024, content: false },
  offer: { directions: ['up'], qos: 1, maxBytes: 1_024, content: false },
  chunk: { directions: ['up', 'down'], qos: 1, maxBytes: 51_200, content: true },
  want: { directions: ['up', 'down'], qos: 1, maxBytes: 8_192, content: false },
  ack: { directions: ['down'], qos: 1, maxBytes: 1_024, content: false },
  assignment: { directions: ['down'], qos: 1, maxBytes: 65_536, content: false },
  release: { directions: ['down', 'all'], qos: 1, maxBytes: 65_536, content: false },
  closed: { directions: ['down'], qos: 1, maxBytes: 1_024, content: false },
} as const satisfies Record<string, KindRow>;

export type Kind = keyof typeof kinds;

export const protocolVersion = 1;
export const chunkBytes = 48 * 1024;
export const maxBlobBytes = 64 * 1024 * 1024;

/** Names that may stand in a topic, a certificate and a client id. */
export const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const upTopic = (fleet: string, device: string, kind: Kind): string =>
  `skein/${protocolVersion}/${fleet}/d/${device}/up/${kind}`;

export const downTopic = (fleet: string, device: string, kind: Kind): string =>
  `skein/${protocolVersion}/${fleet}/d/${device}/down/${kind}`;

export const allTopic = (fleet: string, kind: Kind): string =>
  `skein/${protocolVersion}/${fleet}/all/${kind}`;

/** What a device subscribes to. */
export const deviceFilters = (fleet: string, device: string): readonly string[] => [
  `skein/${protocolVersion}/${fleet}/d/${device}/down/+`,
  `skein/${protocolVersion}/${fleet}/all/+`,
];

export interface ParsedTopic {
  readonly fleet: string;
  readonly direction: Direction;
  /** Undefined for `all`. */
  readonly device: string | undefined;
  readonly kind: Kind;
}

/** A topic of this contract taken apart, or undefined: unknown kinds and wrong directions are no topics of ours. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  if (topic.length > 256) return undefined;
  const parts = topic.split('/');
  if (parts[0] !== 'skein' || parts[1] !== String(protocolVersion)) return undefined;
  const fleet = parts[2] ?? '';
  if (!namePattern.test(fleet)) return undefined;
  const [direction, device, kind] =
    parts[3] === 'all' && parts.length === 5
      ? ['all', undefined, parts[4]]
      : parts[3] === 'd' && parts.length === 7
        ? [parts[5], parts[4], parts[6]]
        : [undefined, undefined, undefined];
  if (kind === undefined || !Object.hasOwn(kinds, kind)) return undefined;
  const row: KindRow = kinds[kind as Kind];
  if (!row.directions.includes(direction as Direction)) return undefined;
  if (device !== undefined && !namePattern.test(device)) return undefined;
  return { fleet, direction: direction as Direction, device, kind: kind as Kind };
}
