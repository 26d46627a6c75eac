// node served_page.mjs --modules FOLDER --demo VIEWER_DEMO --profile FILE URL...: opens each URL in a browser and fails unless
// every number of its page is that of FILE, by the report library, and the page complains of nothing.
import assert from 'node:assert/strict';
import { launchBrowser, openPage, options, positionals, readReport } from './browser.mjs';
import { assertShowsReport } from './page_table.mjs';

const report = await readReport(options.profile);
const browser = await launchBrowser();
try {
  assert.ok(positionals.length > 0);
  for (const url of positionals) {
    const { page, complaints, close } = await openPage(browser, url);
    await assertShowsReport(page, report);
    assert.deepEqual(complaints, [], url);
    await close();
    const [type] = report.types.slice(report.default);
    console.log(`${new URL(url).host}: ${type.type} ${type.total} in ${type.byFlat.length} functions, as in the profile`);
  }
} finally {
  await browser.close();
}
