// A browser for tests, and the dashboard as a reader meets it: parts by the names that stand on the page.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

const executable = process.env.SKEIN_CHROMIUM ?? '/usr/bin/chromium';

/** Whether browser tests can run here; where everything is required, a missing browser is a failure instead. */
export function browserIsThere(): boolean {
  if (existsSync(executable)) return true;
  const message = `${executable} is absent: install Debian's chromium, or name a browser in SKEIN_CHROMIUM`;
  if (process.env.SKEIN_REQUIRE_ALL === '1') throw new Error(message);
  console.warn(`browser tests are skipped: ${message}`);
  return false;
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });

export const desktop = { viewport: { width: 1280, height: 900 } } satisfies BrowserContextOptions;
export const phone = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
} satisfies BrowserContextOptions;

export interface ReleaseRow {
  readonly row: Locator;
  readonly rollBack: Locator;
}

/** The dashboard in one tab. Locators go by role and visible name, so that they also hold what a screen reader is told. */
export class Dashboard {
  readonly page: Page;
  /** What went wrong in the page: exceptions, console errors, requests to other hosts. */
  readonly troubles: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', error => this.troubles.push(`exception: ${error.message}`));
    page.on('console', message => {
      // A refused token and a lost connection are logged by the browser itself, as failed loads.
      const expected = /Failed to load resource|net::ERR_/.test(message.text());
      if (message.type() === 'error' && !expected) this.troubles.push(`console: ${message.text()}`);
    });
    page.on('request', request => {
      const { origin } = new URL(request.url());
      if (page.url().startsWith('http') && origin !== new URL(page.url()).origin) {
        this.troubles.push(`foreign request: ${request.url()}`);
      }
    });
  }

  /** Opens a tab of its own at `url`, the coordinator's address, with the token in the fragment where there is one. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions & { readonly token?: string } = {},
  ): Promise<Dashboard> {
    const { token, ...contextOptions } = options;
    const context = await browser.newContext({ ...desktop, ...contextOptions });
    const dashboard = new Dashboard(await context.newPage());
    await dashboard.page.goto(token === undefined ? url : `${url}#token=${encodeURIComponent(token)}`);
    return dashboard;
  }

  close(): Promise<void> {
    return this.page.context().close();
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  get connection(): Locator {
    return this.page.locator('.connection');
  }

  get privacy(): Locator {
    return this.page.locator('.privacy');
  }

  get tokenField(): Locator {
    return this.page.getByLabel('Operator token');
  }

  async giveToken(token: string): Promise<void> {
    await this.tokenField.fill(token);
    await this.page.getByRole('button', { name: 'Open' }).click();
  }

  panel(name: string | RegExp): Locator {
    return this.page.getByRole('region', { name, exact: true });
  }

  tile(name: string): Locator {
    return this.page.locator('.tile').filter({ hasText: name });
  }

  get fleet(): Locator {
    return this.panel('Fleet');
  }

  get round(): Locator {
    return this.panel(/^Round/);
  }

  get accuracy(): Locator {
    return this.panel('Accuracy over rounds');
  }

  get bytes(): Locator {
    return this.panel('Bytes per round');
  }

  get releases(): Locator {
    return this.panel('Releases');
  }

  get refused(): Locator {
    return this.panel('Refused');
  }

  get tryBox(): Locator {
    return this.panel('Base against live');
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** A row of a panel's table, by the text of its header cell. */
  row(panel: Locator, name: string): Locator {
    return panel.getByRole('row').filter({ has: this.page.getByRole('rowheader', { name }) });
  }

  release(name: string): ReleaseRow {
    // Rolled back and forth, a round can stand there more than once: the newest is meant.
    const row = this.row(this.releases, name).first();
    return { row, rollBack: row.getByRole('button', { name: /Roll back/ }) };
  }

  async compare(text: string): Promise<void> {
    await this.tryBox.getByLabel('Text for both').fill(text);
    await this.tryBox.getByRole('button', { name: 'Compare' }).click();
  }

  /** The parts that make the page wider than the window; none where nothing must be scrolled sideways. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate<string[]>(overflowProgram);
  }

  /** Visible texts whose contrast with their ground is below WCAG 2.2 AA (4.5:1, large text 3:1), each with its ratio. */
  lowContrast(): Promise<string[]> {
    return this.page.evaluate<string[]>(contrastProgram);
  }

  /** Saves the whole page as `<SKEIN_SCREENSHOTS>/<name>.png` where that folder is named. */
  async screenshot(name: string): Promise<void> {
    const folder = process.env.SKEIN_SCREENSHOTS;
    if (folder === undefined) return;
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  }
}

/** Programs that run in the page are texts: the tests' compiler knows no DOM. */
const overflowProgram = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > clientWidth);
  return [scrollWidth + ' > ' + clientWidth, ...wide.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))];
})()`;

const contrastProgram = `(() => {
  const parse = color => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.a === 1) return color;
      if (color.a > 0) return { r: NaN, g: NaN, b: NaN };
    }
    return { r: 255, g: 255, b: 255 };
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest(':disabled, noscript, script')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color)), luminance(ground(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (!(ratio >= (large ? 3 : 4.5))) low.push(node.data.trim() + ': ' + ratio.toFixed(2));
  }
  return low;
})()`;
