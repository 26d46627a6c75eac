// A headless browser, a viewer process and a prefix-stripping proxy for the page's tests.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const { values: options, positionals } = parseArgs({
  options: {
    modules: { type: 'string' }, // folder with node_modules/playwright-core
    demo: { type: 'string' }, // the viewer_demo program
    recordings: { type: 'string' },
    profile: { type: 'string' }, // served_page: what the pages were made of
    budgets: { type: 'boolean' }, // a build whose memory means something, so not a sanitized one
  },
  allowPositionals: true,
});

export function requireModule(name) {
  return createRequire(resolve(options.modules, 'package.json'))(name);
}

export async function launchBrowser() {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (executablePath === undefined) {
    throw new Error('no Chromium for the page test: apt-get install chromium');
  }
  return requireModule('playwright-core').chromium.launch({
    executablePath,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** Starts viewer_demo; ends with its standard input. */
export async function startViewer(profile, seconds = 3600) {
  const child = spawn(options.demo, [profile, String(seconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const output = [];
  const exited = new Promise((done) => child.once('exit', done));
  const line = await new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`viewer_demo ended with ${code}`)));
    child.stdout.on('data', (data) => {
      output.push(String(data));
      if (String(data).includes('\n')) done(output.join(''));
    });
  });
  const [, port, path] = line.trim().split(' ');
  return {
    port: Number(port),
    path,
    pid: child.pid,
    url: (host = '127.0.0.1') => `http://${host}:${port}${path}`,
    output: () => output.join(''),
    exited,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

/** What the page must show, from the report library. */
export async function readReport(profile) {
  const child = spawn(options.demo, ['--report', profile], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const data of child.stdout) text += data;
  return JSON.parse(text);
}

/** Serves the viewer under /some/prefix/, as an ingress that strips its prefix does. */
export async function startProxy(port, prefix) {
  const server = http.createServer((request, response) => {
    if (!request.url.startsWith(prefix)) {
      response.writeHead(404).end();
      return;
    }
    const upstream = http.request(
      {
        host: '127.0.0.1',
        port,
        method: request.method,
        path: request.url.slice(prefix.length) || '/',
        headers: { ...request.headers, host: `127.0.0.1:${port}` },
      },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { port: server.address().port, stop: () => server.close() };
}

/** Opens a page and collects everything it complains about. */
export async function openPage(browser, url, settings = {}) {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    acceptDownloads: true,
    ...settings,
  });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    // What a reload or a later choice of the reader has made needless.
    if (reason !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${reason}`);
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  await settled(page);
  return { page, complaints, requests, close: () => context.close() };
}

/** Waits until the profile is loaded and drawn. */
export async function settled(page) {
  await page.waitForSelector('#main[aria-busy="false"]');
  await page.waitForSelector('#flame[data-boxes]');
}
