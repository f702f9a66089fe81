// The pages in headless Chromium against a running demo: `node tests/pages/run.mjs build/voltd [--only WORDS]`.
// With --url it uses a server that is there (and, with --link, logs in there). PICTURES=DIR keeps a picture of what failed.
import { addJourneys, addLast } from './journeys.mjs';
import { addLooks } from './looks.mjs';
import { eventually, openPage, startBrowser, startDemo, suite } from './lib.mjs';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

/* By the link, as a new user does; the cookie is then everybody's. */
async function logIn(browser, world) {
    if (!world.link) return undefined;
    const page = await openPage(browser, world);
    await page.goto(world.link);
    await page.click('button:has-text("Later")');
    await page.waitForSelector('h1:text-is("Now")');
    const state = await page.context().storageState();
    await page.context().close();
    return state;
}

async function aSession(world) {
    const page = await openPage(world.browser, world);
    const found = await eventually(async () => {
        const answer = await (await page.request.get(`${world.base}/api/v1/sessions?state=open`)).json();
        return answer.items.find((s) => s.energy_wh > 0 && s.site);
    }, () => 'a car of the demo charges', 30_000);
    await page.context().close();
    return found;
}

const server = option('--url') ? { base: option('--url'), link: option('--link'), ocppPort: Number(option('--ocpp')), stop: async () => undefined } : await startDemo(args[0]);
const browser = await startBrowser();
let good = false;
try {
    const world = { ...server, browser };
    world.login = await logIn(browser, world);
    world.session = await aSession(world);
    const counts = [];
    for (const part of [addJourneys, addLooks, addLast]) {
        const { add, run } = suite();
        part(add);
        counts.push(await run(world, option('--only')));
    }
    const sum = (key) => counts.reduce((n, c) => n + c[key], 0);
    console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
    good = sum('failed') === 0 && sum('passed') > 0;
} finally {
    await browser.close();
    await server.stop();
}
process.exit(good ? 0 : 1);
