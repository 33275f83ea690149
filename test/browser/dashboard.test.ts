// The dashboard in a real browser, served by the coordinator's HTTP server before a scripted operator interface.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SkeinError } from '../../core/errors.js';
import type { TryView } from '../../proto/api.js';
import { browserIsThere, Dashboard, openBrowser, phone } from '../helpers/browser.js';
import {
  device,
  emptyFleet,
  learningFleet,
  openRound,
  privacyLine,
  release,
  round,
  roundDevice,
  sha,
  task,
} from './fleetFixture.js';
import { ScriptedCoordinator } from './scriptedCoordinator.js';

describe.skipIf(!browserIsThere())('dashboard', () => {
  let browser: Browser;
  let coordinator: ScriptedCoordinator;
  let open: Dashboard[];

  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    open = [];
    coordinator = new ScriptedCoordinator(learningFleet());
    await coordinator.start();
  });
  afterEach(async () => {
    const troubles = open.flatMap(dashboard => dashboard.troubles);
    await Promise.all(open.map(dashboard => dashboard.close()));
    await coordinator.stop();
    expect(troubles).toEqual([]);
  });

  type Options = NonNullable<Parameters<typeof Dashboard.open>[2]>;
  async function show(options: Options = { token: coordinator.token }): Promise<Dashboard> {
    const dashboard = await Dashboard.open(browser, coordinator.url, options);
    open.push(dashboard);
    return dashboard;
  }
  async function showLive(options: Options = {}): Promise<Dashboard> {
    const dashboard = await show({ token: coordinator.token, ...options });
    await expect.poll(() => dashboard.connection.textContent()).toBe('Live');
    return dashboard;
  }
  const text = async (locator: { innerText(): Promise<string> }) =>
    (await locator.innerText()).replace(/\s+/g, ' ');

  describe('the token', () => {
    test('is asked for, refused when wrong, kept in the tab when right', async () => {
      const dashboard = await show({});
      expect(await text(dashboard.page.getByRole('main'))).toMatch(/skein-coordinator run.*operator\.token/);
      await dashboard.giveToken('not-the-token');
      expect(await text(dashboard.page.getByRole('alert'))).toContain('does not know this token');
      await dashboard.giveToken(coordinator.token);
      await expect.poll(() => dashboard.connection.textContent()).toBe('Live');
      await dashboard.page.reload();
      await expect.poll(() => dashboard.connection.textContent()).toBe('Live');
    });

    test('comes in the fragment and leaves the address bar at once', async () => {
      const dashboard = await showLive();
      expect(dashboard.page.url()).toBe(coordinator.url);
      expect(await dashboard.page.evaluate<string>('JSON.stringify(localStorage) + document.cookie')).toBe(
        '{}',
      );
      const other = await show({});
      await other.tokenField.waitFor();
      await dashboard.page.evaluate("location.hash = 'token=another'");
      expect(await text(dashboard.page.getByRole('alert'))).toContain('does not know this token');
      expect(dashboard.page.url()).toBe(coordinator.url);
    });
  });

  describe('the page', () => {
    test('shows every part of a fleet that learns', async () => {
      const dashboard = await showLive();
      expect(await text(dashboard.heading)).toBe('Skein harbour-hotel');
      expect(await dashboard.page.title()).toBe('harbour-hotel · Skein');
      expect(await text(dashboard.privacy)).toContain(privacyLine);
      expect(await text(dashboard.tile('Devices online'))).toBe('Devices online 4 of 5 enrolled');
      expect(await text(dashboard.tile('Accuracy, live'))).toContain('43.9 %');
      expect(await text(dashboard.tile('Rounds done'))).toContain('2 / 5');
      expect(await text(dashboard.tile('Sent up'))).toContain('6.7 MB');

      expect(await text(dashboard.round)).toContain('Round 3 of 5');
      expect(await text(dashboard.round)).toMatch(/Updates counted 1 of 4 Closes at the latest in 4:\d\d/);
      expect(await text(dashboard.row(dashboard.round, 'housekeeping'))).toMatch(/Training 41 \/ 64/);
      expect(await text(dashboard.row(dashboard.round, 'kitchen'))).toMatch(
        /the device is too hot .*Declined/,
      );
      expect(await dashboard.round.getByRole('progressbar', { name: 'Steps of housekeeping' }).count()).toBe(
        1,
      );

      expect(await text(dashboard.row(dashboard.fleet, 'housekeeping'))).toMatch(
        /raspberry-pi-5 · 4 threads · 8\.0 GB Training 41 \/ 64 steps Round 2 [0-9a-f]{10} ↑ up 1\.5 MB ↓ down 1\.5 MB/,
      );
      expect(await text(dashboard.row(dashboard.fleet, 'night-porter'))).toMatch(
        /Offline seen 12 min ago Round 1/,
      );
      expect(await text(dashboard.row(dashboard.fleet, 'old-tablet'))).toContain('Revoked');

      expect(await dashboard.accuracy.getByRole('img').getAttribute('aria-label')).toBe(
        'Accuracy on the root set: round 1 21.4 %, round 2 43.9 %',
      );
      expect(await dashboard.accuracy.locator('canvas').count()).toBe(1);
      expect(await dashboard.bytes.getByRole('img').getAttribute('aria-label')).toMatch(
        /743 kB up, 3\.0 MB down/,
      );
      await dashboard.bytes.getByText('As a table').click();
      expect(await dashboard.bytes.getByRole('row').count()).toBe(4);

      expect(await text(dashboard.release('Round 2').row)).toMatch(
        /Round 2 Live 1 min ago · [0-9a-f]{10} 43\.9 %/,
      );
      expect(await text(dashboard.row(dashboard.refused, 'wire/malformed'))).toMatch(/cannot be read\. 12/);
    });

    test('says what to type next while there is nothing', async () => {
      coordinator.state = emptyFleet();
      const dashboard = await showLive();
      expect(await text(dashboard.fleet)).toContain('skein device add NAME');
      expect(await text(dashboard.panel('Rounds'))).toContain('Enrol the first device');
      expect(await text(dashboard.refused)).toContain('Nothing was refused');
      expect(await text(dashboard.accuracy)).toContain('No round has been evaluated yet');
      await dashboard.screenshot('desktop-empty');
      coordinator.push({ type: 'device', device: device('front-desk') });
      await expect.poll(() => text(dashboard.panel('Rounds'))).toContain('skein task submit FILE');
    });

    test('shows what devices say as text, never as markup', async () => {
      const evil = '<img src=x onerror="document.title=1"><b>bold</b>';
      coordinator.state.status = { ...coordinator.state.status, round: null };
      coordinator.state.devices.push(device('odd', { profile: evil }));
      coordinator.state.rounds = [openRound(1)];
      const [first, ...others] = coordinator.state.rounds[0]!.devices;
      coordinator.state.rounds = [
        { ...openRound(1), reason: evil, devices: [{ ...first!, reason: evil }, ...others] },
      ];
      const dashboard = await showLive();
      expect(await text(dashboard.row(dashboard.fleet, 'odd'))).toContain(evil);
      expect(await text(dashboard.round)).toContain(evil);
      expect(await dashboard.page.locator('img, b').count()).toBe(0);
    });

    test('shows a large fleet in part, and all of it when asked', async () => {
      const names = Array.from({ length: 300 }, (_, at) => `kiosk-${at}`);
      coordinator.state.status = { ...coordinator.state.status, round: null };
      coordinator.state.devices = names.map(name => device(name));
      coordinator.state.rounds = [{ ...openRound(1), devices: names.map(name => roundDevice(name)) }];
      const dashboard = await showLive();
      for (const panel of [dashboard.fleet, dashboard.round]) {
        expect(await panel.getByRole('row').count()).toBe(26);
        await panel.getByRole('button', { name: 'Show all 300 devices' }).click();
        expect(await panel.getByRole('row').count()).toBe(301);
      }
    });

    test('looks at one task at a time', async () => {
      coordinator.state.tasks.push({ ...task, id: 'menu-words', state: 'done', roundsDone: 1, createdMs: 0 });
      coordinator.state.rounds.push(round(1, { task: 'menu-words', accuracy: 0.9 }));
      const dashboard = await showLive();
      await expect.poll(() => text(dashboard.round)).toContain('Round 3 of 5');
      await dashboard.page.getByLabel('Task').selectOption('menu-words');
      await expect.poll(() => text(dashboard.round)).toContain('Round 1 of 5');
      expect(await dashboard.accuracy.getByRole('img').getAttribute('aria-label')).toContain('90 %');
      expect(await text(dashboard.releases)).toContain('No release yet');
    });
  });

  describe('following', () => {
    test('draws what happens while it happens', async () => {
      const dashboard = await showLive();
      const live = openRound();
      const training = { ...live, devices: [roundDevice('housekeeping', { step: 57 })] };
      coordinator.push({ type: 'round', round: training });
      await expect.poll(() => text(dashboard.row(dashboard.round, 'housekeeping'))).toContain('57 / 64');
      await expect.poll(() => text(dashboard.row(dashboard.fleet, 'housekeeping'))).toContain('57 / 64');

      coordinator.push({
        type: 'round',
        round: { ...training, state: 'evaluating', aggregate: sha('aggregate 3') },
      });
      await expect.poll(() => text(dashboard.round)).toContain('Evaluating');

      coordinator.push({ type: 'round', round: round(3, { accuracy: 0.614 }) });
      // Only the new one is told: that it retired another is for the page to find out.
      coordinator.state.releases = [release(3, { state: 'live', accuracy: 0.614 }), release(2), release(1)];
      coordinator.push({ type: 'release', release: release(3, { state: 'live', accuracy: 0.614 }) });
      coordinator.push({ type: 'device', device: device('front-desk', { online: false }) });
      const grown = round(3, { accuracy: 0.614, bytesDown: 9_900_000 });
      const refused = { 'wire/replay': 1 };
      coordinator.push({ type: 'status', status: { ...coordinator.state.status, round: grown, refused } });
      await expect.poll(() => text(dashboard.round)).toMatch(/Round 3 of 5 Released.*Took 48 s/);
      await expect
        .poll(() => dashboard.accuracy.getByRole('img').getAttribute('aria-label'))
        .toContain('61.4 %');
      expect(await text(dashboard.tile('Accuracy, live'))).toContain('61.4 %');
      expect(await text(dashboard.release('Round 3').row)).toContain('Live');
      await expect.poll(() => text(dashboard.release('Round 2').row)).toContain('Retired');
      expect(await text(dashboard.row(dashboard.fleet, 'front-desk'))).toContain('Offline');
      expect(await text(dashboard.tile('Devices online'))).toContain('3 of 5');
      expect(await text(dashboard.refused)).toContain('wire/replay');
      expect(await dashboard.bytes.getByRole('img').getAttribute('aria-label')).toContain('9.9 MB down');
    });

    test('survives a coordinator that goes away, and catches up with what it missed', async () => {
      const dashboard = await showLive();
      await coordinator.stop();
      await expect.poll(() => dashboard.connection.textContent()).toBe('Reconnecting…');
      expect(await text(dashboard.row(dashboard.round, 'housekeeping'))).toContain('41 / 64');
      const missed = round(3, { accuracy: 0.5 });
      const status = { ...coordinator.state.status, round: missed };
      coordinator.state = { ...coordinator.state, status, rounds: [round(1), round(2), missed] };
      await coordinator.start();
      await expect.poll(() => dashboard.connection.textContent(), { timeout: 30_000 }).toBe('Live');
      expect(await text(dashboard.round)).toContain('Released');
      expect(coordinator.followers).toBe(1);
    });

    test('notices a connection that died without a word', async () => {
      const dashboard = await show({});
      await dashboard.page.clock.install();
      await dashboard.giveToken(coordinator.token);
      await dashboard.page.clock.runFor(1_000);
      await expect.poll(() => dashboard.connection.textContent()).toBe('Live');
      coordinator.state = {
        ...coordinator.state,
        status: { ...coordinator.state.status, bytesUp: 9_900_000 },
      };
      await dashboard.page.clock.runFor(16_000);
      await expect.poll(() => text(dashboard.tile('Sent up'))).toContain('9.9 MB');
      coordinator.silent = true;
      // The next check, and the time that its answer may take.
      await dashboard.page.clock.runFor(26_000);
      await expect.poll(() => dashboard.connection.textContent()).toBe('Reconnecting…');
    });

    test('asks again when the token is no longer the right one', async () => {
      const dashboard = await showLive();
      await dashboard.page.evaluate("sessionStorage.setItem('skein.token', 'another')");
      await dashboard.page.reload();
      expect(await text(dashboard.page.getByRole('alert'))).toContain('does not know this token');
    });
  });

  describe('rolling back', () => {
    test('asks first, and only then asks the coordinator', async () => {
      const dashboard = await showLive();
      await dashboard.release('Round 1').rollBack.click();
      expect(await text(dashboard.dialog)).toContain('Roll back to the release of round 1?');
      await dashboard.dialog.getByRole('button', { name: 'Cancel' }).click();
      await dashboard.dialog.waitFor({ state: 'detached' });
      expect(coordinator.asked).toEqual([]);

      coordinator.onRollback = () => {
        const back = release(1, { state: 'live', serial: 3, hash: sha('back to 1'), createdMs: Date.now() });
        coordinator.state.releases = [back, release(2, { state: 'rolled-back' }), release(1)];
        return back;
      };
      await dashboard.release('Round 1').rollBack.click();
      await dashboard.dialog.getByRole('button', { name: 'Roll back' }).click();
      await dashboard.dialog.waitFor({ state: 'detached' });
      expect(coordinator.asked).toEqual([{ rollback: release(1).hash }]);
      const rows = await dashboard.releases.getByRole('rowheader').allInnerTexts();
      expect(rows.map(row => row.split('\n').slice(0, 2).join(' '))).toEqual([
        'Round 1 Live',
        'Round 2 Rolled back',
        'Round 1 Retired',
        'Base model no adapter',
      ]);
      expect(await dashboard.releases.getByRole('button').count()).toBe(2);
    });

    test('goes down to the base model, and shows what the coordinator objects', async () => {
      const dashboard = await showLive();
      coordinator.onRollback = () => {
        throw new SkeinError('usage', 'A round is open.');
      };
      await dashboard.release('Base model').rollBack.click();
      await dashboard.dialog.getByRole('button', { name: 'Roll back' }).click();
      expect(await text(dashboard.dialog.getByRole('alert'))).toContain('A round is open.');
      expect(coordinator.asked).toEqual([{ rollback: 'base' }]);
      expect(await dashboard.release('Round 2').rollBack.count()).toBe(0);

      coordinator.onRollback = () => {
        const base = release(0, { state: 'live', serial: 3, aggregate: '', bytes: 0 });
        coordinator.state.releases = [base, release(2, { state: 'rolled-back' }), release(1)];
        return base;
      };
      await dashboard.dialog.getByRole('button', { name: 'Roll back' }).click();
      await dashboard.dialog.waitFor({ state: 'detached' });
      expect(await text(dashboard.release('Base model').row)).toContain('Live');
      expect(await dashboard.release('Base model').rollBack.count()).toBe(0);
      expect(await dashboard.release('Round 2').rollBack.count()).toBe(1);
      expect(await text(dashboard.tile('Accuracy, live'))).toContain('the base model is live');
    });
  });

  describe('base against live', () => {
    const answer: TryView = {
      prompt: 'Note: Room 12: tap drips.\nLine:',
      base: { text: ' The note is about a room.', ms: 812 },
      live: { text: ' plumbing; tap; room 12; no', ms: 640, release: release(2).hash },
    };

    test('waits for both answers and shows them side by side', async () => {
      const dashboard = await showLive();
      let finish = (_: TryView): void => {};
      coordinator.onTry = () =>
        new Promise(resolve => {
          finish = resolve;
        });
      expect(await dashboard.tryBox.getByRole('button', { name: 'Compare' }).isDisabled()).toBe(true);
      await dashboard.compare('Room 12: tap drips.');
      await dashboard.tryBox.getByText('Both are answering…').waitFor();
      expect(await dashboard.tryBox.getByRole('button').isDisabled()).toBe(true);
      await expect.poll(() => coordinator.asked.length).toBe(1);
      finish(answer);
      await dashboard.tryBox.getByText('plumbing; tap; room 12; no').waitFor();
      expect(await text(dashboard.tryBox)).toMatch(
        /Base model The note is about a room\. 812 ms Live release [0-9a-f]{10}/,
      );
      expect(coordinator.asked).toEqual([{ try: { text: 'Room 12: tap drips.', task: task.id } }]);
      await dashboard.screenshot('desktop-try');
    });

    test('says why there is no answer, and that no release is live', async () => {
      const dashboard = await showLive();
      coordinator.onTry = () => {
        throw new SkeinError('engine/capacity', '5,120 tokens, and the session holds 2,048.');
      };
      await dashboard.compare('Room 12');
      await dashboard.tryBox.getByText('longer than the context holds').waitFor();
      expect(await text(dashboard.tryBox)).toContain('engine/capacity');
      coordinator.onTry = () => ({ ...answer, live: null });
      await dashboard.compare('Room 12');
      await dashboard.tryBox.getByText('No release is live yet.').waitFor();
    });
  });

  describe('for every reader', () => {
    const long = 'a-device-with-a-name-that-is-as-long-as-a-name-may-be-0123456789';

    test.each(['light', 'dark'] as const)('fits a phone and reads well, %s', async colorScheme => {
      coordinator.state.devices.push(device(long));
      const live = openRound();
      const open = { ...live, devices: [...live.devices, roundDevice(long)] };
      coordinator.state.status = { ...coordinator.state.status, round: open };
      coordinator.state.rounds = [round(1), round(2), open];
      const dashboard = await showLive({ ...phone, colorScheme });
      coordinator.onTry = () => ({ prompt: long.repeat(4), base: { text: long, ms: 1 }, live: null });
      await dashboard.compare(long);
      await dashboard.tryBox.getByText('No release is live yet.').waitFor();
      for (const summary of await dashboard.page.locator('summary').all()) await summary.click();
      expect(await dashboard.overflowing()).toEqual([]);
      await dashboard.page.setViewportSize({ width: 320, height: 568 });
      expect(await dashboard.overflowing()).toEqual([]);
      await dashboard.page.setViewportSize(phone.viewport);
      expect(await dashboard.lowContrast()).toEqual([]);
      for (const summary of await dashboard.page.locator('summary').all()) await summary.click();
      await dashboard.screenshot(`phone-${colorScheme}`);
    });

    test.each(['light', 'dark'] as const)('has contrast on a desktop, %s', async colorScheme => {
      const dashboard = await showLive({ colorScheme });
      await dashboard.screenshot(`desktop-${colorScheme}`);
      expect(await dashboard.lowContrast()).toEqual([]);
      expect(await dashboard.overflowing()).toEqual([]);
      await dashboard.release('Round 1').rollBack.click();
      expect(await dashboard.lowContrast()).toEqual([]);
      await dashboard.screenshot(`desktop-dialog-${colorScheme}`);
    });

    test('asks for the token on a phone', async () => {
      const dashboard = await show({ ...phone, colorScheme: 'dark' });
      await dashboard.giveToken('wrong');
      await dashboard.page.getByRole('alert').waitFor();
      expect(await dashboard.overflowing()).toEqual([]);
      expect(await dashboard.lowContrast()).toEqual([]);
      await dashboard.screenshot('phone-token');
    });

    test('works from the keyboard', async () => {
      const dashboard = await showLive();
      const { keyboard } = dashboard.page;
      const focused = () =>
        dashboard.page.evaluate<string>(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent",
        );
      const stops: string[] = [];
      for (let at = 0; at < 8; at++) {
        await keyboard.press('Tab');
        stops.push(await focused());
      }
      expect(stops).toEqual([
        'Roll back to the release of round 1',
        'Roll back to the base model',
        'As a table',
        'As a table',
        'Text for both',
        ...stops.slice(5),
      ]);

      await dashboard.release('Round 1').rollBack.focus();
      await keyboard.press('Enter');
      await dashboard.dialog.waitFor();
      await keyboard.press('Escape');
      await dashboard.dialog.waitFor({ state: 'detached' });
      expect(await focused()).toBe('Roll back to the release of round 1');
      expect(coordinator.asked).toEqual([]);

      coordinator.onTry = () => ({ prompt: 'p', base: { text: 'b', ms: 1 }, live: null });
      await dashboard.tryBox.getByLabel('Text for both').fill('a note');
      await keyboard.press('Control+Enter');
      await expect.poll(() => coordinator.asked.length).toBe(1);
    });
  });
});
