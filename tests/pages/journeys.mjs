// What people come for, done in a browser against the demo: by click, by key, on a phone.
import { addPower } from './power.mjs';
import { addWords } from './words.mjs';
import { eventually, knock, onPage, violations } from './lib.mjs';

const unique = Math.random().toString(36).slice(2, 7).toUpperCase();

async function text(page, selector) {
    return (await page.textContent(selector)) ?? '';
}

function stationOf(world) {
    return `/stations/${encodeURIComponent(world.session.station)}`;
}

/* Counts the clicks of a journey, which may not need more than so many. */
function clicker(page, max) {
    let n = 0;
    return async (selector) => {
        if (++n > max) throw new Error(`more than ${max} clicks`);
        await page.click(selector);
    };
}

const journeys = [
    ['power moves on Now without a reload', async (page) => {
        await page.at('/');
        const cell = 'section[aria-labelledby="charging-title"] tbody';
        const before = await text(page, cell);
        await eventually(async () => (await text(page, cell)) !== before, () => 'a value in "Charging now" changes');
        await page.waitForSelector('.feed:has-text("live")');
    }],
    ['the six numbers lead to the lists behind them', async (page) => {
        await page.at('/');
        await page.click('.six a:has-text("Stations online")');
        await page.waitForSelector('h1:text-is("Stations")');
        if (!page.url().includes('state=online')) throw new Error(page.url());
    }],
    ['an unknown station knocks, and is adopted within three clicks', async (page, world) => {
        await page.at('/stations');
        const click = clicker(page, 3);
        await click('button:has-text("Connect a charger")');
        const socket = await knock(world.ocppPort, `NEW-${unique}`);
        await page.waitForSelector(`dialog :text("NEW-${unique}")`, { timeout: 3000 });
        await click(`dialog li:has(:text("NEW-${unique}")) button:has-text("Adopt")`);
        await page.waitForSelector(`dialog .steps > li.done`);
        socket.destroy();
        await page.at(`/stations/NEW-${unique}`);
        await page.waitForSelector(`h1:has-text("NEW-${unique}")`);
    }],
    ['stations that knock together are one matter, stand still in their list, and are adopted at once', async (page, world) => {
        const ids = [3, 1, 2].map((n) => `ROW-${unique}-${n}`);
        const sockets = [];
        for (const id of ids) sockets.push(await knock(world.ocppPort, id));
        await page.at('/');
        await page.click('.attention a:has-text("unknown stations knock")');
        await page.waitForSelector(`dialog li:has-text("${ids[0]}")`);
        const shown = await page.$$eval('dialog li.card b', (rows) => rows.map((r) => r.textContent).filter((id) => id.startsWith('ROW-')));
        if (shown.join() !== [...ids].sort().join()) throw new Error(shown.join());
        await page.click('dialog button:has-text("Adopt all")');
        for (const id of ids) await page.waitForSelector(`dialog li.card:has-text("${id}")`, { state: 'detached' });
        sockets.forEach((s) => s.destroy());
        const { items } = await (await page.request.get(`${world.base}/api/v1/stations?limit=1000`)).json();
        if (!ids.every((id) => items.some((s) => s.id === id))) throw new Error('they are no stations');
    }],
    ['stopping a session takes two clicks, and the answer of the station is shown', async (page, world) => {
        await page.at(stationOf(world));
        const click = clicker(page, 2);
        await click('button:has-text("Stop charging")');
        await click('dialog button.primary');
        await page.waitForSelector('dialog .answer :text("answered in")');
    }],
    ['a command can be copied as a curl line', async (page, world) => {
        await page.at(stationOf(world));
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.click('button:has-text("Release cable")');
        await page.click('dialog button:has-text("Copy as curl")');
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        if (!/^curl -X POST .*commands\/unlock/.test(copied)) throw new Error(copied);
    }],
    ['the log runs live, opens to request and answer, and can be filtered', async (page, world) => {
        const open = (await (await page.request.get(`${world.base}/api/v1/sessions?state=open&limit=1`)).json()).items[0];
        await page.at(`/stations/${encodeURIComponent(open.station)}/log`);
        await page.click('tr.frame >> nth=0');
        await page.waitForSelector('tr.detail pre.json');
        await page.fill('input[type=search]', 'action:NoSuchAction');
        await page.waitForSelector(':text("No message matches")');
        await page.fill('input[type=search]', '');
        const first = await text(page, 'tr.frame');
        await eventually(async () => (await text(page, 'tr.frame')) !== first, () => 'a new message comes in by itself', 60_000);
    }],
    ['configuration is read from the station, changed, looked at and sent', async (page, world) => {
        await page.at(`${stationOf(world)}/configuration`);
        await page.click('button:has-text("Read from the station")');
        const input = await page.waitForSelector('td input.mono');
        await input.fill('61');
        await page.click('button:has-text("Review 1 change")');
        await page.waitForSelector('dialog td b:text-is("61")');
        await page.click('dialog button:has-text("Send to the station")');
        await page.waitForSelector('dialog .answer');
    }],
    ['a station is renamed and found by its new name', async (page, world) => {
        await page.at(`${stationOf(world)}/details`);
        await page.fill('input[name=name]', `Post ${unique}`);
        await page.click('form button:has-text("Save")');
        await page.waitForSelector(`h1:text-is("Post ${unique}")`);
        await page.at(`/stations?q=${unique.toLowerCase()}`);
        await page.waitForSelector(`td a:text-is("Post ${unique}")`);
    }],
    ['a token is added, blocked and removed', async (page) => {
        await page.at('/access');
        await page.click('button:has-text("Add a token")');
        await page.fill('dialog input[name=id]', `04${unique}`);
        await page.fill('dialog input[name=name]', 'Test card');
        await page.click('dialog button.primary');
        await page.click(`button[aria-label="Edit 04${unique}"]`);
        await page.selectOption('dialog select[name=status]', 'blocked');
        await page.click('dialog button.primary');
        await page.waitForSelector(`tr:has(:text("04${unique}")) :text("blocked")`);
        await page.click(`button[aria-label="Edit 04${unique}"]`);
        await page.click('dialog button:has-text("Remove")');
        await page.click('dialog button:has-text("Really remove?")');
        await page.waitForSelector(`tr:has(:text("04${unique}"))`, { state: 'detached' });
    }],
    ['tokens are imported from CSV after a dry run', async (page) => {
        await page.at('/access');
        await page.click('button:has-text("Import CSV")');
        await page.setInputFiles('dialog input[type=file]', { name: 'tokens.csv', mimeType: 'text/csv', buffer: Buffer.from(`id,name\nC1${unique},One\nC2${unique},Two\n`) });
        await page.waitForSelector('dialog :text("add 2")');
        await page.click('dialog button:has-text("Import 2")');
        await page.waitForSelector('dialog :text("2 added")');
    }],
    ['a site is made and changed', async (page) => {
        await page.at('/sites');
        await page.click('button:has-text("Add a site")');
        await page.fill('dialog input[name=name]', `Site ${unique}`);
        await page.click('dialog button.primary');
        await page.waitForSelector(`h1:text-is("Site ${unique}")`); // it opens: its stations and limits come next
        await page.click('.tabs a:text-is("Settings")');
        await page.fill('input[name=address]', 'Quay 1');
        await page.click('form button:has-text("Save")');
        await page.waitForSelector('.toast:has-text("Saved")');
        await page.at('/sites');
        await page.click(`a:text-is("Site ${unique}")`);
    }],
    ['a person gets a one-time link, shown once', async (page) => {
        await page.at('/settings/people');
        await page.click('button:has-text("Add a person")');
        await page.fill('dialog input[name=name]', `anna-${unique}`);
        await page.click('dialog button.primary');
        const link = await text(page, 'dialog .secret code');
        if (!/^http.*\/start#k=/.test(link)) throw new Error(link);
    }],
    ['a key is made, shown once and revoked', async (page) => {
        await page.at('/settings/keys');
        await page.click('button:has-text("Create a key")');
        await page.fill('dialog input[name=name]', `ci-${unique}`);
        await page.click('dialog button.primary');
        await page.waitForSelector('dialog .secret code');
        await page.click('dialog button:has-text("Done")');
        await page.click(`button[aria-label="Revoke ci-${unique}"]`);
        await page.click('dialog button:has-text("Revoke")');
        await page.waitForSelector(`td:text-is("ci-${unique}")`, { state: 'detached' });
    }],
    ['a session tells its story, and its raw frames are three clicks away', async (page, world) => {
        await page.at('/sessions');
        const click = clicker(page, 3);
        await click(`a[href="/sessions/${world.session.id}"]`);
        await page.waitForSelector('.line-of-time li');
        await click('button:has-text("Show")');
        await page.waitForSelector('tr.frame');
    }],
    ['the palette finds a station by key strokes alone', async (page, world) => {
        await page.at('/');
        await page.keyboard.press('Control+k');
        await page.waitForSelector('dialog [role=combobox]:focus');
        await page.keyboard.type(world.session.station);
        await page.waitForSelector(`dialog [role=option]:has-text("${world.session.station}")`);
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => url.pathname.startsWith('/stations/'));
    }],
    ['Tab reaches the page, and what has the focus is marked', async (page) => {
        await page.at('/stations');
        await page.keyboard.press('Tab');
        await page.waitForSelector('.skip:focus');
        await page.keyboard.press('Enter');
        for (let i = 0; i < 4; i++) await page.keyboard.press('Tab');
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        if (outline === 'none') throw new Error('no outline');
    }],
    ['a lost feed is said at once, and comes back by itself', async (page) => {
        await page.at('/');
        await page.waitForSelector('.feed:has-text("live")');
        await page.route('**/api/v1/events*', (route) => route.abort());
        await page.evaluate(() => dispatchEvent(new Event('online')));
        await page.waitForSelector('.feed.lost');
        await page.unroute('**/api/v1/events*');
        await page.waitForSelector('.feed:not(.lost):has-text("live")');
        page.troubles.length = 0;
    }],
    ['ten thousand stations scroll, with few rows in the document', async (page, world) => {
        const one = (await (await page.request.get(`${world.base}/api/v1/stations?limit=1`)).json()).items[0];
        await page.route(/\/api\/v1\/stations\?/, (route) => {
            const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
            const items = Array.from({ length: 1000 }, (_, i) => ({ ...one, id: `X-${String(from + i).padStart(5, '0')}`, name: '' }));
            return route.fulfill({ json: { items, next_cursor: from + 1000 < 10_000 ? String(from + 1000) : null } });
        });
        await page.at('/stations');
        // A few more: the world's own stations tell what they do meanwhile.
        await page.waitForSelector('.tail :text-matches("10[01][0-9][0-9] of")');
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await page.waitForSelector('td:has-text("X-09999")');
        const rows = await page.locator('tbody tr').count();
        if (rows > 200) throw new Error(`${rows} rows in the document`);
    }],
    ['the theme is kept and shown before the first paint', async (page) => {
        await page.at('/settings');
        await page.click('label:has-text("Dark") >> nth=0');
        await page.at('/');
        const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        if (background !== 'rgb(13, 17, 23)') throw new Error(background);
    }],
    ['the console speaks German, completely', async (page) => {
        await page.at('/settings');
        await page.click('label:has-text("Deutsch")');
        await page.waitForSelector('h1:text-is("Einstellungen")');
        await page.at('/stations');
        await page.waitForSelector('h1:text-is("Stationen")');
        if ((await page.getAttribute('html', 'lang')) !== 'de') throw new Error('lang is not de');
    }],
];

