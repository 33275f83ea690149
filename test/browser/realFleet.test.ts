// The dashboard before a real fleet: real programs, a real broker, a small model that really learns.
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserIsThere, Dashboard, openBrowser, phone } from '../helpers/browser.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';

const records = privateRecords(['front-desk', 'kitchen', 'workshop'], 24);

describe.skipIf(!browserIsThere())('dashboard of a real fleet', () => {
  let browser: Browser;
  let fleet: TestFleet;
  let dashboard: Dashboard;

  beforeAll(async () => {
    browser = await openBrowser();
    fleet = await TestFleet.create({
      devices: records.devices,
      root: records.root,
      template: 'Note: {text}\nLine:',
      rounds: 2,
      plan: { localEpochs: 30, batchSize: 4, maxTokens: 64, learningRate: 0.005 },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.destroy();
  });

  const soon = { timeout: 60_000 };
  const textOf = (locator: { innerText(): Promise<string> }) => async () =>
    (await locator.innerText()).replace(/\s+/g, ' ');
  /** What `skein-coordinator run` printed. */
  const printedLink = () => /http:\S+#token=\S+/.exec(readFileSync(fleet.at('coordinator.log'), 'utf8'))?.[0];

  test('opens from the link that the coordinator prints, and says what to do first', async () => {
    const [url, token] = printedLink()!.split('#token=');
    dashboard = await Dashboard.open(browser, url!, { token: token! });
    await expect.poll(() => dashboard.connection.textContent(), soon).toBe('Live');
    expect(dashboard.page.url()).toBe(url);
    expect(await textOf(dashboard.row(dashboard.fleet, 'kitchen'))()).toContain('Offline');
    expect(await textOf(dashboard.panel('Rounds'))()).toContain('skein task submit FILE');
  });

  test('follows the devices through their rounds to a release', async () => {
    fleet.startAgents();
    await expect.poll(textOf(dashboard.tile('Devices online')), soon).toContain('3 of 3 enrolled');
    await fleet.submitTask();
    await expect.poll(textOf(dashboard.row(dashboard.round, 'kitchen')), soon).toMatch(/Training \d+ \/ \d+/);
    await dashboard.screenshot('real-training');
    await fleet.taskDone();
    await expect.poll(textOf(dashboard.round), soon).toMatch(/Round 2 of 2 Released Updates counted 3 of 3/);
    await expect.poll(textOf(dashboard.release('Round 2').row), soon).toContain('Live');
    await expect.poll(textOf(dashboard.release('Round 1').row), soon).toContain('Retired');
    await expect
      .poll(textOf(dashboard.row(dashboard.fleet, 'kitchen')), soon)
      .toMatch(/Online Round 2 [0-9a-f]{10}/);
    expect(await dashboard.accuracy.getByRole('img').getAttribute('aria-label')).toMatch(
      /round 1 .*round 2 /,
    );
    const [first] = await fleet.rounds();
    expect(first!.bytesUp).toBeGreaterThan(0);
  });

  test('compares the base model with the live release', async () => {
    await dashboard.compare('pump in the lab is broken');
    await dashboard.tryBox.getByRole('heading', { name: /Live release/ }).waitFor();
    const [live] = await fleet.releases();
    expect(await textOf(dashboard.tryBox)()).toContain(live!.hash.slice(0, 10));
    await dashboard.screenshot('real-desktop');
  });

  test('rolls the fleet back, and the devices follow', async () => {
    await dashboard.release('Round 1').rollBack.click();
    await dashboard.dialog.getByRole('button', { name: 'Roll back' }).click();
    await dashboard.dialog.waitFor({ state: 'detached' });
    await expect.poll(textOf(dashboard.release('Round 1').row), soon).toContain('Live');
    await expect.poll(textOf(dashboard.release('Round 2').row), soon).toContain('Rolled back');
    await expect
      .poll(textOf(dashboard.row(dashboard.fleet, 'kitchen')), soon)
      .toMatch(/Round 1 [0-9a-f]{10}/);
    await dashboard.release('Base model').rollBack.click();
    await dashboard.dialog.getByRole('button', { name: 'Roll back' }).click();
    await dashboard.dialog.waitFor({ state: 'detached' });
    await expect.poll(textOf(dashboard.row(dashboard.fleet, 'kitchen')), soon).toContain('Base model');
    const live = (await fleet.releases()).filter(({ state }) => state === 'live');
    expect(live.map(({ round }) => round)).toEqual([0]);
  });

  test('finds the coordinator again after a kill, and tells of a revoked device', async () => {
    const { operatorUrl } = fleet.addresses();
    await fleet.program('coordinator').kill();
    await expect.poll(() => dashboard.connection.textContent(), soon).toBe('Reconnecting…');
    await fleet.startCoordinator();
    // It listens on another port now: the link is a new one.
    expect(fleet.addresses().operatorUrl).not.toBe(operatorUrl);
    const links = readFileSync(fleet.at('coordinator.log'), 'utf8').match(/http:\S+#token=\S+/g)!;
    const [url, token] = links.at(-1)!.split('#token=');
    const again = await Dashboard.open(browser, url!, { token: token!, ...phone });
    await expect.poll(textOf(again.tile('Devices online')), soon).toContain('3 of 3 enrolled');
    await fleet.skein('device', 'revoke', 'workshop');
    await expect.poll(textOf(again.row(again.fleet, 'workshop')), soon).toContain('Revoked');
    expect(await again.overflowing()).toEqual([]);
    await again.screenshot('real-phone');
    expect([...dashboard.troubles, ...again.troubles]).toEqual([]);
  });
});
