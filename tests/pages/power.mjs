// How a site shares its power, as its owner sets it up and looks at it.
import { eventually, onPage } from './lib.mjs';

const tree = '[role=tree]';
const row = (name) => `${tree} [role=treeitem]:has(b:text-is("${name}"))`;
const names = (page) => page.$$eval(`${tree} [role=treeitem]`, (rows) => rows.map((r) => `${r.getAttribute('aria-level')} ${r.querySelector('b').textContent}`));

/* A site of its own for each case, with two stations that never connect. */
async function aSite(page, world, name) {
    const api = async (path, data) => {
        const answer = await page.request.post(`${world.base}/api/v1${path}`, { data, headers: { Origin: world.base } });
        if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
        return answer.json();
    };
    const unique = `${name} ${Date.now().toString(36)}`;
    const site = await api('/sites', { name: unique, time_zone: 'Europe/Berlin', currency: 'EUR' });
    for (const n of [1, 2]) await api('/stations', { id: `${unique.replace(/\W/g, '-')}-${n}`, name: `Post ${n}`, site: site.id });
    return site;
}

async function begun(page, world, name) {
    const site = await aSite(page, world, name);
    await page.at(`/sites/${site.id}/limits`);
    await page.fill('form.begin input >> nth=0', '63');
    await page.click('form.begin button:has-text("Go on")');
    await page.waitForSelector(row('Post 2'));
    return site;
}

async function expectNames(page, wanted) {
    await page.waitForFunction(([selector, text]) => [...document.querySelectorAll(`${selector} [role=treeitem]`)].map((r) => `${r.getAttribute('aria-level')} ${r.querySelector('b').textContent}`).join() === text, [tree, wanted.join()], { timeout: 5000 })
        .catch(async () => { throw new Error(`the tree is ${(await names(page)).join()}, not ${wanted.join()}`); });
}

