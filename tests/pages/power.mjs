// How a site shares its power, as its owner sets it up and looks at it.
import { onPage } from './lib.mjs';

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
    await page.click('button:has-text("Make the tree")');
    await page.waitForSelector(row('Post 2'));
    return site;
}

async function expectNames(page, wanted) {
    await page.waitForFunction(([selector, text]) => [...document.querySelectorAll(`${selector} [role=treeitem]`)].map((r) => `${r.getAttribute('aria-level')} ${r.querySelector('b').textContent}`).join() === text, [tree, wanted.join()], { timeout: 5000 })
        .catch(async () => { throw new Error(`the tree is ${(await names(page)).join()}, not ${wanted.join()}`); });
}

const cases = [
    ['a site shares nothing until somebody says its limit; then two numbers are enough', async (page, world) => {
        const site = await aSite(page, world, 'Begin');
        await page.at(`/sites/${site.id}`);
        await page.click('a:has-text("Share the power of this site")');
        await page.fill('form.begin input >> nth=0', '63');
        await page.click('button:has-text("Make the tree")');
        await page.click('button:has-text("Put into force"):not([disabled])');
        await page.waitForSelector('.toast:has-text("In force")');
        await page.click('.tabs a:text-is("Power")');
        await page.waitForSelector('.limits.live :text("of 63 A")');
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
        await page.focus(row('circuit'));
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

export function addPower(add) {
    for (const [name, work] of cases) onPage(add, name, work);
}
