// The program of the model worker's child process: the engine behind the IPC channel. Nothing else imports it.

import { open } from '../../model/index.js';
import { serveModel } from './serve.js';

serveModel(open);
