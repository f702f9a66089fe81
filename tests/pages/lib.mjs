// What the tests of the pages share: the demo as a process, a browser, and how a case is counted.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const widths = { phone: [360, 740], tablet: [768, 1024], desktop: [1440, 900] };
const waitMs = 15_000;

/* `voltd demo` on free ports; its console's address, one-time link, and the door for stations. */
export async function startDemo(voltd) {
    const data = mkdtempSync(join(tmpdir(), 'voltd-pages-'));
    const child = spawn(voltd, ['demo', '--data', data, '--set', 'http.listen=127.0.0.1:0', '--set', 'ocpp.listen=127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const link = await eventually(() => /(http:\/\/[^\s/]+)\S*#k=(\S+)/.exec(said), () => `the demo prints a one-time link; it said:\n${said}`);
    const door = await eventually(() => /ocpp=(?:[^\s:]*|\[[^\]]*\]):(\d+)/.exec(said), () => `the demo prints its ready line; it said:\n${said}`);
    return {
        base: link[1], link: `${link[1]}/start#k=${link[2]}`, ocppPort: Number(door[1]),
        async stop() {
            child.kill('SIGTERM');
            await ended;
            rmSync(data, { recursive: true, force: true });
        },
    };
}

export async function eventually(ask, what, limitMs = waitMs) {
    const end = Date.now() + limitMs;
    for (;;) { // until the answer is there, or limitMs have passed
        const found = await ask();
        if (found) return found;
        if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what()}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

export async function startBrowser() {
    return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/* A page in a window of its own. Every error that the page's script throws, or logs, fails the case that uses it. */
export async function openPage(browser, world, width = 'desktop', theme = 'light') {
    const [w, h] = widths[width];
    const context = await browser.newContext({ viewport: { width: w, height: h }, colorScheme: theme, isMobile: width === 'phone', hasTouch: width === 'phone', storageState: world.login, locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(waitMs);
    page.troubles = [];
    page.on('pageerror', (error) => page.troubles.push(String(error)));
    page.on('console', (said) => {
        if (said.type() === 'error' && !/Failed to load resource/.test(said.text())) page.troubles.push(said.text());
    });
    page.at = async (path) => {
        await page.goto(world.base + path);
        await page.waitForSelector('main h1');
        await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
    };
    return page;
}

export async function violations(page) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    return found.violations.map((v) => `${v.id} (${v.nodes.length}×): ${v.nodes[0].html.slice(0, 160)}`);
}

/* A station that nobody knows dials in, as far as the upgrade. Returns its socket. */
export function knock(port, identity) {
    return new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(`GET /ocpp/${identity} HTTP/1.1\r\nHost: voltd\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
            + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n'));
        socket.once('data', () => resolve(socket));
        socket.once('error', reject);
    });
}

/* Collects cases. Those of one lane run one after the other, lanes beside each other. */
export function suite() {
    const lanes = new Map();
    const add = (name, run, lane = '') => lanes.set(lane, [...(lanes.get(lane) ?? []), { name, run }]);
    const counted = { passed: 0, failed: 0 };
    const runOne = async (world, c) => {
        try {
            await c.run(world);
            counted.passed++;
            console.log(`ok ${c.name}`);
        } catch (error) {
            counted.failed++;
            console.log(`not ok ${c.name}: ${String(error.message ?? error).split('\n').slice(0, 6).join(' | ')}`);
        }
    };
    const run = async (world, only) => {
        await Promise.all([...lanes.values()].map(async (cases) => {
            for (const c of cases) if (!only || c.name.includes(only)) await runOne(world, c);
        }));
        return counted;
    };
    return { add, run };
}

/* A case on a page of its own: page errors count, and a picture is kept when it fails and PICTURES names a folder. */
export function onPage(add, name, work, width, theme) {
    add(name, async (world) => {
        const page = await openPage(world.browser, world, width, theme);
        try {
            await work(page, world);
            if (page.troubles.length) throw new Error(page.troubles.join(' | '));
        } catch (error) {
            if (process.env.PICTURES) await page.screenshot({ path: join(process.env.PICTURES, `${name.replace(/\W+/g, '-')}.png`) });
            throw error;
        } finally {
            await page.context().close();
        }
    });
}
