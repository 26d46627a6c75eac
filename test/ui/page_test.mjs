// The page in a real browser, against a real viewer process: its numbers are the report library's,
// and everything works by mouse and by keyboard, on any address, without a word on the console.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  launchBrowser,
  openPage,
  options,
  readReport,
  settled,
  startProxy,
  startViewer,
} from './browser.mjs';
import { assertShowsReport, chooseType, expectedRows, readTable, shownRows } from './page_table.mjs';
import { kLargeDepthOfLeaves, makeLargeProfile } from './large_profile.mjs';

const heap = join(options.recordings, 'heap.pb.gz');
let browser;
let viewer;
let report;

before(async () => {
  browser = await launchBrowser();
  viewer = await startViewer(heap);
  report = await readReport(heap);
});

after(async () => {
  await viewer?.stop();
  await browser?.close();
});

async function withPage(url, check, settings) {
  const opened = await openPage(browser, url, settings);
  try {
    await check(opened.page, opened);
    assert.deepEqual(opened.complaints, []);
  } finally {
    await opened.close();
  }
}

for (const file of readdirSync(options.recordings).filter((name) => name.endsWith('.pb.gz'))) {
  test(`shows the report's numbers of every sample type of ${file}`, async () => {
    const path = join(options.recordings, file);
    const expected = await readReport(path);
    const own = await startViewer(path);
    try {
      await withPage(own.url(), async (page) => {
        await assertShowsReport(page, expected);
      });
    } finally {
      await own.stop();
    }
  });
}

test('sorts by every column, both ways', () =>
  withPage(viewer.url(), async (page) => {
    const type = report.types[report.default];
    const button = (name) => page.locator('thead').getByRole('button', { name });
    await button('Cum').click();
    assert.deepEqual(
      shownRows(await readTable(page)).map((row) => row[2]),
      type.byCum.map((row) => row.cum),
    );
    await button('Cum').click();
    assert.deepEqual(
      shownRows(await readTable(page)).map((row) => row[2]),
      type.byCum.map((row) => row.cum).reverse(),
    );
    await button('Function').click();
    const marked = /( \((partial-)?inline\))?$/;
    const names = (await readTable(page)).map((row) => row[5].replace(marked, ''));
    assert.deepEqual(names, type.byFlat.map((row) => row.name).sort((a, b) => (a < b ? -1 : 1)));
    assert.equal(await page.locator('th.name').getAttribute('aria-sort'), 'ascending');
  }));

test('searches by expression, falls back to plain text, and tells the matched share', () =>
  withPage(viewer.url(), async (page) => {
    const type = report.types[report.default];
    await page.locator('#search').fill('JSON\\.(Un)?marshal$');
    const matching = type.byFlat.filter((row) => /json\.(un)?marshal$/i.test(row.name));
    assert.ok(matching.length > 0);
    const text = `in ${matching.length} functions`;
    await page.waitForFunction((t) => document.getElementById('matched').textContent.includes(t), text);
    assert.deepEqual(shownRows(await readTable(page)), expectedRows(matching));
    // One function that is never below itself: its share is its cum%.
    const single = type.byCum.find((row) => row.name === 'main.main');
    await page.locator('#search').fill('^main\\.main$');
    await page.waitForFunction(
      (t) => document.getElementById('matched').textContent === t,
      `matched: ${single.cumPercent} in 1 functions`,
    );
    await page.locator('#search').fill('(*Command).Execute');
    await page.waitForFunction(() =>
      document.getElementById('matched').textContent.endsWith('as plain text'),
    );
    const plain = type.byFlat.filter((row) => row.name.includes('(*Command).Execute'));
    assert.equal((await readTable(page)).length, type.byFlat.filter(
      (row) => row.name.toLowerCase().includes('(*command).execute')).length);
    assert.ok(plain.length > 0);
    for (const width of [1600, 1280, 1024, 390]) {  // what is searched for stays readable
      await page.setViewportSize({ width, height: 800 });
      const room = await page.locator('#search').evaluate((input) => input.clientWidth);
      assert.ok(room >= 120, `${room} pixels to type in on a page of ${width}`);
    }
  }));