const onPhone = [
    ['on a phone every page is reached through the foot and the drawer', async (page) => {
        await page.at('/');
        await page.click('.bottom a:has-text("Stations")');
        await page.waitForSelector('h1:text-is("Stations")');
        await page.click('.bottom button');
        await page.waitForSelector('dialog.drawer');
        const found = await violations(page);
        if (found.length) throw new Error(found.join(' | '));
        await page.click('.drawer a:has-text("Reports")');
        await page.waitForSelector('h1:text-is("Reports")');
    }],
    ['on a phone the filters fold away and are counted', async (page) => {
        await page.at('/stations?state=online');
        await page.click('button:has-text("Filters (1)")');
        await page.waitForSelector('select >> nth=0');
    }],
];

/* Last: they end the login that the others use. */
const atTheEnd = [
    ['who logs out sees the login, and a wrong password says so', async (page) => {
        await page.at('/');
        await page.click('button:has-text("Log out")');
        await page.waitForSelector('h1:text-is("Log in")');
        const found = await violations(page);
        if (found.length) throw new Error(found.join(' | '));
        await page.fill('input[name=name]', 'nobody');
        await page.fill('input[name=password]', 'wrong-password');
        await page.click('button[type=submit]');
        await page.waitForSelector('[role=alert]');
        page.troubles.length = 0;
    }],
];

export function addJourneys(add) {
    for (const [name, work] of journeys) onPage(add, name, work);
    for (const [name, work] of onPhone) onPage(add, name, work, 'phone');
    addPower(add);
    addWords(add);
}

export function addLast(add) {
    for (const [name, work] of atTheEnd) onPage(add, name, work);
}
