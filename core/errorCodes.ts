// The registry of error codes. A code never changes its meaning; docs/reference/errors.md is generated from this table.

import { exit } from './exitCodes.js';

interface ErrorEntry {
  readonly exit: number;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

const entry = (code: number, summary: string, remedy: string): ErrorEntry => ({
  exit: code,
  summary,
  remedy,
});

export const errorCodes = {
  internal: entry(exit.internal, 'Something happened that Skein did not foresee.', 'Report it with the log.'),
  cancelled: entry(exit.cancelled, 'The work was cancelled.', 'Start it again.'),
  usage: entry(exit.usage, 'The command line is not understood.', 'See --help.'),

  'config/invalid': entry(
    exit.config,
    'The configuration has errors.',
    'Correct the paths that the message lists.',
  ),
  'config/unreadable': entry(
    exit.config,
    'The configuration cannot be read.',
    'Check the path and the YAML.',
  ),

  'io/not-found': entry(exit.io, 'A file or folder does not exist.', 'Check the path.'),
  'io/denied': entry(exit.io, 'A file or folder may not be read or written.', 'Check owner, mode and mount.'),
  'io/locked': entry(
    exit.io,
    'Another program works on this folder or file.',
    'Stop the other one, or choose another folder.',
  ),
  'io/full': entry(exit.io, 'The disk is full.', 'Free some space; nothing that was acknowledged is lost.'),
  'io/invalid': entry(
    exit.io,
    'A file has not the expected content.',
    'Check the file that the message names.',
  ),
  'store/invalid': entry(
    exit.io,
    'A database is not one that this version can use.',
    'Upgrade Skein, or restore the folder.',
  ),

  'net/port-busy': entry(
    exit.network,
    'A port is in use.',
    'Stop the other program or configure another port.',
  ),
  'net/refused': entry(
    exit.network,
    'Nobody listens at the address.',
    'Check that the coordinator runs and the address is right.',
  ),
  'net/unreachable': entry(
    exit.network,
    'A server could not be reached.',
    'Check the network and the address.',
  ),
  'net/timeout': entry(exit.network, 'A server did not answer in time.', 'Try again.'),
  'net/rejected': entry(exit.network, 'The server refused the request.', 'See the message.'),

  'model/not-found': entry(
    exit.model,
    'The model is at none of the places looked at.',
    'Give --model FILE, or see the ways tried.',
  ),
  'model/download': entry(exit.model, 'The model could not be downloaded.', 'Give --model FILE.'),
  'model/checksum': entry(
    exit.model,
    'The model file is damaged or another one.',
    'Remove it and get it again.',
  ),
  'model/mismatch': entry(
    exit.model,
    'The model is not the one that the task or the adapter is for.',
    'Get the model that the message names.',
  ),
  'model/invalid': entry(
    exit.model,
    'The files of a model are damaged or contradict each other.',
    'Get the model again.',
  ),
  'gguf/invalid': entry(exit.model, 'The file is not a usable GGUF file.', 'Get the file again.'),
  'gguf/unsupported': entry(
    exit.model,
    'The GGUF file uses something that Skein does not read.',
    'Use a file of the types that the message names.',
  ),
  'safetensors/invalid': entry(
    exit.model,
    'The file is not a usable safetensors file.',
    'Get the file again.',
  ),
  'adapter/invalid': entry(
    exit.model,
    'The adapter does not fit the model.',
    'Use an adapter made for this model.',
  ),
  'architecture/unsupported': entry(
    exit.model,
    'The architecture of the model is not known.',
    'Use a model of a supported family.',
  ),
  'tokenizer/unsupported': entry(
    exit.model,
    'The tokenizer of the model is not known.',
    'Use a model of a supported family.',
  ),
  'template/invalid': entry(exit.model, 'A prompt or chat template cannot be used.', 'See the message.'),
  'engine/runtime': entry(exit.model, 'ONNX Runtime reported an error.', 'See the message.'),
  'engine/closed': entry(exit.model, 'The model was used after it was closed.', 'Open it again.'),
  'engine/capacity': entry(
    exit.model,
    'The text is longer than the context holds.',
    'Shorten it or raise the capacity.',
  ),
  'engine/not-finite': entry(
    exit.model,
    'The model gives no finite numbers: its weights or an adapter are too large.',
    'Use another adapter or a smaller scale; get the model again where none is used.',
  ),
  'engine/request': entry(
    exit.usage,
    'A setting of the request is not usable.',
    'Correct what the message names.',
  ),
  'schema/unsupported': entry(
    exit.usage,
    'The schema or the list of choices is beyond what output can be held to.',
    'Use the subset of JSON Schema that docs/how-to/use-the-engine.md names.',
  ),
  'engine/busy': entry(exit.model, 'The session is already running.', 'Await the run before.'),
  'worker/crashed': entry(
    exit.model,
    'The model worker ended unexpectedly.',
    'It is started again by itself; see the log.',
  ),

  'record/invalid': entry(
    exit.data,
    'A record is not usable.',
    'Each line needs "text" and "label"; see the message.',
  ),
  'record/none': entry(
    exit.data,
    'The device has no records to learn from.',
    'skein-agent records import FILE',
  ),
  'train/invalid': entry(
    exit.usage,
    'The training options cannot be used.',
    'Correct the option that the message names.',
  ),
  'train/diverged': entry(
    exit.data,
    'Loss or gradient are no finite numbers; the adapter stays as it was before the step.',
    'Begin again with a lower learning rate, or from another adapter.',
  ),
  'train/memory': entry(
    exit.model,
    'The memory given is too little to train in.',
    'Give at least as much as the message says, or train on shorter examples.',
  ),
  'checkpoint/invalid': entry(
    exit.data,
    'A training checkpoint is damaged or of other work.',
    'It is discarded; training starts over.',
  ),

  'egress/refused': entry(
    exit.refused,
    'The egress gate let nothing out.',
    'See the reason in the receipt log.',
  ),
  'egress/unknown-kind': entry(
    exit.refused,
    'The egress gate does not know this kind of message.',
    'Upgrade the agent.',
  ),
  'egress/budget': entry(
    exit.refused,
    'The byte budget of the day is spent.',
    'Wait for tomorrow or raise bytesPerDay.',
  ),

  'identity/token': entry(
    exit.identity,
    'The enrolment token is not valid, used or expired.',
    'Make another with: skein device add',
  ),
  'identity/fingerprint': entry(
    exit.identity,
    'The server is not the coordinator that the token names.',
    'Check the address; somebody may be in between.',
  ),
  'identity/missing': entry(
    exit.identity,
    'There is no identity: the device is not enrolled, or the fleet was not made.',
    'On a device: skein-agent enroll TOKEN; on the server: skein init',
  ),
  'identity/exists': entry(
    exit.identity,
    'There is an identity already.',
    'Use another folder, or remove the old one first.',
  ),
  'identity/revoked': entry(exit.identity, 'The device was revoked.', 'Enrol it anew under another name.'),
  'identity/invalid': entry(
    exit.identity,
    'A key, certificate or request is not usable.',
    'See the message.',
  ),

  'wire/version': entry(
    exit.protocol,
    'The message is of another protocol version.',
    'Upgrade the older side.',
  ),
  'wire/malformed': entry(exit.protocol, 'The message cannot be read.', 'None: it is dropped and counted.'),
  'wire/oversized': entry(
    exit.protocol,
    'The message is larger than the contract allows.',
    'None: it is dropped and counted.',
  ),
  'wire/foreign': entry(
    exit.protocol,
    'Envelope, topic and certificate do not agree.',
    'None: it is dropped and counted.',
  ),
  'wire/hash': entry(
    exit.protocol,
    'The hash does not match the content.',
    'None: it is dropped and counted.',
  ),
  'wire/replay': entry(
    exit.protocol,
    'The message belongs to something that is over.',
    'None: it is dropped and counted.',
  ),
  'wire/kind': entry(exit.protocol, 'The kind of message is not known.', 'Upgrade the older side.'),
  'wire/topic': entry(
    exit.protocol,
    'The topic may not be used by this client.',
    'None: it is refused and counted.',
  ),

  'task/invalid': entry(exit.refused, 'The task cannot be accepted.', 'Correct what the message lists.'),
  'task/unsound': entry(
    exit.refused,
    'The task combines methods that do not go together.',
    'See the reason.',
  ),
  'task/not-found': entry(exit.notFound, 'There is no such task.', 'skein task list'),
  'device/not-found': entry(exit.notFound, 'There is no such device.', 'skein device list'),
  'release/not-found': entry(exit.notFound, 'There is no such release.', 'skein release list'),
  'release/signature': entry(
    exit.identity,
    'The signature of the release is not valid.',
    'Do not use it; ask the operator.',
  ),
  'round/invalid-update': entry(
    exit.protocol,
    'An update does not fit its assignment.',
    'None: it is refused and counted.',
  ),
  'round/failed': entry(
    exit.round,
    'The round ended without a release.',
    'See the reason; submit the task again.',
  ),
  'round/declined': entry(exit.refused, 'The device declined the assignment.', 'See the reason.'),
  'api/token': entry(
    exit.identity,
    'The operator token is missing or wrong.',
    'Use the one in operator.token of the coordinator’s data folder.',
  ),
  'api/host': entry(
    exit.refused,
    'The request names another host than this server.',
    'Use the address that the coordinator prints.',
  ),
  'api/not-found': entry(exit.notFound, 'There is nothing at this address.', 'Check the address.'),
  'api/oversized': entry(exit.usage, 'The request is larger than the server takes.', 'Send less.'),
  'api/malformed': entry(exit.usage, 'The request cannot be read.', 'Send what the message names.'),
  'demo/failed': entry(exit.round, 'The demo could not be finished.', 'See the message.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;
