// Starts the page: takes the token out of the address, draws, and follows the fleet.
import { render } from 'preact';
import { App } from './app.js';
import { follow } from './follow.js';
import { takeTokenFromAddress } from './token.js';

takeTokenFromAddress();
render(<App />, document.getElementById('app') as HTMLElement);
// A link with another token, opened in this same tab, changes only the fragment.
addEventListener('hashchange', takeTokenFromAddress);
follow();
