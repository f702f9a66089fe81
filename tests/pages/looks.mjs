// Every page, in both themes and three widths: no accessibility violation, nothing wider than the window, no error.
import { openPage, violations, widths } from './lib.mjs';

const pages = ['/', '/stations', '/stations?connect=1', '/stations?import=1', 'station', 'station/log', 'station/configuration', 'station/details', '/sessions', 'session',
    '/access', '/sites', 'site', 'site/limits', 'site/settings', '/reports', '/settings', '/settings/people', '/settings/keys', '/settings/review', '/settings/audit', '/settings/about', '/no/such/page'];

/* What opens on a page: its name, the page, and how one comes there. */
const opened = [
    ['a limit with its hours', 'site', async (page) => {
        await page.click('.limits.live button[aria-expanded=false]:not(.fold)');
        await page.waitForSelector('.limits.live .lines');
    }],
    ['need and departure', 'site', async (page) => {
        await page.click('.cars button.need');
        await page.waitForSelector('dialog input[name=departs_at]');
    }],
    ['prices from a file', 'site/limits', async (page) => {
        await page.click('.series button');
        await page.fill('dialog textarea', '2026-06-01 00:00,30\n2026-06-01 01:00,31\n2026-06-01 03:00,32');
        await page.waitForSelector('dialog .answer.bad');
    }],
];

/* "station" is one that charges now, "session" its session, "site" its site. */
function addressOf(page, world) {
    if (page.startsWith('/')) return page;
    const [kind, tab] = page.split('/');
    const { id, station, site } = world.session;
    return { station: `/stations/${encodeURIComponent(station)}${tab ? `/${tab}` : ''}`, session: `/sessions/${id}`, site: `/sites/${site}${tab ? `/${tab}` : ''}` }[kind];
}

async function looksRight(page) {
    const found = await violations(page);
    if (found.length) throw new Error(found.join(' | '));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) throw new Error(`${over} px wider than the window`);
}

/* One window for each width and theme: pages change in it as they do for a reader. The widths run beside each other. */
const windows = new Map();

async function windowFor(world, width, theme) {
    const key = `${width} ${theme}`;
    if (!windows.has(key)) windows.set(key, await openPage(world.browser, world, width, theme === 'dark' ? 'dark' : 'light'));
    return windows.get(key);
}

async function look(world, path, width, theme, act = async () => undefined) {
    const page = await windowFor(world, width, theme);
    page.troubles.length = 0;
    await page.at(addressOf(path, world));
    await act(page);
    if (process.env.PICTURES_ALL) await page.screenshot({ path: `${process.env.PICTURES_ALL}/${path.replace(/\W+/g, '_')}-${width}-${theme}.png` });
    await looksRight(page);
    if (page.troubles.length) throw new Error(page.troubles.join(' | '));
}

/* German words are longer. */
async function fitsInGerman(world, path) {
    const page = await windowFor(world, 'phone', 'German');
    await page.addInitScript(() => localStorage.setItem('voltd.language', 'de'));
    await page.at(addressOf(path, world));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) throw new Error(`${over} px wider than the window`);
    if ((await page.getAttribute('html', 'lang')) !== 'de') throw new Error('it is not German');
}

export function addLooks(add) {
    for (const width of Object.keys(widths))
        for (const theme of ['light', 'dark'])
            for (const path of pages) add(`${path} looks right, ${width}, ${theme}`, (world) => look(world, path, width, theme), width);
    for (const path of pages) add(`${path} fits a phone in German`, (world) => fitsInGerman(world, path), 'German');
    for (const width of Object.keys(widths))
        for (const theme of ['light', 'dark'])
            for (const [name, path, act] of opened) add(`${name} looks right, ${width}, ${theme}`, (world) => look(world, path, width, theme, act), width);
}