test('leaves the function column its room beside the flame graph', () =>
  withPage(viewer.url(), async (page) => {
    await page.locator('input[name=view][value=both]').check();
    for (const [width, least] of [[950, 150], [1100, 220], [1280, 260], [1340, 290], [1400, 320], [1600, 200]]) {
      await page.setViewportSize({ width, height: 800 });
      const seen = await page.evaluate(() => {
        const scroll = document.getElementById('top-scroll');
        const box = (element) => element.getBoundingClientRect();
        const cells = [...document.querySelectorAll('#top-rows tr[data-index] td:not(.name), #top thead th > *')];
        return {
          name: box(document.querySelector('#top-rows td.name')),
          right: box(scroll).left + scroll.clientWidth,
          cut: cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
        };
      });
      assert.ok(seen.name.right <= seen.right + 1, `the column ends at ${seen.name.right} of ${seen.right} at ${width}`);
      assert.ok(seen.name.width >= least, `${seen.name.width} pixels for the function at ${width}`);
      assert.deepEqual(seen.cut, [], `numbers cut off at ${width}`);
    }
  }));

/** Moves the keyboard's cursor and returns what the details say. */
async function press(page, key) {
  await page.locator('#flame').press(key);
  return page.locator('#details').innerText();
}

test('walks and zooms the flame graph by keyboard, and goes back', () =>
  withPage(viewer.url(), async (page) => {
    const type = report.types[report.default];
    const cumOf = (name) => type.byCum.find((row) => row.name === name);
    await page.locator('#flame').focus();
    assert.match(await press(page, 'ArrowDown'), /all samples/);
    const first = await press(page, 'ArrowDown');
    assert.match(first, /runtime\.main/);
    const main = cumOf('runtime.main');
    assert.ok(first.includes(`${main.cumAuto} (${main.cumPercent})`), first);
    assert.match(await press(page, 'ArrowDown'), /main\.main/);
    assert.equal(await page.locator('#flame').getAttribute('data-focus'), '0');
    await press(page, 'Enter');
    await page.waitForSelector('#flame:not([data-focus="0"])');
    assert.deepEqual(await page.locator('#crumbs button').allTextContents(), [
      'all', 'runtime.main', 'main.main',
    ]);
    await press(page, 'Escape');
    assert.deepEqual(await page.locator('#crumbs button').allTextContents(), ['all', 'runtime.main']);
    await page.goBack();
    await page.waitForFunction(() => document.querySelectorAll('#crumbs button').length === 3);
    await page.goBack();
    await page.waitForSelector('#flame[data-focus="0"]');
    await page.goForward();
    await page.waitForFunction(() => document.querySelectorAll('#crumbs button').length === 3);
    await page.reload();
    await settled(page);
    assert.equal(await page.locator('#crumbs button').count(), 3, 'a reload keeps the place');
    await page.locator('#crumbs button').first().click();
    await page.waitForSelector('#flame[data-focus="0"]');
  }));

test('zooms by mouse, shows details under the pointer, and keeps the zoom across sample types', () =>
  withPage(viewer.url(), async (page) => {
    const box = await page.locator('#flame').boundingBox();
    await page.mouse.move(box.x + 40, box.y + 30); // the second row: the heaviest child of all
    await page.waitForSelector('#tip:not([hidden])');
    assert.match(await page.locator('#tip').innerText(), /runtime\.main/);
    await page.mouse.click(box.x + 40, box.y + 50);
    await page.waitForSelector('#flame:not([data-focus="0"])');
    const crumbs = await page.locator('#crumbs button').allTextContents();
    assert.deepEqual(crumbs, ['all', 'runtime.main', 'main.main']);
    await chooseType(page, 1);
    assert.deepEqual(await page.locator('#crumbs button').allTextContents(), crumbs);
  }));

