// After a run, no record's text is anywhere but on its own device.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTap } from '../../cli/demo/tap.js';
import { sha256Hex } from '../../core/bytes.js';
import { CapturedNetwork, captureImpossible } from '../helpers/capture.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';
import { temporaryFolder } from '../helpers/temporary.js';

const records = privateRecords(['ada', 'bo'], 18);
const impossible = captureImpossible();
if (impossible !== undefined) console.warn(`The packet capture is skipped. ${impossible}.`);

const folder = temporaryFolder('skein-privacy-');
const keylog = path.join(folder, 'keys.log');
let network: CapturedNetwork | undefined;
let fleet: TestFleet;

beforeAll(async () => {
  if (impossible === undefined) network = await CapturedNetwork.start(path.join(folder, 'run.pcapng'));
  fleet = await TestFleet.create({
    devices: records.devices,
    root: records.root,
    rounds: 2,
    tap: true,
    nodeArgs: [`--tls-keylog=${keylog}`],
    ...(network !== undefined && { networkOf: network.pid }),
  });
  fleet.startAgents();
  await fleet.submitTask();
  await fleet.taskDone();
  await fleet.until('every device runs the last release', async () => {
    const live = (await fleet.releases())[0]?.hash;
    return (await fleet.devices()).every(device => device.release === live);
  });
  await fleet.stop();
  await network?.stop();
}, 300_000);

afterAll(async () => {
  await fleet?.destroy();
  await network?.stop();
});

const files = (below: string): string[] =>
  readdirSync(below, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name));

const holds = (content: Buffer): boolean => {
  const text = content.toString('latin1').toLowerCase();
  return records.canaries.some(canary => text.includes(canary));
};

/** Files that hold one of the canaries, as text or in a database's pages. */
const holders = (paths: readonly string[]): string[] => paths.filter(file => holds(readFileSync(file)));

describe('no text of a record', () => {
  test('is missed: on the devices it is found', () => {
    const found = holders(files(fleet.at('devices')));
    for (const device of ['ada', 'bo']) {
      expect(found.some(file => file.startsWith(fleet.data(device)))).toBe(true);
    }
  });

  test('is in what the coordinator keeps: database, journal, releases', () => {
    const all = files(fleet.at('fleet'));
    expect(all.some(file => file.endsWith('.db') && statSync(file).size > 4096)).toBe(true);
    expect(holders(all)).toEqual([]);
  });

  test('stands in a log, at the most talkative level', () => {
    const logs = ['coordinator', 'ada', 'bo'].map(name => fleet.at(`${name}.log`));
    for (const log of logs) expect(statSync(log).size).toBeGreaterThan(200);
    expect(holders(logs)).toEqual([]);
  });

  test('is in the bytes that reached the sockets', () => {
    expect(statSync(fleet.at('tap.bin')).size).toBeGreaterThan(10_000);
    expect(holders([fleet.at('tap.bin')])).toEqual([]);
  });

  test.each([
    ['ada', 'bo'],
    ['bo', 'ada'],
  ])('of %s is on %s', (owner, other) => {
    const phrases = records.devices[owner]!.map(({ text }) => text.slice(text.indexOf('ask for')));
    const content = files(fleet.data(other))
      .map(file => readFileSync(file, 'latin1'))
      .join('');
    expect(phrases.filter(phrase => content.includes(phrase))).toEqual([]);
  });
});

describe.skipIf(impossible !== undefined)('a packet capture of a network of its own', () => {
  test('decrypts to the bytes that the tap recorded, and holds no canary', async () => {
    const { mqtt, enroll } = fleet.addresses();
    const recorded = readTap(readFileSync(fleet.at('tap.bin')));
    for (const [port, protocol] of [
      [mqtt.port, 'mqtt'],
      [enroll.port, 'https'],
    ] as const) {
      const taken = (await network!.decrypted(port, keylog)).map(({ up }) => up);
      const tapped = recorded.filter(one => one.protocol === protocol).map(({ bytes }) => Buffer.from(bytes));
      const sorted = (all: readonly Buffer[]) =>
        all
          .filter(one => one.length > 0)
          .map(one => `${one.length} bytes, ${sha256Hex(one)}`)
          .sort();
      expect(sorted(taken)).toEqual(sorted(tapped));
      expect(sorted(taken).length).toBeGreaterThan(0);
      expect(taken.some(holds)).toBe(false);
    }
  });

  test('shows connections to the coordinator and no other packet', async () => {
    const { mqtt, enroll, operatorUrl } = fleet.addresses();
    const known = [mqtt.port, enroll.port, Number(new URL(operatorUrl).port)].map(String);
    const opened = await network!.fields('tcp.flags.syn == 1 && tcp.flags.ack == 0', 'tcp.dstport');
    expect(new Set(opened)).toEqual(new Set(known));
    expect(await network!.fields('!tcp', 'frame.protocols')).toEqual([]);
  });
});
