// The page: a form for the token, a moment of loading, or the fleet.
import { AccuracyPanel } from './components/accuracyPanel.js';
import { BytesPanel } from './components/bytesPanel.js';
import { FleetPanel } from './components/fleetPanel.js';
import { Header } from './components/header.js';
import { RefusedPanel } from './components/refusedPanel.js';
import { ReleasesPanel } from './components/releasesPanel.js';
import { RoundPanel } from './components/roundPanel.js';
import { Tiles } from './components/tiles.js';
import { TokenForm } from './components/tokenForm.js';
import { TryPanel } from './components/tryPanel.js';
import { connection, fleet } from './store.js';
import { token } from './token.js';

export function App() {
  if (token.value === undefined) return <TokenForm />;
  const state = fleet.value;
  if (state === undefined) return <Loading />;
  return (
    <>
      <Header status={state.status} tasks={state.tasks} />
      <main>
        <Tiles state={state} />
        <div class="columns">
          <div class="column">
            <RoundPanel />
            <FleetPanel devices={state.devices} />
            <ReleasesPanel />
          </div>
          <div class="column">
            <AccuracyPanel />
            <BytesPanel />
            <TryPanel />
            <RefusedPanel refused={state.status.refused} />
          </div>
        </div>
      </main>
    </>
  );
}

function Loading() {
  return (
    <main class="alone">
      <p role="status">
        {connection.value === 'reconnecting'
          ? 'The coordinator does not answer. Trying again…'
          : 'Loading the fleet…'}
      </p>
    </main>
  );
}
