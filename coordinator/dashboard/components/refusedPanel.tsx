// Messages and connections that the coordinator turned away, by error code.
import type { StatusView } from '../../../proto/api.js';
import { explain } from '../format.js';
import { Empty } from './empty.js';
import { Panel } from './panel.js';

export function RefusedPanel({ refused }: { refused: StatusView['refused'] }) {
  const rows = Object.entries(refused)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return (
    <Panel title="Refused">
      {rows.length === 0 ? (
        <Empty>
          Nothing was refused. Messages that are forged, replayed or damaged would be counted here.
        </Empty>
      ) : (
        <table class="rows">
          <caption class="spoken">Refused messages and connections by code</caption>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col" class="number">
                Times
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([code, count]) => (
              <tr key={code}>
                <th scope="row">
                  <code>{code}</code>
                  <span class="second">{explain(code)}</span>
                </th>
                <td class="number">{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
