// The page's table, read whole, and what it must show.
import assert from 'node:assert/strict';
import { settled } from './browser.mjs';

const kMarks = ['', ' (inline)', ' (partial-inline)'];

/** All rows of the table as texts, by scrolling through it. */
export async function readTable(page) {
  return page.evaluate(async () => {
    const scroll = document.getElementById('top-scroll');
    const rows = new Map();
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    for (let top = 0; ; top += scroll.clientHeight) {
      scroll.scrollTop = top;
      await frame();
      for (const row of document.querySelectorAll('#top-rows tr[data-index]')) {
        rows.set(Number(row.dataset.index), [...row.cells].map((cell) => cell.textContent));
      }
      if (top + scroll.clientHeight >= scroll.scrollHeight) break;
    }
    return [...rows.keys()].sort((a, b) => a - b).map((index) => rows.get(index));
  });
}

export const expectedRows = (rows) =>
  rows.map((row) => [
    row.flat, row.flatPercent, row.cum, row.cumPercent, row.name + kMarks[row.inlined],
  ]);
export const shownRows = (rows) => rows.map(([flat, flatPercent, , cum, cumPercent, name]) => [
  flat, flatPercent, cum, cumPercent, name,
]);

export async function chooseType(page, index) {
  await page.locator(`#types input[value="${index}"]`).check();
  await settled(page);
  await page.waitForFunction(
    (type) => document.getElementById('main').dataset.type === type,
    (await page.locator('#types label').nth(index).textContent()).split(' ')[0],
  );
}

/** Fails unless the page shows the report's numbers, row by row, of every sample type. */
export async function assertShowsReport(page, report) {
  const checked = page.locator('#types input:checked');
  assert.equal(await checked.inputValue(), String(report.default));
  for (const [index, type] of report.types.entries()) {
    await chooseType(page, index);
    const label = await page.locator('#types label').nth(index).textContent();
    assert.equal(label, `${type.type} ${type.total}`);
    assert.deepEqual(shownRows(await readTable(page)), expectedRows(type.byFlat), type.type);
  }
}
