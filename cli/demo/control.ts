// The control of the leak search: an enrolled device of its own sends a phrase on purpose, over MQTT and over HTTPS.

import { request } from 'node:https';
import mqtt from 'mqtt';
import { loadIdentity } from '../../agent/identity/identityFolder.js';
import { SkeinError } from '../../core/index.js';
import { seal } from '../../proto/codec.js';
import { decodeToken, enrolmentPath } from '../../proto/enrolment.js';
import { skein } from '../../proto/gen/skein.js';
import { upTopic } from '../../proto/topics.js';

const timeoutMs = 10_000;

/**
 * Sends `phrase` from the device whose identity stands in `folder`. What the coordinator makes of it does not matter (it
 * refuses both, and counts them): the bytes have reached its sockets.
 */
export async function sendControl(folder: string, token: string, phrase: string): Promise<void> {
  await sendOverMqtt(folder, phrase);
  await sendOverHttps(folder, token, phrase);
}

async function sendOverMqtt(folder: string, phrase: string): Promise<void> {
  const { fleet, device, mqtt: address, ca, certificate, key } = await loadIdentity(folder);
  // An envelope like any other, around a field where a careless agent could have put a text.
  const payload = skein.Progress.encode({
    phase: skein.Phase.FAILED,
    step: 0,
    steps: 0,
    reason: phrase,
  }).finish();
  const envelope = seal({ fleet, device, kind: 'progress', sequence: 1 }, payload);
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host: address.host,
    port: address.port,
    clientId: device,
    ca,
    cert: certificate,
    key,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: timeoutMs,
  });
  client.on('error', () => {});
  // At most once (QoS 0): nobody has to acknowledge it, and the end of the connection comes after it.
  await client.publishAsync(upTopic(fleet, device, 'progress'), Buffer.from(envelope), { qos: 0 });
  await client.endAsync();
}

async function sendOverHttps(folder: string, token: string, phrase: string): Promise<void> {
  const { ca } = await loadIdentity(folder);
  const { host, port } = decodeToken(token);
  const body = JSON.stringify({ note: phrase });
  await new Promise<void>((resolve, reject) => {
    const sent = request(
      { host, port, ca, path: enrolmentPath, method: 'POST', timeout: timeoutMs },
      response => {
        response.resume();
        response.once('end', resolve);
      },
    );
    sent.once('error', reject);
    sent.once('timeout', () =>
      sent.destroy(new SkeinError('net/timeout', 'The coordinator did not answer.')),
    );
    sent.setHeader('content-type', 'application/json');
    sent.setHeader('content-length', Buffer.byteLength(body));
    sent.end(body);
  });
}
