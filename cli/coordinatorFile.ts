// The first configuration of a coordinator: what most people would change, with the rest left to its defaults.

import YAML from 'yaml';

export interface CoordinatorChoices {
  /** The name that devices are sent to. */
  readonly host: string;
  /** Absolute path of a GGUF file or a Hugging Face folder. */
  readonly model?: string;
}

export const coordinatorYaml = ({
  host,
  model,
}: CoordinatorChoices): string => `# The coordinator of this fleet. Start it with: skein-coordinator run --config THIS FILE
# All settings: docs/reference/config.md
version: 1

# Devices connect here, from anywhere: MQTT and enrolment, both over TLS.
mqtt: { host: 0.0.0.0, port: 8883 }
enroll: { host: 0.0.0.0, port: 8443 }
# Where tokens send them.
advertise: { host: ${YAML.stringify(host).trim()} }

# Dashboard and API for the operator, on this machine only.
http: { host: 127.0.0.1, port: 8080 }

model:
${model === undefined ? '  # file: the base model, GGUF or a Hugging Face folder. Left out: the one that `skein model get` keeps.\n' : `  file: ${YAML.stringify(model).trim()}\n`}  threads: 1
`;
