// Starts the page: takes the token out of the address, draws, and follows the fleet.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { follow } from './follow.js';
import { fleet } from './store.js';
import { takeTokenFromAddress } from './token.js';

takeTokenFromAddress();
effect(() => {
  const name = fleet.value?.status.fleet;
  document.title = name === undefined ? 'Skein' : `${name} · Skein`;
});
render(<App />, document.getElementById('app') as HTMLElement);
// A link with another token, opened in this same tab, changes only the fragment.
addEventListener('hashchange', takeTokenFromAddress);
follow();