test('fetches what is too small for the whole picture when a reader zooms in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubediag-ui-'));
  const path = join(folder, 'large.pb.gz');
  writeFileSync(path, makeLargeProfile());
  const large = await startViewer(path);
  try {
    await withPage(large.url(), async (page, { requests }) => {
      const below = () => requests.filter((url) => url.includes('path='));
      await page.locator('#flame').focus();
      const details = async () => page.locator('#details').innerText();
      const down = async (times) => {
        for (let i = 0; i < times; ++i) await page.locator('#flame').press('ArrowDown');
      };
      await down(kLargeDepthOfLeaves);
      assert.match(await details(), /step\d_\d/, 'the leaves are not there yet');
      assert.equal(below().length, 0);
      await page.locator('#flame').press('Home');
      await down(2);
      assert.match(await details(), /group\d\s+total 3us \(10\.00%\)/);
      await page.locator('#flame').press('Enter');
      await page.waitForFunction((rows) => Number(document.getElementById('flame').dataset.rows) > rows, 3000);
      assert.equal(below().length, 1);
      await down(kLargeDepthOfLeaves - 2);
      assert.match(await details(), /leaf\d_\d+\s+total 1ns \(0\.0033%\)/);
      await page.locator('#flame').press('Escape');
      assert.equal(await page.locator('#top-note').innerText(), '30,091 functions');
    });
  } finally {
    await large.stop();
    rmSync(folder, { recursive: true });
  }
});

test('highlights the row that was clicked, and takes it back', () =>
  withPage(viewer.url(), async (page) => {
    const row = page.locator('#top-rows tr[data-index="0"]');
    const before = await page.locator('#flame').screenshot();
    await row.click();
    await page.waitForFunction(() =>
      document.getElementById('matched').textContent.startsWith('selected: '),
    );
    assert.equal(await page.locator('tr[aria-selected="true"]').count(), 1);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));
    assert.notDeepEqual(await page.locator('#flame').screenshot(), before);
    await row.press('Enter');
    await page.waitForFunction(() => document.getElementById('matched').textContent === '');
    assert.equal(await page.locator('tr[aria-selected="true"]').count(), 0);
  }));

test('moves through the table by keyboard', () =>
  withPage(viewer.url(), async (page) => {
    await page.locator('#top-rows tr[data-index="0"]').focus();
    const active = () => page.evaluate(() => document.activeElement.dataset.index);
    await page.keyboard.press('ArrowDown');
    assert.equal(await active(), '1');
    await page.keyboard.press('End');
    assert.equal(await active(), String(report.types[report.default].byFlat.length - 1));
    await page.keyboard.press('Home');
    assert.equal(await active(), '0');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  }));

test('downloads the profile byte for byte', () =>
  withPage(viewer.url(), async (page) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#download').click(),
    ]);
    assert.equal(download.suggestedFilename(), 'heap.pb.gz');
    assert.deepEqual(readFileSync(await download.path()), readFileSync(heap));
  }));

test('says what, where, when and how long', () =>
  withPage(viewer.url(), async (page) => {
    assert.equal(await page.locator('h1').innerText(), 'Heap profile of https://10.0.2.15:6443');
    const facts = await page.locator('#facts').innerText();
    for (const part of ['default/go-profiler', 'node-1', 'UTC', '512kB space', 'heap.pb.gz']) {
      assert.ok(facts.includes(part), `${part} in ${facts}`);
    }
    assert.match(await page.locator('#expiry').innerText(), /^expires in (1 h 00 min|\d+ min \d\d s)$/);
  }));

test('makes no request to anybody else', () =>
  withPage(viewer.url(), async (_page, { requests }) => {
    const origin = new URL(viewer.url()).origin;
    assert.ok(requests.length >= 6);
    for (const url of requests) assert.equal(new URL(url).origin, origin);
  }));

