// What the server says by a code is shown in the reader's language.
import { eventually, onPage } from './lib.mjs';

/* The window is German before its first page. */
async function inGerman(page) {
    await page.addInitScript(() => localStorage.setItem('voltd.language', 'de'));
}

async function api(page, world, method, path, data) {
    const answer = await page.request.fetch(`${world.base}/api/v1${path}`, { method, data, headers: { Origin: world.base } });
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
}

const cases = [
    ['each option is explained in German', async (page, world) => {
        await inGerman(page);
        await page.at('/settings/about');
        await page.waitForSelector('td:has-text("Wie lange eine Anmeldung gilt.")');
        await page.waitForSelector('td :text-is("168 Stunden")');
        const { items } = await (await page.request.get(`${world.base}/api/v1/config`)).json();
        const shown = await page.$$eval('tbody tr', (rows) => rows.map((r) => r.textContent));
        const english = items.filter((o) => shown.some((row) => row.includes(o.text)));
        if (english.length) throw new Error(english.map((o) => o.key).join(', '));
    }],
    ['changes are told in words, field by field', async (page, world) => {
        const id = world.session.station;
        const { note } = await api(page, world, 'GET', `/stations/${id}`);
        await api(page, world, 'PATCH', `/stations/${id}`, { note: `Key at the gate ${Date.now()}` });
        await page.at('/settings/audit');
        await page.click(`tr:has(a[href="/stations/${id}"]) button:text-is("Station changed") >> nth=0`);
        await page.waitForSelector('dialog tr:has(td:text-is("Notes")) td:has-text("Key at the gate")');
        await page.keyboard.press('Escape');
        await page.waitForSelector('dialog', { state: 'detached' });
        await api(page, world, 'PATCH', `/stations/${id}`, { note });
        await inGerman(page);
        await page.at('/settings/audit');
        await page.waitForSelector('button:text-is("Station geändert")');
    }],
    ['the log says in German that a station connected', async (page, world) => {
        await inGerman(page);
        await page.at(`/stations/${encodeURIComponent(world.session.station)}/log?filter=action:note`);
        for (let n = 0; n < 20 && !(await page.$('.log .action-cell:has-text("Verbunden")')) && (await page.$('.tail button')); n++) {
            await page.click('.tail button');
            await page.waitForTimeout(200);
        }
        await page.waitForSelector('.log tr:has(.action-cell:has-text("Verbunden")) .what:has-text("Von ")');
    }],
    ['a doubt is told in German', async (page) => {
        await inGerman(page);
        await page.route('**/api/v1/review?*', (route) => route.fulfill({ json: { items: [
            { id: '1', at: new Date().toISOString(), kind: 'hardware_replaced', station: null, session: null, text: 'Serial number was A', code: 'hardware_replaced', args: { before: 'A', after: 'B' }, frame: null, settled_at: null, settled_by: null, version: 1 },
            { id: '2', at: new Date().toISOString(), kind: 'frame', station: null, session: null, text: 'a value', code: 'frame_unfit', args: { error: 'TypeConstraintViolation', why: 'idTag' }, frame: null, settled_at: null, settled_by: null, version: 1 },
            { id: '3', at: new Date().toISOString(), kind: 'later', station: null, session: null, text: 'What a newer server says', code: 'from_tomorrow', args: {}, frame: null, settled_at: null, settled_by: null, version: 1 },
        ], next_cursor: null } }));
        await page.at('/settings/review');
        await page.waitForSelector('td:has-text("Die Seriennummer war A und ist jetzt B.")');
        await page.waitForSelector('td:has-text("Ein Wert hat den falschen Typ. (idTag)")');
        await page.waitForSelector('td:has-text("What a newer server says")');
    }],
    ['how often a station did not keep to its limit is said', async (page, world) => {
        await page.route('**/behaviour', (route) => route.fulfill({ json: {
            station: world.session.station, proven: false, probed_at: new Date().toISOString(), firmware: '1', trouble: 'x', trouble_code: 'disobeys', outside_limits: [], profiles_at: null, profiles: [],
            record: { smart: true, obeys: false, spreads: true, switches: false, relapses: 3, unit: 'W' } } }));
        await page.at(`/stations/${encodeURIComponent(world.session.station)}/details`);
        await page.waitForSelector('.note:has-text("seen 3 times not to keep to its limit"):has-text("4 h")');
        await page.waitForSelector('dt:text-is("Counts power over three phases, whatever the car uses") + dd:text-is("yes")');
    }],
    ['what holds without the server is said: a lease with its end, a dynamic one without', async (page, world) => {
        const { items } = await api(page, world, 'GET', '/sessions?state=open');
        const { id } = items.find((s) => s.site); // the newest has the longest way to go
        const power = { ...(await api(page, world, 'GET', `/sessions/${id}/power`)), shared: true, fail_safe_a: 6, confirmed_a: 16 };
        let ends = new Date(Date.now() + 600_000).toISOString();
        await page.route(`**/sessions/${id}/power*`, (route) => route.fulfill({ json: { ...power, lease_ends_at: ends } }));
        await page.at(`/sessions/${id}`);
        await page.waitForSelector('small:has-text("it is renewed before. Without the server it falls back to 6 A.")');
        ends = null;
        await page.at(`/sessions/${id}`);
        await page.waitForSelector('small:has-text("until it gets another one. Without the server it falls back to 6 A.")');
    }],
    ['of each version of OCPP a session shows what it was told, what its station says and what its meter shows; a dynamic profile of 2.1 has no end', async (page, world) => {
        const found = await eventually(async () => {
            const sessions = [];
            for (const s of (await api(page, world, 'GET', '/sessions?state=open')).items) {
                const power = await api(page, world, 'GET', `/sessions/${s.id}/power`);
                if (power.confirmed_a > 0 && power.draw_a > 0) sessions.push({ id: s.id, lease: power.lease_ends_at, protocol: (await api(page, world, 'GET', `/stations/${encodeURIComponent(s.station)}`)).protocol });
            }
            const of = (protocol) => sessions.find((s) => s.protocol === protocol && (protocol !== 'ocpp2.1' || !s.lease));
            const each = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'].map(of);
            return each.every(Boolean) && each;
        }, () => 'a session of each version has a limit, that of 2.1 a dynamic one', 60_000);
        for (const { id, protocol } of found) {
            await page.at(`/sessions/${id}`);
            const row = (label) => `dl.beside dt:text-is("${label}") + dd`;
            for (const label of ['It was told', 'The station itself says', 'The meter shows'])
                await eventually(async () => /\d\s(k?W|A)/.test(await page.textContent(row(label))), () => `${protocol}: ${label}`);
            if (protocol === 'ocpp2.1') await page.waitForSelector('small:has-text("The station holds this limit until it gets another one.")');
        }
    }],
    ['less and more than a station was told by its own word are said, and that it does not answer', async (page, world) => {
        const { items } = await api(page, world, 'GET', '/sessions?state=open');
        const { id } = items.find((s) => s.site);
        const power = { ...(await api(page, world, 'GET', `/sessions/${id}/power`)), shared: true, connected: true, confirmed_a: 16, reported_told_a: 32, reported_a: 16, reported_since: new Date(Date.now() - 120_000).toISOString(), limit_phases_a: [16, 20, 32],
            car_plan: { told_at: new Date().toISOString(), ends_at: null, refused: true, periods: [{ start_at: new Date().toISOString(), limit_a: 40, limit_w: 27600 }] } };
        await page.route(`**/sessions/${id}/power*`, (route) => route.fulfill({ json: power }));
        await page.at(`/sessions/${id}`);
        await page.waitForSelector('.note:has-text("lets the car draw 16 A, and was told 32 A: somebody else limits it"):has-text("2 min")');
        await page.waitForSelector('dl.beside dd:has-text("L1 16 A · L2 20 A · L3 32 A")');
        await page.waitForSelector('small:has-text("planned to take more than its limit: that was refused")');
        if (await page.$('text="the car\'s own plan"')) throw new Error('a plan that was refused is drawn');
        Object.assign(power, { reported_told_a: 16, reported_a: 32, unanswered_since: new Date(Date.now() - 600_000).toISOString() });
        await page.at(`/sessions/${id}`);
        await page.waitForSelector('.note:has-text("it follows a profile of somebody else")');
        await page.waitForSelector('p:has-text("its station answers to no limit; the first one was told at")');
        await page.route('**/behaviour', (route) => route.fulfill({ json: { station: world.session.station, proven: false, probed_at: null, firmware: '', trouble: 'x', trouble_code: 'no_answer', unanswered_since: new Date(Date.now() - 600_000).toISOString(), outside_limits: [], profiles_at: null, profiles: [], record: null } }));
        await page.at(`/stations/${encodeURIComponent(world.session.station)}/details`);
        await page.waitForSelector('.note:has-text("does not answer when it is told a limit, so nothing is known")');
        await page.waitForSelector('.note:has-text("It has not answered to any limit"):has-text("10 min")');
    }],
    ['a session says whose token it is', async (page, world) => {
        const sessions = (await api(page, world, 'GET', '/sessions?state=open')).items;
        const tokens = (await api(page, world, 'GET', '/tokens?limit=1000')).items;
        const session = sessions.find((s) => tokens.some((k) => k.id === s.token && k.name));
        const { name } = tokens.find((k) => k.id === session.token);
        await page.at(`/sessions/${session.id}`);
        await page.waitForSelector(`dd a:text-is("${name}")`);
    }],
    ['a station that is offline says what to do', async (page, world) => {
        const id = `AWAY-${Date.now().toString(36)}`;
        await api(page, world, 'POST', '/stations', { id });
        await page.route(`**/api/v1/stations/${id}`, async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), connected: false, last_seen_at: new Date(Date.now() - 600_000).toISOString() } }));
        await page.at(`/stations/${id}`);
        await page.waitForSelector('.banner:has-text("A car that charges there goes on by itself") a:text-is("Log")');
    }],
    ['a server that is gone is said, with the age of what is shown', async (page) => {
        await page.at('/');
        await page.waitForSelector('.feed:has-text("live")');
        await page.route('**/api/v1/**', (route) => route.abort());
        await page.evaluate(() => dispatchEvent(new Event('online')));
        await page.waitForSelector('.banner:has-text("The server does not answer"):has-text("as of")');
        await page.unroute('**/api/v1/**');
        await page.waitForSelector('.banner', { state: 'detached' });
        page.troubles.length = 0;
    }],
];

export function addWords(add) {
    for (const [name, work] of cases) onPage(add, name, work);
}