/* With the keyboard: first what is wrong, then what is right. */
async function sayNeed(page) {
    const later = (hours) => new Date(Date.now() + hours * 3600e3 - new Date().getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
    await page.waitForFunction(() => document.activeElement?.name === 'need_wh'); // one types at once
    await page.keyboard.press('Control+A');
    await page.keyboard.type('250');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .wrong:has-text("more than a car\'s battery holds")');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('5.5');
    await page.waitForSelector('dialog .wrong', { state: 'detached' });
    await page.fill('dialog input[name=departs_at]', later(-1));
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog .wrong:has-text("is past")');
    await page.fill('dialog input[name=departs_at]', later(5));
    await page.waitForSelector('dialog [role=status]:has-text("on average are enough")');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForSelector('.toast:has-text("Saved")');
}

const cases = [
    ['a site shares nothing until somebody says its limit; then two numbers are enough', async (page, world) => {
        const site = await aSite(page, world, 'Begin');
        await page.at(`/sites/${site.id}`);
        await page.fill('form.begin input >> nth=0', '63');
        await page.click('form.begin button:has-text("Go on")');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.click('.tabs a:text-is("Power")');
        await page.waitForSelector('.limits.live :text("of 63 A")');
    }],
    ['never above 63 A, cheap at night, full at seven: that is six clicks from an empty site', async (page, world) => {
        const site = await aSite(page, world, 'Hotel');
        await page.at(`/sites/${site.id}`);
        await page.click('label:has-text("Cheapest hours")');
        await page.waitForFunction(() => document.querySelector('[data-field=departs_at] input').value === '07:00');
        await page.fill('[data-field=cheap] input', '18,5');
        await page.click('form.begin button:has-text("Go on")');
        await page.waitForSelector('[data-part=mode] [data-field=cheap] input');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        const { mode, prices, defaults, nodes } = await (await page.request.get(`${world.base}/api/v1/sites/${site.id}/power`)).json();
        const wanted = ['cheapest', [{ from: '22:00', to: '06:00', price_minor_per_kwh: 18.5 }, { price_minor_per_kwh: 30 }], { departs_at: '07:00' }, 63];
        if (JSON.stringify([mode, prices, defaults, nodes[0].limit_a]) !== JSON.stringify(wanted)) throw new Error(JSON.stringify([mode, prices, defaults]));
    }],
    ['the picture of a new site has its limit at once, and says what comes', async (page, world) => {
        const site = await begun(page, world, 'First');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.at(`/sites/${site.id}`);
        await page.waitForSelector('figure .legend :text("limit")');
        await page.waitForSelector('small:has-text("A point each minute from now on")');
    }],
    ['what flows stands beside the limit; what could flow at worst is said apart', async (page, world) => {
        const site = await begun(page, world, 'Worst');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.at(`/sites/${site.id}`);
        await page.waitForSelector('.limits.live li:first-child .limit:text-is("0 A of 63 A")');
        if (await page.$('.limits.live .meter.over')) throw new Error('nothing flows, and it is red');
    }],
    ['stations that stand nowhere come along, and what two numbers mean is said', async (page, world) => {
        const post = async (path, data) => (await page.request.post(`${world.base}/api/v1${path}`, { data, headers: { Origin: world.base } })).json();
        const unique = Date.now().toString(36);
        const site = await post('/sites', { name: `Six ${unique}`, time_zone: 'Europe/Berlin', currency: 'EUR' });
        for (let n = 1; n <= 6; n++) await post('/stations', { id: `SIX-${unique}-${n}`, name: `Six ${n}` });
        await page.at(`/sites/${site.id}`);
        await page.waitForSelector(`.pick li:has-text("SIX-${unique}-6") input:checked`);
        for (const other of await page.$$(`.pick li:not(:has-text("SIX-${unique}")) input:checked`)) await other.click();
        await page.waitForSelector('form.begin [role=status]:has-text("at all 6 plugs, each gets 10.5"):has-text("alone gets up to 32")');
        await page.fill('form.begin input >> nth=1', '40');
        await page.waitForSelector('form.begin [role=status]:has-text("3 of them charge at a time")');
        await page.click('form.begin button:has-text("Go on")');
        await expectNames(page, ['1 Grid connection', ...[1, 2, 3, 4, 5, 6].map((n) => `2 Six ${n}`)]);
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        const { items } = await (await page.request.get(`${world.base}/api/v1/stations?limit=1000`)).json();
        if (items.filter((s) => s.site === site.id).length !== 6) throw new Error('they do not belong to the site');
    }],
    ['stations are added to a site by ticking them', async (page, world) => {
        const site = await aSite(page, world, 'Ticked');
        const id = `TICK-${Date.now().toString(36)}`;
        await page.request.post(`${world.base}/api/v1/stations`, { data: { id }, headers: { Origin: world.base } });
        await page.at(`/sites/${site.id}/settings`);
        await page.click('button:has-text("Add stations")');
        await page.fill('dialog input[type=search]', id);
        await page.click(`dialog .pick li:has-text("${id}") input`);
        await page.click('dialog button:text-is("Add 1 station")');
        await page.waitForSelector(`td a:text-is("${id}")`);
    }],
    ['the tree of limits is built with the keyboard alone', async (page, world) => {
        await begun(page, world, 'Keys');
        await page.focus(row('Grid connection'));
        await page.keyboard.press('Tab');
        for (let n = 0; n < 20 && !(await page.evaluate(() => document.activeElement?.textContent === 'Add under it…')); n++) await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.waitForSelector('[role=menuitem]');
        for (let n = 0; n < 10 && !(await page.evaluate(() => document.activeElement?.textContent === 'circuit')); n++) await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 Post 2', '2 circuit']);
        await page.waitForFunction(() => document.activeElement?.closest('[data-field=name]')); // its name is what one types next
        await page.keyboard.press('Escape');
        await page.waitForSelector(`${row('circuit')}:focus`);
        await page.keyboard.press('Alt+ArrowUp');
        await page.keyboard.press('ArrowDown');
        await page.waitForSelector(`${row('Post 2')}[aria-selected=true]`);
        await page.keyboard.press('Alt+ArrowRight');
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 circuit', '3 Post 2']);
        await page.keyboard.press('Alt+ArrowLeft');
        await page.keyboard.press('Delete');
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 circuit']);
        await page.keyboard.press('Control+z');
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 circuit', '2 Post 2']);
    }],
    ['the tree of limits is built by dragging', async (page, world) => {
        await begun(page, world, 'Drag');
        await page.click('button:has-text("Add under it")');
        await page.click('[role=menuitem]:text-is("panel")');
        await page.dragAndDrop(row('Post 1'), row('panel'));
        await expectNames(page, ['1 Grid connection', '2 Post 2', '2 panel', '3 Post 1']);
        await page.dragAndDrop(row('panel'), row('Post 1')); // under what hangs on it: nothing moves
        await expectNames(page, ['1 Grid connection', '2 Post 2', '2 panel', '3 Post 1']);
        const [from, to] = [await (await page.$(row('Post 1'))).boundingBox(), await (await page.$(row('Post 2'))).boundingBox()];
        const drag = async (...keys) => {
            await page.mouse.move(from.x + 120, from.y + from.height / 2);
            await page.mouse.down();
            await page.mouse.move(to.x + 120, to.y + 3, { steps: 6 });
            await page.waitForSelector(`${row('Post 2')}.drop-before`);
            for (const key of keys) await page.keyboard.press(key);
            await page.mouse.up();
        };
        await drag('Escape');
        await expectNames(page, ['1 Grid connection', '2 Post 2', '2 panel', '3 Post 1']);
        await drag();
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 Post 2', '2 panel']);
    }],
    ['what contradicts itself is named at its field, and cannot be put into force', async (page, world) => {
        await begun(page, world, 'Check');
        await page.click(row('Grid connection'));
        await page.fill('label:text-is("Current limit") + .amount input', '0');
        await page.waitForSelector('.field .wrong');
        await page.waitForSelector(`${row('Grid connection')} .tag.bad`);
        if (await page.isEnabled('button:has-text("Put into force")')) throw new Error('it can be put into force');
        await page.fill('label:text-is("Current limit") + .amount input', '63');
        await page.waitForSelector('button:has-text("Put into force"):not([disabled])');
    }],
    ['a wrong value is told once, and stations that stand nowhere are put in by one click', async (page, world) => {
        const site = await aSite(page, world, 'Once');
        const { items } = await (await page.request.get(`${world.base}/api/v1/stations?limit=1000`)).json();
        const station = items.find((s) => s.site === site.id).id;
        await page.request.put(`${world.base}/api/v1/sites/${site.id}/power`, { data: { nodes: [{ id: 'g', kind: 'grid', name: 'Fuse', limit_a: 63 }, { id: 's', parent: 'g', kind: 'station', station, limit_a: 32 }] }, headers: { Origin: world.base } });
        await page.at(`/sites/${site.id}/limits`);
        await page.click('.tail button:has-text("under the grid connection")');
        await page.waitForSelector('.limits.edit [aria-posinset="2"][aria-level="2"]');
        await page.click('.limits.edit [aria-posinset="2"][aria-level="2"]');
        await page.fill('label:text-is("Breaker") + .amount input', '32000');
        await page.waitForSelector('.findings li:has-text("another unit")');
        if ((await page.$$('.findings li')).length !== 1) throw new Error((await page.$$eval('.findings li', (rows) => rows.map((r) => r.textContent))).join(' | '));
    }],
    ['the numbers of a picture are a table as well', async (page, world) => {
        await page.at(`/sites/${world.session.site}`);
        await page.click('figure button:has-text("As a table") >> nth=0');
        await page.waitForSelector('.plot-table tbody th + td:text-matches("kW")');
    }],
    ['what the checker found leads to its field', async (page, world) => {
        await begun(page, world, 'Lead');
        await page.click(row('Post 1'));
        await page.fill('[data-part=node] [data-field=limit_a] input', '0');
        await page.click(row('Grid connection'));
        await page.click('.findings button:text-is("Post 1 · Breaker")');
        await page.waitForFunction(() => document.activeElement?.closest('[data-part=node] [data-field=limit_a]'));
        await page.keyboard.type('16'); // what was there is selected
        await page.waitForSelector('text=Nothing contradicts itself.');
        await page.keyboard.press('Escape');
        await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'treeitem');
        await page.keyboard.press('Enter');
        await page.waitForFunction(() => document.activeElement?.closest('[data-field=name]'));
    }],
    ['a vehicle of the fleet is put in with the rest, and one above its battery is named', async (page, world) => {
        const site = await begun(page, world, 'Fleet');
        await page.click('summary:text-is("Fleet")');
        await page.click('button:has-text("Add a vehicle")');
        const field = (name) => `[data-part=fleet] [data-field=${name}] input >> nth=0`;
        await page.fill(field('token'), 'VAN-7');
        await page.fill(field('battery_wh'), '60');
        await page.fill(field('need_wh'), '80');
        await page.click('.findings button:has-text("Fleet 1 · Needs each time")');
        await page.waitForFunction(() => document.activeElement?.closest('[data-part=fleet] [data-field=need_wh]'));
        await page.keyboard.type('40');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        const { fleet } = await (await page.request.get(`${world.base}/api/v1/sites/${site.id}/power`)).json();
        if (JSON.stringify(fleet) !== JSON.stringify([{ token: 'VAN-7', battery_wh: 60000, need_wh: 40000 }])) throw new Error(JSON.stringify(fleet));
    }],
    ['a large tree shows what matters first, folds by keyboard and is searched', async (page, world) => {
        const site = await aSite(page, world, 'Large');
        const nodes = [{ id: 'g', kind: 'grid', name: 'Main', limit_a: 400 }];
        const put = async (method, path, data) => {
            const answer = await page.request[method](`${world.base}/api/v1${path}`, { data, headers: { Origin: world.base } });
            if (!answer.ok()) throw new Error((await answer.text()).slice(0, 300));
        };
        for (let c = 1; c <= 3; c++) {
            nodes.push({ id: `c${c}`, parent: 'g', kind: 'circuit', name: `Row ${c}`, limit_a: 63 });
            for (let s = 1; s <= 14; s++) {
                const station = `LARGE-${site.id}-${c}-${s}`;
                nodes.push({ id: `c${c}s${s}`, parent: `c${c}`, kind: 'station', station, name: `Bay ${c}-${s}`, limit_a: 32 });
                await put('post', '/stations', { id: station, site: site.id });
            }
        }
        await put('put', `/sites/${site.id}/power`, { nodes });
        await page.at(`/sites/${site.id}/limits`);
        await expectNames(page, ['1 Main', '2 Row 1', '2 Row 2', '2 Row 3']);
        await page.focus(row('Main'));
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowRight');
        await page.waitForSelector(row('Bay 1-14'));
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector(row('Bay 1-14'), { state: 'detached' });
        await page.fill('input[type=search]', 'bay 3-1');
        await page.waitForSelector(row('Bay 3-14'));
        await page.waitForSelector(row('Row 1'), { state: 'detached' });
        await page.at(`/sites/${site.id}`);
        await page.fill('input[type=search]', 'bay 2-7');
        await page.waitForSelector('.limits.live li:has-text("Bay 2-7")');
    }],
    ['prices are looked at before they are taken; a gap and an hour that is not there are named', async (page, world) => {
        const site = await begun(page, world, 'Prices');
        await page.click('button[aria-label="Import CSV… Energy price"]');
        const file = (lines) => page.fill('dialog textarea', lines.join('\n'));
        const hours = (day, from, to) => Array.from({ length: to - from }, (_, i) => `${day} ${String(from + i).padStart(2, '0')}:00,${20 + i}`);
        await file(['from,price', ...hours('2026-06-01', 0, 5), ...hours('2026-06-01', 6, 24)]);
        await page.waitForSelector('dialog .answer.bad:has-text("Line 7"):has-text("A gap")');
        await page.waitForSelector('dialog code:text-is("2026-06-01 06:00,20")');
        await file(hours('2026-03-29', 0, 24));
        await page.waitForSelector('dialog .answer.bad:has-text("Line 3"):has-text("does not exist")');
        if (await page.isEnabled('dialog button.primary')) throw new Error('it can be taken');
        await file(hours('2026-06-01', 0, 24));
        await page.waitForSelector('dialog .answer.good:has-text("24 values in steps of 1 h"):has-text("20.0 ct/kWh to 43.0 ct/kWh")');
        const known = async () => (await (await page.request.get(`${world.base}/api/v1/sites/${site.id}/series/price`)).json()).parts.length;
        if (await known()) throw new Error('looking has taken it');
        await page.click('dialog button:has-text("Import 24")');
        await page.waitForSelector('.series li:has-text("Energy price"):has-text("Known until")');
        if (await known() !== 1) throw new Error('it was not taken');
    }],
    ['a night tariff is one click, and says what charges by it', async (page, world) => {
        const site = await begun(page, world, 'Night');
        await page.click('summary:text-is("Prices of energy")');
        await page.click('button:has-text("Put in a night tariff")');
        await page.fill('[data-part=prices] .item >> nth=0 >> [data-field=price_minor_per_kwh] input', '18.5');
        await page.click('button:has-text("Charge by them")');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        const { mode, prices } = await (await page.request.get(`${world.base}/api/v1/sites/${site.id}/power`)).json();
        const wanted = [{ from: '22:00', to: '06:00', price_minor_per_kwh: 18.5 }, { price_minor_per_kwh: 30 }];
        if (mode !== 'cheapest' || JSON.stringify(prices) !== JSON.stringify(wanted)) throw new Error(JSON.stringify({ mode, prices }));
    }],
    ['what the checker says and what is refused is German for a German reader', async (page, world) => {
        const site = await aSite(page, world, 'German');
        const nodes = [{ id: 'g', kind: 'grid', name: 'Anschluss', limit_a: 63 }, { id: 'p', parent: 'g', kind: 'panel', name: 'Halle', limit_a: 80 }];
        await page.request.put(`${world.base}/api/v1/sites/${site.id}/power`, { data: { nodes }, headers: { Origin: world.base } });
        await page.addInitScript(() => localStorage.setItem('voltd.language', 'de'));
        await page.at(`/sites/${site.id}/limits`);
        await page.waitForSelector('.findings :text("80 A sind mehr, als Anschluss darüber trägt: Es gelten nur 63 A.")');
        const get = async (path) => (await page.request.get(`${world.base}/api/v1${path}`)).json();
        const ac = await eventually(async () => {
            for (const s of (await get('/sessions?state=open')).items) if ((await get(`/sessions/${s.id}/power`)).min_a >= 6) return s.id;
            return undefined;
        }, () => 'a car charges with AC');
        await page.at(`/sessions/${ac}`);
        await page.click('button:has-text("Grenze setzen")');
        await page.fill('dialog input[name=limit_a]', '1');
        await page.click('dialog button.primary');
        await page.waitForSelector('dialog .wrong:has-text("0 pausiert; sonst mindestens")');
    }],
    ['the last day of a site is one click away', async (page, world) => {
        await page.at(`/sites/${world.session.site}`);
        await page.click('.segments button:text-is("24 h")');
        await page.waitForSelector('.segments button[aria-pressed=true]:text-is("24 h")');
        await page.waitForSelector('small:has-text("The most that cars drew")');
    }],
    ['a new site is named by the first key, and opens', async (page, world) => {
        await page.at('/sites');
        await page.focus('button:text-is("Add a site")');
        await page.keyboard.press('Enter');
        await page.waitForSelector('dialog');
        await page.keyboard.type(`Quay ${Date.now().toString(36)}`);
        await page.keyboard.press('Enter');
        await page.waitForSelector('h1:text-matches("^Quay ")');
        await page.waitForSelector('h2:has-text("Share the power of this site")');
    }],
    ['Now says of each car what it may draw, and why', async (page) => {
        await page.at('/');
        await page.waitForSelector('.shares .meter');
        await page.waitForSelector('td .limit-cell .num:text-matches("kW")');
        const reasons = await page.$$eval('td .why', (cells) => cells.map((c) => c.textContent));
        if (!reasons.length || reasons.some((r) => !r || /[{}_]/.test(r))) throw new Error(reasons.join(' | '));
    }],
    ['a limit shows its own hours', async (page, world) => {
        await page.at(`/sites/${world.session.site}`);
        await page.click('.limits.live button[aria-expanded=false]:not(.fold)');
        await page.waitForSelector('.limits.live .lines');
        await page.waitForSelector('.limits.live .history, .limits.live small:has-text("first minutes")');
    }],
    ['what a car needs is typed on the site\'s page, and what cannot be is said', async (page, world) => {
        await page.at(`/sites/${world.session.site}`);
        await page.focus('.cars button.need');
        await page.keyboard.press('Enter');
        await sayNeed(page);
        await page.waitForSelector('.cars button.need:has-text("needs")');
    }],
    ['and on the session\'s page', async (page, world) => {
        const { items } = await (await page.request.get(`${world.base}/api/v1/sessions?state=open`)).json();
        await page.at(`/sessions/${items.find((s) => s.site).id}`);
        await page.focus('button:has-text("Set need and departure")');
        await page.keyboard.press('Enter');
        await sayNeed(page);
    }],
    ['a document goes out as JSON and comes in again; another file is refused', async (page, world) => {
        await begun(page, world, 'File');
        const [download] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("Export")')]);
        const file = await download.path();
        await page.setInputFiles('input[type=file]', { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"hello":1}') });
        await page.waitForSelector('.toast:has-text("no power document")');
        await page.click(row('Post 1'));
        await page.click('button:has-text("Remove with all under it")');
        await expectNames(page, ['1 Grid connection', '2 Post 2']);
        await page.setInputFiles('input[type=file]', file);
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 Post 2']);
    }],
    ['what is not in force yet is still there after another tab, and can be discarded', async (page, world) => {
        const site = await begun(page, world, 'Draft');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.click(row('Post 1'));
        await page.keyboard.press('Delete');
        await expectNames(page, ['1 Grid connection', '2 Post 2']);
        await page.click('.tabs a:text-is("Power")');
        await page.waitForSelector('.limits.live');
        await page.click('.tabs a:text-is("Limits & prices")');
        await expectNames(page, ['1 Grid connection', '2 Post 2']);
        await page.waitForSelector('text=Not in force yet');
        await page.click('button:text-is("Discard")');
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 Post 2']);
        const { nodes } = await (await page.request.get(`${world.base}/api/v1/sites/${site.id}/power`)).json();
        if (nodes.length !== 3) throw new Error('something was changed');
    }],
    ['a cap comes into force at once, is seen, and is lifted', async (page, world) => {
        const site = await begun(page, world, 'Cap');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.at(`/sites/${site.id}`);
        await page.click('button:has-text("Cap the power")');
        await page.fill('dialog input[name=limit]', '11');
        await page.fill('dialog input[name=reason]', 'the grid operator asks');
        await page.click('dialog button:has-text("Cap it")');
        await page.waitForSelector('.attention :text("capped at 11.0 kW")');
        await page.waitForSelector('.limits.live .tag:text-is("capped")');
        await page.click('button:has-text("Lift it")');
        await page.waitForSelector('.attention :text("capped at")', { state: 'detached' });
    }],
];

/* A finger on the screen, as the browser is told of one. */
async function finger(page) {
    const cdp = await page.context().newCDPSession(page);
    const touch = (type, points) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    return async (from, to) => {
        await touch('touchStart', [from]);
        for (let n = 1; n <= 8; n++) await touch('touchMove', [{ x: from.x + ((to.x - from.x) * n) / 8, y: from.y + ((to.y - from.y) * n) / 8 }]);
        await touch('touchEnd', []);
    };
}

const middle = (box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

const onPhone = [
    ['on a phone the tree of limits is built by a finger at the grips; elsewhere it scrolls', async (page, world) => {
        await begun(page, world, 'Finger');
        await page.click('button:has-text("Add under it")');
        await page.click('[role=menuitem]:text-is("panel")');
        await page.waitForSelector(row('panel'));
        await page.evaluate(() => document.activeElement?.blur());
        await page.$eval(row('Grid connection'), (li) => li.scrollIntoView({ block: 'center' }));
        await page.waitForTimeout(400); // a page that still glides takes no finger
        const drag = await finger(page);
        const box = async (what) => (await page.$(what)).boundingBox();
        await drag(middle(await box(`${row('Post 1')} b`)), middle(await box(row('panel'))));
        await expectNames(page, ['1 Grid connection', '2 Post 1', '2 Post 2', '2 panel']);
        await page.$eval(row('Grid connection'), (li) => li.scrollIntoView({ block: 'center' }));
        await page.waitForTimeout(400);
        await drag(middle(await box(`${row('Post 1')} .grip`)), middle(await box(row('panel'))));
        await expectNames(page, ['1 Grid connection', '2 Post 2', '2 panel', '3 Post 1']);
    }],
    ['the menu of a car stays on a phone\'s screen', async (page, world) => {
        await page.at(`/sites/${world.session.site}`);
        await page.click('.cars .menu button >> nth=0');
        const box = await (await page.waitForSelector('[role=menu]')).boundingBox();
        if (box.x < 0 || box.x + box.width > page.viewportSize().width) throw new Error(JSON.stringify(box));
    }],
    ['on a phone a tap on a limit leads to its fields', async (page, world) => {
        await begun(page, world, 'Tap');
        await page.click(row('Post 2'));
        await page.waitForFunction(() => {
            const box = document.querySelector('[data-part=node]').getBoundingClientRect();
            return box.top >= 0 && box.top < innerHeight / 2;
        });
    }],
];

export function addPower(add) {
    for (const [name, work] of onPhone) onPage(add, name, work, 'phone');
    for (const [name, work] of cases) onPage(add, name, work);
}