test('stays within its budget of memory and transfer', { skip: !options.budgets }, async () => {
  const own = await startViewer(heap);
  try {
    const opened = await openPage(browser, own.url());
    const sizes = await opened.page.evaluate(() =>
      performance.getEntriesByType('resource').map((entry) => entry.transferSize));
    await opened.close();
    const kilobytes = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024);
    const peak = readFileSync(`/proc/${own.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1];
    console.log(`viewer of an API server heap: ${peak} kB RSS, ${kilobytes} kB transferred`);
    assert.ok(Number(peak) <= 12 * 1024, `${peak} kB`);
    assert.ok(kilobytes > 0 && kilobytes <= 300, `${kilobytes} kB transferred`);
  } finally {
    await own.stop();
  }
});

test('works as localhost', () =>
  withPage(viewer.url('localhost'), async (page) => {
    const expected = expectedRows(report.types[report.default].byFlat);
    assert.deepEqual(shownRows(await readTable(page)), expected);
  }));

test('works behind a proxy that strips a prefix', async () => {
  const prefix = '/ingress/kubediag';
  const proxy = await startProxy(viewer.port, prefix);
  try {
    // Without the last slash: the redirect must lead back under the prefix.
    const url = `http://127.0.0.1:${proxy.port}${prefix}${viewer.path.replace(/\/$/, '')}`;
    await withPage(url, async (page, { requests }) => {
      assert.equal(new URL(page.url()).pathname, `${prefix}${viewer.path}`);
      for (const request of requests) assert.ok(new URL(request).pathname.startsWith(prefix));
      const expected = expectedRows(report.types[report.default].byFlat);
      assert.deepEqual(shownRows(await readTable(page)), expected);
      await chooseType(page, 0);
    });
  } finally {
    proxy.stop();
  }
});

test('fits a narrow window and a dark one', async () => {
  const narrow = { viewport: { width: 420, height: 800 }, colorScheme: 'dark' };
  await withPage(viewer.url(), async (page) => {
    const overflow = () => page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await overflow(), 0);
    assert.equal(await page.locator('#main').getAttribute('data-view'), 'flame');
    await page.locator('input[name=view][value=top]').check();
    assert.ok(await page.locator('#top').isVisible());
    assert.equal(await overflow(), 0);
  }, narrow);
});

for (const [width, colorScheme] of [[1000, 'light'], [1000, 'dark'], [1400, 'light'], [1400, 'dark']]) {
  test(`shows of each function's package more than a letter, ${width} px wide, ${colorScheme}`, () =>
    withPage(viewer.url(), async (page) => {
      const paths = await page.evaluate(() => {
        const measure = document.createElement('canvas').getContext('2d');
        return [...document.querySelectorAll('#top-rows tr[data-index] .path')].map((path) => {
          measure.font = getComputedStyle(path).font;
          const letters = path.getBoundingClientRect().width / measure.measureText('0').width;
          return { text: path.textContent, letters };
        });
      });
      assert.ok(paths.filter(({ text }) => text.length > 7).length > 10);
      for (const { text, letters } of paths) {
        assert.ok(letters >= Math.min(text.length, 7) - 0.1, `${text} in ${letters} letters`);
      }
    }, { viewport: { width, height: 800 }, colorScheme }));
}

test('names every control and reaches it with the Tab key', () =>
  withPage(viewer.url(), async (page) => {
    const reached = new Set();
    for (let i = 0; i < 16; ++i) {
      await page.keyboard.press('Tab');
      reached.add(await page.evaluate(() => {
        const element = document.activeElement;
        return element.id || element.name || element.textContent.trim() || element.tagName;
      }));
    }
    for (const name of ['download', 'type', 'search', 'view', 'Flat', 'Cum', 'flame']) {
      assert.ok(reached.has(name), `${name} in ${[...reached].join(', ')}`);
    }
  }));

test('says so when the page expires, and the server ends', async () => {
  const short = await startViewer(heap, 2);
  const opened = await openPage(browser, short.url());
  try {
    await opened.page.waitForSelector('#problem:not([hidden])');
    assert.match(await opened.page.locator('#problem').innerText(), /expired/);
    assert.equal(await opened.page.locator('#expiry').innerText(), 'expired');
    assert.equal(await short.exited, 0);
    assert.match(short.output(), /EXPIRED/);
  } finally {
    await opened.close();
  }
});

test('says why when the server has gone', async () => {
  const gone = await startViewer(heap);
  const opened = await openPage(browser, gone.url());
  try {
    await gone.stop();
    await opened.page.locator('#types input[value="0"]').check();
    await opened.page.waitForSelector('#problem:not([hidden])');
    assert.match(await opened.page.locator('#problem').innerText(), /Cannot load the profile/);
  } finally {
    await opened.close();
  }
});
